public import Kernels

/// The memory of a worker: the gathered rows of a shard, outputs, gradients and what layers keep, each at the place that
/// a `MemoryPlan` gives it.
///
/// Laid out once, for at most `rows` rows; made by the worker that uses it, so that its pages lie near its core. The
/// factors of kernel gradients, which outlast the shard's own passes, stand in a `ShardMemory`.
public final class Workspace: @unchecked Sendable {
  // Unchecked: one worker at a time uses a workspace.
  public let rows: Int
  private let arena: AlignedBuffer
  /// Where each buffer of the schedule begins.
  let buffers: UnsafeMutablePointer<UnsafeMutablePointer<Float>>
  private let shardBuffers: [(number: Int, start: Int)]
  private let schedule: Schedule
  private let columns: [Int]
  private let targetColumns: Int
  private let outputs: Int
  private let shardCount: Int
  private var shard: ShardMemory?
  private let rowWeights: AlignedBuffer
  private let isWeighted: Bool

  /// - Parameters:
  ///   - training: whether backward passes will run; without, gradients are not laid out.
  ///   - isWeighted: whether each row says what its loss counts for.
  ///   - separate: for tests: no two buffers share memory, all of it is NaN at first, and what is no longer in use can
  ///     be made so again.
  public init(
    network: Network, rows: Int, targetColumns: Int, training: Bool, isWeighted: Bool = false, separate: Bool = false
  ) {
    self.rows = rows
    rowWeights = AlignedBuffer(count: isWeighted ? rows : 0)
    self.isWeighted = isWeighted
    self.targetColumns = targetColumns
    schedule = network.schedule
    columns = network.inputs.map(\.count)
    outputs = network.outputs
    let plan = network.memoryPlan(rows: rows, targetColumns: targetColumns, training: training, separate: separate)
    arena = AlignedBuffer(count: plan.workerCount)
    shardCount = plan.shardCount
    let requests = network.schedule.requests(targetColumns: targetColumns, training: training)
    buffers = .allocate(capacity: requests.count)
    var ofShard: [(number: Int, start: Int)] = []
    for (number, range) in plan.ranges.enumerated() {
      (buffers + number).initialize(to: arena.mutable.base + range.lowerBound)
      if requests[number].region == .shard && !range.isEmpty { ofShard.append((number, range.lowerBound)) }
    }
    shardBuffers = ofShard
    if separate { arena.mutable.fill(.nan) }
  }

  deinit { buffers.deallocate() }

  /// Memory for a shard's factors, for `use`; empty where nothing is factored.
  public func makeShardMemory() -> ShardMemory { ShardMemory(count: shardCount) }

  /// From here on the factors of what is computed stand in `memory`.
  public func use(_ memory: ShardMemory) {
    if memory === shard { return }
    precondition(memory.arena.count >= shardCount, "\(memory.arena.count) floats for a shard of \(shardCount)")
    shard = memory
    for buffer in shardBuffers { buffers[buffer.number] = memory.arena.mutable.base + buffer.start }
  }

  /// A shard's memory of its own, where nobody has given one.
  func prepare() {
    if shard == nil && !shardBuffers.isEmpty { use(makeShardMemory()) }
  }

  /// Where the rows of a shard are gathered to; of the network's first input.
  public func input(rows: Int) -> MutableMatrix { input(0, rows: rows) }

  public func input(_ number: Int, rows: Int) -> MutableMatrix {
    prepare()
    return matrix(schedule.inputs[number], rows: rows, columns: columns[number])
  }

  public func targets(rows: Int) -> MutableMatrix { matrix(schedule.targets, rows: rows, columns: targetColumns) }

  /// What the loss of each row is multiplied by, `[rows]`; nil: every row counts alike.
  public func weights(rows: Int) -> MutableVector? { isWeighted ? rowWeights.mutable[0..<rows] : nil }

  /// The last operation's output.
  func output(rows: Int) -> MutableMatrix { matrix(schedule.output, rows: rows, columns: outputs) }
  func outputGradient(rows: Int) -> MutableMatrix { matrix(schedule.outputGradient, rows: rows, columns: outputs) }

  /// The network's output after the activation that was split off, and a spare of its size.
  func linked(rows: Int) -> MutableMatrix { matrix(schedule.linked, rows: rows, columns: outputs) }
  func spare(rows: Int) -> MutableMatrix { matrix(schedule.spare, rows: rows, columns: outputs) }

  func matrix(_ buffer: Int, rows: Int, columns: Int) -> MutableMatrix {
    MutableMatrix(base: buffers[buffer], rows: rows, columns: columns)
  }
}

/// The factors of one shard's kernel gradients, from its backward pass until they are summed.
public final class ShardMemory: @unchecked Sendable {
  // Unchecked: written by the worker that computes the shard; in the phase that sums, all workers read it.
  let arena: AlignedBuffer

  init(count: Int) { arena = AlignedBuffer(count: count) }
}

extension Network {
  /// Where a workspace's buffers stand.
  public func memoryPlan(
    rows: Int, targetColumns: Int, training: Bool, separate: Bool = false
  ) -> MemoryPlan {
    MemoryPlan(
      schedule.requests(targetColumns: targetColumns, training: training), rows: rows, separate: separate)
  }
}
