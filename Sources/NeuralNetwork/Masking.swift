internal import Kernels

/// What becomes of masks at a layer: which positions of its output count.
///
/// A mask belongs to a tensor `[time, ...]` and says which of its times count, the others are padding: a sentence shorter
/// than the row that holds it. It begins at an `embedding` with `mask_zero`, or with data that have `lengths`, and goes on
/// as Keras' masks do.
public enum Masking: Sendable {
  /// The output has none: the layer reads the mask of its input, or loses it.
  case ends
  /// The output has the input's. Of several inputs: a position counts where it counts in any; where one has no mask, the
  /// output has none (Keras' merging layers).
  case passes
  /// The output has the first input's, whatever the others have.
  case first
  /// The output counts where the first input, whole numbers, is not 0.
  case starts
}

/// The positions of some rows that count.
public struct PositionMask {
  private let marks: Vector

  init(_ marks: Vector) { self.marks = marks }

  /// Each run of positions that count, in order.
  public func eachRun(_ body: (Range<Int>) -> Void) {
    var start = 0
    while start < marks.count {
      if marks[start] == 0 {
        start += 1
        continue
      }
      var end = start + 1
      while end < marks.count, marks[end] != 0 { end += 1 }
      body(start..<end)
      start = end
    }
  }
}

/// A tensor's mask at a place in a schedule.
struct MaskedPositions {
  /// Of floats, one a position; it counts where its float is not 0.
  let buffer: Int
  /// Numbers of the network's inputs that it comes from: a position counts where any of them is not 0.
  let sources: Set<Int>
  let positions: Int
}

/// y = 1 where any input is not 0: the mask of tensors that have different ones. Put in by `Schedule`; no user's layer.
struct MaskUnion: Operation {
  let outputs: [Shape]
  let inputs: Int

  func forward(_ pass: ForwardPass) -> Double {
    let y = pass.output.vector
    y.fill(0)
    for number in 0..<inputs {
      let mask = pass.input(number).vector
      for index in 0..<y.count where mask[index] != 0 { y[index] = 1 }
    }
    return 0
  }

  func backward(_ pass: BackwardPass) {}
}
