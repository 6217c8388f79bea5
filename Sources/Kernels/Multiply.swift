import CKernels
internal import COpenBLAS

/// C = op(A) op(B), or C += op(A) op(B).
///
/// op(A): [m, k], op(B): [k, n], C: [m, n], all row-major; op is the transpose where `transposed` says so, and then the
/// matrix that is passed has the shape of what it is a transpose of. One thread, once `NumericKernels.start()` was
/// called. C is overwritten, also over NaN, or accumulated.
///
/// The same shapes give the same bits from any thread. Rows of a larger product may differ from a product of these rows
/// alone in the last bits.
///
/// - Precondition: the shapes agree; C does not overlap A or B.
public func multiply(
  _ a: Matrix, transposed aTransposed: Bool = false, _ b: Matrix, transposed bTransposed: Bool = false,
  into c: MutableMatrix, accumulating: Bool = false
) {
  let inner = aTransposed ? a.rows : a.columns
  precondition(
    (aTransposed ? a.columns : a.rows) == c.rows && (bTransposed ? b.rows : b.columns) == c.columns
      && (bTransposed ? b.columns : b.rows) == inner,
    "[\(a.rows), \(a.columns)]\(aTransposed ? "^T" : "") [\(b.rows), \(b.columns)]\(bTransposed ? "^T" : "")"
      + " into [\(c.rows), \(c.columns)]")
  if c.count == 0 { return }
  if inner == 0 {
    if !accumulating { for row in 0..<c.rows { c.row(row).fill(0) } }
    return
  }
  #if CAIRN_SWIFT_GEMM
    multiplyInSwift(a, aTransposed, b, bTransposed, inner: inner, into: c, accumulating: accumulating)
  #else
    // Views with a stride of their own are OpenBLAS' to walk.
    let isPacked = a.isPacked && b.isPacked && c.isPacked
    if isPacked && isSmall(rows: c.rows, columns: c.columns, inner: inner, aTransposed, bTransposed) {
      return cairn_small_product(
        c.rows, c.columns, inner, a.base, aTransposed ? 1 : 0, b.base, bTransposed ? 1 : 0, c.base,
        accumulating ? 1 : 0)
    }
    if isPacked, !aTransposed, isForPanels(rows: c.rows, columns: c.columns, inner: inner, bTransposed) {
      let product = bTransposed ? cairn_panel_product_transposed : cairn_panel_product
      return product(c.rows, c.columns, inner, a.base, b.base, c.base, accumulating ? 1 : 0)
    }
    multiplyByOpenBLAS(a, transposed: aTransposed, b, transposed: bTransposed, into: c, accumulating: accumulating)
  #endif
}

/// The same product by `cblas_sgemm`, whatever the shapes: what others are measured against.
public func multiplyByOpenBLAS(
  _ a: Matrix, transposed aTransposed: Bool = false, _ b: Matrix, transposed bTransposed: Bool = false,
  into c: MutableMatrix, accumulating: Bool = false
) {
  cairn_sgemm(
    aTransposed ? 1 : 0, bTransposed ? 1 : 0, Int32(c.rows), Int32(c.columns), Int32(aTransposed ? a.rows : a.columns),
    a.base, Int32(a.stride), b.base, Int32(b.stride), accumulating ? 1 : 0, c.base, Int32(c.stride))
}

#if !CAIRN_SWIFT_GEMM
  /// Whether a product is one of those that OpenBLAS takes longer for than `cairn_small_product`. Measured on Zen 4 over
  /// 168 shapes of 16 to 128 rows: with B transposed 0.4 to 0.95 of its time, else 0.25 to 0.95, but twice as long for A
  /// transposed and a column or two, and 1.1 to 1.2 times beyond these bounds.
  private func isSmall(rows: Int, columns: Int, inner: Int, _ aTransposed: Bool, _ bTransposed: Bool) -> Bool {
    if bTransposed { return !aTransposed && inner <= 32 && columns > 2 && rows * columns * inner <= 1 << 20 }
    return columns <= 16 && rows * columns * inner <= 16384 && (!aTransposed || columns > 3)
  }

  /// Whether a product is one of those that our own panels are faster for. Measured on Zen 4: with B as it is 1.05 to
  /// 1.25 times as fast as OpenBLAS, transposed 1.1 to 2 times; below these bounds OpenBLAS packs nothing and wins.
  private func isForPanels(rows: Int, columns: Int, inner: Int, _ bTransposed: Bool) -> Bool {
    guard NumericKernels.multipliesInPanels, rows >= 8 else { return false }
    return bTransposed ? columns * inner >= 1 << 14 : columns >= 64 && columns * inner >= 1 << 16
  }
#endif

#if CAIRN_SWIFT_GEMM
  /// The same in plain Swift, for builds with ThreadSanitizer, which does not see what OpenBLAS touches.
  private func multiplyInSwift(
    _ a: Matrix, _ aTransposed: Bool, _ b: Matrix, _ bTransposed: Bool, inner: Int, into c: MutableMatrix,
    accumulating: Bool
  ) {
    let (aRow, aColumn) = aTransposed ? (1, a.stride) : (a.stride, 1)
    let (bRow, bColumn) = bTransposed ? (1, b.stride) : (b.stride, 1)
    for row in 0..<c.rows {
      let target = c.base + row * c.stride
      if !accumulating { target.update(repeating: 0, count: c.columns) }
      for index in 0..<inner {
        let factor = a.base[row * aRow + index * aColumn]
        let source = b.base + index * bRow
        for column in 0..<c.columns { target[column] += factor * source[column * bColumn] }
      }
    }
  }
#endif
