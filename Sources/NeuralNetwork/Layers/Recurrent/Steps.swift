internal import Kernels

/// A sequence, step by step: of each row `width` floats at each of `count` times, as views.
struct Steps {
  private let matrix: Matrix
  private let first: Int
  private let spacing: Int
  let width: Int
  let count: Int

  /// - Parameters:
  ///   - matrix: `[rows, at least count * spacing]`.
  ///   - start: of the first time in a row; `spacing`: from one time to the next.
  ///   - reversed: whether step 0 is the last time.
  init(_ matrix: Matrix, count: Int, width: Int, start: Int = 0, spacing: Int? = nil, reversed: Bool = false) {
    let spacing = spacing ?? width
    self.matrix = matrix
    self.width = width
    self.count = count
    self.spacing = reversed ? -spacing : spacing
    first = start + (reversed ? (count - 1) * spacing : 0)
  }

  /// `[rows, width]`
  @inline(__always)
  func at(_ step: Int) -> Matrix {
    let start = first + step * spacing
    return matrix.columns(start..<start + width)
  }
}

/// The same, to be written.
struct MutableSteps {
  private let matrix: MutableMatrix
  private let first: Int
  private let spacing: Int
  let width: Int
  let count: Int

  init(_ matrix: MutableMatrix, count: Int, width: Int, start: Int = 0, spacing: Int? = nil, reversed: Bool = false) {
    let spacing = spacing ?? width
    self.matrix = matrix
    self.width = width
    self.count = count
    self.spacing = reversed ? -spacing : spacing
    first = start + (reversed ? (count - 1) * spacing : 0)
  }

  @inline(__always)
  func at(_ step: Int) -> MutableMatrix {
    let start = first + step * spacing
    return matrix.columns(start..<start + width)
  }
}
