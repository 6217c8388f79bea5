internal import DataParallel
internal import Kernels
internal import NeuralNetwork
internal import Optimizers

/// Clipping, optimizer and weights: the update of a step, by tile.
final class WeightUpdate: @unchecked Sendable {
  // Unchecked: `prepare` is called by one worker between two barriers; in the update phase each worker writes its own
  // tiles of weights, slots and statistics; all else happens between steps.
  private let model: Model
  /// nil: none is kept.
  let average: WeightAverage?
  @exclusivity(unchecked) private(set) var state: OptimizerState
  /// The rule in effect. Its clipping and rate may change between steps, its slots may not.
  var optimizer: Optimizer
  private let tiling: Tiling
  private let workerTiles: [Range<Int>]
  /// One a tile, of the last update that was applied.
  let statistics: UnsafeMutableBufferPointer<UpdateStatistics>
  private let clippedSquares: UnsafeMutableBufferPointer<Double>
  private let scratch: WorkerScratch
  /// Of the gradient at hand.
  @exclusivity(unchecked) var norms: GradientNorms

  init(
    model: Model, averaging: WeightAveraging? = nil, optimizer: Optimizer, state: OptimizerState, tiling: Tiling,
    workers: Int
  ) {
    self.model = model
    average = averaging.map { WeightAverage(of: model, $0) }
    self.optimizer = optimizer
    self.state = state
    self.tiling = tiling
    workerTiles = (0..<workers).map { tiling.tiles(ofWorker: $0, workers: workers) }
    statistics = .allocate(capacity: tiling.tiles.count)
    statistics.initialize(repeating: UpdateStatistics())
    clippedSquares = .allocate(capacity: tiling.tiles.count)
    clippedSquares.initialize(repeating: 0)
    scratch = WorkerScratch(workers: workers, count: Tiling.size)
    norms = GradientNorms(entries: tiling.entryTiles.count)
  }

  deinit {
    statistics.deallocate()
    clippedSquares.deallocate()
  }

  /// Another rule takes over, with slots of its own, as fresh; between steps.
  func begin(_ optimizer: Optimizer) {
    let fresh = OptimizerState(
      optimizer: optimizer, count: state.count, entries: model.network.layout.trainable.map(\.spec.name))
    fresh.restore(
      iterations: state.iterations, scalars: fresh.scalars, learningRateFactor: state.learningRateFactor)
    state = fresh
    self.optimizer = optimizer
  }

  /// The rate that the next update will use.
  var learningRate: Double { optimizer.learningRate(state) }

  /// Computes what every tile needs, from `norms`.
  ///
  /// - Returns: the gradient's norm after clipping; NaN where only the update itself will tell.
  func prepare() -> Double { optimizer.prepare(state, norms: norms) }

  /// Applies the prepared update to a worker's tiles.
  func apply(_ gradient: Vector, worker: Int) {
    let scratch = scratch.of(worker)
    let optimizer = optimizer  // copied once, not for every tile
    for number in workerTiles[worker] {
      let tile = tiling.tiles[number]
      (statistics[number], clippedSquares[number]) = optimizer.update(
        state, range: tile.range, entry: tile.entry, gradient: gradient, weights: model.parameters, scratch: scratch)
      average?.take(tile.range, iterations: state.iterations)
    }
  }

  /// Whether the update has left weights such as training makes.
  var leavesSaneWeights: Bool { statistics.allSatisfy(Verdict.isSane) }

  /// The gradient's norm after clipping where the update alone tells it; else nil.
  var clippedNorm: Double? {
    optimizer.clipping.isByValue ? clippedSquares.reduce(0, +).squareRoot() : nil
  }

  /// The update has been applied to every tile, and counts.
  func commit() { optimizer.commit(state) }

  /// A number that two processes have in common only if their weights are the same, to all intents and purposes.
  var weightDigest: UInt64 {
    var digest: UInt64 = 0xcbf2_9ce4_8422_2325
    for tile in statistics {
      digest = (digest ^ tile.weightSum.bitPattern) &* 0x100_0000_01b3
      digest = (digest ^ tile.weightSquareSum.bitPattern) &* 0x100_0000_01b3
    }
    return digest
  }
}
