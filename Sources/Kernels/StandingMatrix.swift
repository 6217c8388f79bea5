import CKernels

/// A matrix, `[inner, columns]`, that is brought into panels once and then multiplied many times: the weights of a
/// recurrent layer over all steps.
///
/// An element of a product depends on its row and its column alone, not on the rows that are computed together. A trivial
/// value; the memory is the caller's.
public struct StandingMatrix: Sendable {
  public let inner: Int
  public let columns: Int
  private let panels: MutableVector

  /// Floats that it stands in.
  public static func count(inner: Int, columns: Int) -> Int { panelCount(rows: inner, columns: columns) }

  /// - Precondition: `memory` holds `count` floats or more.
  public init(inner: Int, columns: Int, in memory: MutableVector) {
    precondition(memory.count >= StandingMatrix.count(inner: inner, columns: columns))
    self.inner = inner
    self.columns = columns
    panels = memory
  }

  /// Overwrites it with x, `[inner, columns]`, or with the transpose of x, `[columns, inner]`.
  public func pack(_ x: Matrix, transposed: Bool = false) {
    precondition((transposed ? x.columns : x.rows) == inner && (transposed ? x.rows : x.columns) == columns)
    cairn_pack_standing(inner, columns, x.base, x.stride, transposed ? 1 : 0, panels.base)
  }

  /// C = A B, or C += A B, B being this matrix.
  public func multiply(_ a: Matrix, into c: MutableMatrix, accumulating: Bool = false) {
    precondition(a.columns == inner && c.columns == columns && a.rows == c.rows)
    cairn_standing_product(
      a.rows, columns, inner, a.base, a.stride, panels.base, c.base, c.stride, accumulating ? 1 : 0)
  }

  /// C = A^T B, or C += A^T B; A: `[inner, rows of C]`.
  ///
  /// - Parameter scratch: clobbered, as many floats as A has.
  public func multiply(
    transposed a: Matrix, into c: MutableMatrix, accumulating: Bool = false, scratch: MutableVector
  ) {
    precondition(a.rows == inner && c.columns == columns && a.columns == c.rows && scratch.count >= a.count)
    cairn_standing_outer_product(
      inner, a.columns, columns, a.base, a.stride, panels.base, c.base, c.stride, accumulating ? 1 : 0, scratch.base)
  }

  /// sums = the sum of the rows, or sums += it.
  public func sumRows(into sums: MutableVector, accumulating: Bool = false) {
    precondition(sums.count == columns)
    var one: Float = 1
    var spare: Float = 0
    cairn_standing_outer_product(
      inner, 1, columns, &one, 0, panels.base, sums.base, columns, accumulating ? 1 : 0, &spare)
  }
}
