internal import CKernels

/// Loops of layers that make one tensor of several; on the calling thread, without allocation.
public enum Merging {
  /// y = max(x, y), element by element, NaN where either is; y is read and overwritten.
  public static func maximum(_ x: Vector, into y: MutableVector) {
    precondition(x.count == y.count, "\(x.count) and \(y.count) elements")
    cairn_maximum(x.count, x.base, y.base)
  }

  /// Where x is not below y: dx = dy, and dy becomes 0; else dx = 0.
  ///
  /// - Parameters:
  ///   - y: the maximum of x and others.
  ///   - dy: read and overwritten with what is left for others.
  ///   - dx: overwritten unless nil.
  public static func takeGradient(_ x: Vector, of y: Vector, from dy: MutableVector, into dx: MutableVector?) {
    precondition(x.count == y.count && x.count == dy.count && x.count == dx?.count ?? x.count)
    cairn_take_gradient(x.count, x.base, y.base, dy.base, dx?.base)
  }
}

/// Rows of a table by their numbers, which are held as floats. A number that is no row gives a row of NaN and gets no
/// gradient: never a read or write beyond the table.
public enum TableLookup {
  /// Largest number of rows whose numbers are all exact as floats.
  public static let mostRows = 1 << 24

  /// y[i] = table[ids[i]], overwritten.
  ///
  /// - Parameters:
  ///   - table: `[entries, columns]`.
  ///   - y: `[ids, columns]`.
  public static func lookUp(_ ids: Vector, in table: Matrix, into y: MutableMatrix) {
    precondition(y.rows == ids.count && y.columns == table.columns && table.rows <= mostRows)
    cairn_look_up(ids.count, ids.base, table.rows, table.columns, table.packed, y.packed)
  }

  /// dtable[ids[i]] += dy[i], accumulated in the order of the ids.
  public static func addRows(_ ids: Vector, of dy: Matrix, to dtable: MutableMatrix) {
    precondition(dy.rows == ids.count && dy.columns == dtable.columns && dtable.rows <= mostRows)
    cairn_add_rows(ids.count, ids.base, dtable.rows, dtable.columns, dy.packed, dtable.packed)
  }
}
