public import Kernels

/// The memory of a shard: the gathered rows, every layer's output and scratch, two gradient buffers, and the factors of
/// kernel gradients until they are summed.
///
/// Laid out once, for at most `rows` rows; made by the worker that uses it, so that its pages lie near its core.
public final class Workspace: @unchecked Sendable {
  // Unchecked: one worker at a time uses a workspace; in the phase that sums, all workers read its factors.
  private let arena: AlignedBuffer
  public let rows: Int
  private let inputRange: Range<Int>
  private let targetRange: Range<Int>
  private let outputRanges: [Range<Int>]
  private let scratchRanges: [Range<Int>]
  private let gradientRanges: [Range<Int>]
  private let linkRange: Range<Int>
  private let panelRanges: [Range<Int>]
  private let productRange: Range<Int>
  private let network: Network
  private let columnsOfTargets: Int

  /// - Parameter training: whether backward passes will run; without, gradient buffers are not laid out.
  public init(network: Network, rows: Int, targetColumns: Int, training: Bool) {
    self.network = network
    self.rows = rows
    columnsOfTargets = targetColumns
    var end = 0
    func take(_ count: Int) -> Range<Int> {
      defer { end += AlignedBuffer.padded(count) }
      return end..<end + count
    }
    inputRange = take(rows * network.input.count)
    targetRange = take(rows * targetColumns)
    outputRanges = network.steps.map { take(rows * $0.output.count) }
    scratchRanges = network.steps.map { take($0.layer.scratchCount(for: $0.input, rows: rows)) }
    let widest = (network.steps.map(\.output.count) + network.steps.dropFirst().map(\.input.count)).max() ?? 0
    gradientRanges = (0..<2).map { _ in take(training ? rows * widest : 0) }
    linkRange = take(rows * network.outputs)
    let factored = training ? network.factored : []
    panelRanges = factored.map { take(panelCount(rows: rows * $0.kernel.rowsPerSample, columns: $0.kernel.units)) }
    let longest = factored.map(\.kernel.rowsPerSample).max() ?? 0
    productRange = take(ProductSum.scratchCount(rows: rows * longest))
    arena = AlignedBuffer(count: end)
  }

  /// Floats that a row of a batch takes at least while a network trains: the row, its targets, every layer's output, two
  /// gradients of the widest.
  public static func floatsPerRow(of network: Network, targetColumns: Int) -> Int {
    let outputs = network.steps.map(\.output.count)
    return network.input.count + targetColumns + outputs.reduce(0, +) + 2 * (outputs.max() ?? 0)
  }

  /// Where the rows of a shard are gathered to.
  public func input(rows: Int) -> MutableMatrix {
    arena.mutable[inputRange].matrix(rows: rows, columns: network.input.count)
  }

  public func targets(rows: Int) -> MutableMatrix {
    arena.mutable[targetRange].matrix(rows: rows, columns: columnsOfTargets)
  }

  func output(_ step: Int, rows: Int) -> MutableMatrix {
    arena.mutable[outputRanges[step]].matrix(rows: rows, columns: network.steps[step].output.count)
  }

  func scratch(_ step: Int) -> MutableVector { arena.mutable[scratchRanges[step]] }

  func gradient(_ which: Int, rows: Int, columns: Int) -> MutableMatrix {
    arena.mutable[gradientRanges[which]].matrix(rows: rows, columns: columns)
  }

  /// dz of a factored kernel, in panels.
  func panels(_ number: Int) -> MutableVector { arena.mutable[panelRanges[number]] }

  /// For a `ProductSum` over this shard alone.
  var productScratch: MutableVector { arena.mutable[productRange] }

  /// The network's output after the activation that was split off.
  func linked(rows: Int) -> MutableMatrix {
    arena.mutable[linkRange].matrix(rows: rows, columns: network.outputs)
  }
}
