import Kernels
import Optimizers

/// Weights of three entries in a flat vector as a network lays it out, under an optimizer. Padding is NaN: nobody may
/// read it, and it must stay.
final class Bench {
  static let sizes = [7, 1030, 33]
  static let names = ["bias", "kernel", "gamma"]
  let optimizer: Optimizer
  let state: OptimizerState
  let entries: [Range<Int>]
  let tile: Int
  private let memory: AlignedBuffer
  private let gradientMemory: AlignedBuffer
  private let scratch: AlignedBuffer
  let count: Int
  private(set) var statistics = UpdateStatistics()
  private(set) var clippedSquareSum = 0.0

  init(_ optimizer: Optimizer, tile: Int = 1000) {
    self.optimizer = optimizer
    self.tile = tile
    var end = 0
    entries = Bench.sizes.map { size in
      defer { end += AlignedBuffer.padded(size) }
      return end..<end + size
    }
    count = end
    state = OptimizerState(optimizer: optimizer, count: count, entries: Bench.names)
    memory = AlignedBuffer(count: count)
    gradientMemory = AlignedBuffer(count: count)
    scratch = AlignedBuffer(count: tile)
    memory.mutable.fill(.nan)
    gradientMemory.mutable.fill(.nan)
    for (number, range) in entries.enumerated() {
      memory.mutable[range].copy(from: Bench.draws(range.count, stream: UInt64(number)))
    }
  }

  static func draws(_ count: Int, stream: UInt64) -> [Float] {
    var random = RandomStream(seed: 77, stream: stream)
    return (0..<count).map { _ in Float(random.normal()) }
  }

  /// A step's gradient, one array an entry: sizes from 1e-4 to 10, some elements 0.
  static func gradient(step: Int) -> [[Float]] {
    sizes.enumerated().map { entry, count in
      var random = RandomStream(seed: 78, stream: UInt64(step * 10 + entry))
      return (0..<count).map { index in
        let size = [1e-4, 0.01, 1, 10][index % 4]
        let draw = random.normal() * size
        return index % 11 == 10 || (index % 7 == 6 && step % 2 == 0) ? 0 : Float(draw)
      }
    }
  }

  var weights: [[Float]] { entries.map { memory.vector[$0].array } }
  var allWeights: [Float] { memory.vector.array }
  func slot(_ index: Int) -> [[Float]] { entries.map { state.slot(index).readOnly[$0].array } }

  func norms(_ gradient: [[Float]]) -> GradientNorms {
    var norms = GradientNorms(entries: entries.count)
    norms.entrySquares = gradient.map { $0.reduce(0) { $0 + Double($1) * Double($1) } }
    norms.global = norms.entrySquares.reduce(0, +).squareRoot()
    return norms
  }

  /// Prepares and applies; the norm after clipping.
  @discardableResult
  func step(_ gradient: [[Float]], commit: Bool = true) -> Double {
    for (range, values) in zip(entries, gradient) { gradientMemory.mutable[range].copy(from: values) }
    let norm = optimizer.prepare(state, norms: norms(gradient))
    statistics = UpdateStatistics()
    clippedSquareSum = 0
    // Last tile first: order must not matter.
    for (entry, range) in entries.enumerated().reversed() {
      for start in stride(from: range.lowerBound, to: range.upperBound, by: tile).reversed() {
        let (found, square) = optimizer.update(
          state, range: start..<min(start + tile, range.upperBound), entry: entry, gradient: gradientMemory.vector,
          weights: memory.mutable, scratch: scratch.mutable)
        statistics.updateSquareSum += found.updateSquareSum
        statistics.weightSum += found.weightSum
        statistics.weightSquareSum += found.weightSquareSum
        clippedSquareSum += square
      }
    }
    if commit { optimizer.commit(state) }
    return norm
  }
}

func doubles(_ values: [[Float]]) -> [[Double]] { values.map { $0.map(Double.init) } }
func bits(_ values: [[Float]]) -> [[UInt32]] { values.map { $0.map(\.bitPattern) } }
