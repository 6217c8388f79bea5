/// The exchange among the workers of one process that trains alone: each sums and finishes its own tiles.
public final class SharedMemoryExchange: GradientExchange, @unchecked Sendable {
  // Unchecked: `active` is written between steps; in a step it is only read.
  public let gradients: ShardGradients
  private let workerTiles: [Range<Int>]
  private var active = 0
  public var overlaps = true

  public init(gradients: ShardGradients, tiling: Tiling, workers: Int) {
    self.gradients = gradients
    workerTiles = (0..<workers).map { tiling.tiles(ofWorker: $0, workers: workers) }
  }

  public var cost: ExchangeCost? { nil }

  public func begin(active: Int, records: Int) { self.active = active }

  public func keepAlive() {}

  public func exchange(by work: any GradientWork, worker: Int, team: WorkerTeam) {
    work.sum(workerTiles[worker], of: 0..<active, worker: worker, finishing: true)
  }
}
