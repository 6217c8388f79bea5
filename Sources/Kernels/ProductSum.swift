import CKernels

/// The gradient of a matrix of weights: sum over shards of x^T dz, from the shards' factors.
///
/// x: `[rows, inputs]`, dz: `[rows, units]`, the sum: `[inputs, units]`. Any part of it may be asked for, from any
/// thread: no shard's own product ever stands in memory. A shard's product is summed over its rows in their order; the
/// products are added along a fixed binary tree over the shard number, ((0 + 1) + (2 + 3)) + ... An element's bits
/// depend on neither the part that is asked for nor its place in it.
public final class ProductSum: @unchecked Sendable {
  // Unchecked: a shard's factors are set by the worker that computes the shard; sums are asked for after a barrier.
  public let inputs: Int
  public let units: Int
  private let factors: UnsafeMutableBufferPointer<cairn_factors>

  /// Rows of the sum to ask for at once, about: a part of 64 rows by 2,048 units stays in a second-level cache.
  public static let partRows = 64

  public init(inputs: Int, units: Int, shards: Int) {
    self.inputs = inputs
    self.units = units
    factors = .allocate(capacity: shards)
    factors.initialize(repeating: cairn_factors(left: nil, panels: nil, rows: 0))
  }

  deinit { factors.deallocate() }

  /// Floats that `sum` clobbers for a part of at most `partRows` rows.
  ///
  /// - Parameter rows: of all its shards together.
  public static func scratchCount(rows: Int) -> Int { (partRows + 8) * rows }

  /// - Parameters:
  ///   - shard: its number in the table.
  ///   - panels: dz as `packPanels` leaves it.
  /// - Precondition: `x.columns == inputs`; both stay where they are until the last sum.
  public func setFactors(ofShard shard: Int, _ x: Matrix, panels: Vector) {
    precondition(x.columns == inputs, "\(x.columns) columns for \(inputs) inputs")
    precondition(panels.count >= panelCount(rows: x.rows, columns: units), "\(panels.count) floats of panels")
    factors[shard] = cairn_factors(left: x.packed, panels: panels.base, rows: x.rows)
  }

  /// Overwrites `elements` of `gradient` with the sum over `shards`, which have their factors.
  ///
  /// - Parameters:
  ///   - elements: row-major; of at most `partRows` rows.
  ///   - scratch: clobbered; `scratchCount` floats.
  public func sum(
    of shards: Range<Int>, elements: Range<Int>, into gradient: MutableVector, scratch: MutableVector
  ) {
    precondition(elements.upperBound <= gradient.count && gradient.count == inputs * units)
    precondition(
      (elements.upperBound + units - 1) / units - elements.lowerBound / units <= ProductSum.partRows,
      "\(elements) are more than \(ProductSum.partRows) rows of \(units)")
    let rows = shards.reduce(0) { $0 + factors[$1].rows }
    precondition(scratch.count >= ProductSum.scratchCount(rows: rows), "\(scratch.count) floats for \(rows) rows")
    guard let base = factors.baseAddress, !shards.isEmpty, !elements.isEmpty else { return }
    cairn_sum_outer_products(
      base + shards.lowerBound, shards.count, inputs, units, elements.lowerBound, elements.upperBound, gradient.base,
      scratch.base)
  }
}

/// Floats of a matrix in panels.
public func panelCount(rows: Int, columns: Int) -> Int {
  let width = Int(CAIRN_PANEL)
  return rows * ((columns + width - 1) / width * width)
}

/// Overwrites `panels` with `x` in panels of some columns each, one row after the other; zeros behind the last column.
///
/// - Precondition: `panels` holds `panelCount` floats or more.
public func packPanels(of x: Matrix, into panels: MutableVector) {
  precondition(panels.count >= panelCount(rows: x.rows, columns: x.columns))
  cairn_pack_panels(x.rows, x.columns, x.packed, panels.base)
}
