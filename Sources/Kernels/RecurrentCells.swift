import CKernels

/// A function of a cell's gates or state, by the number the C kernels know it by.
public struct CellActivation: Sendable {
  let raw: cairn_activation

  public init(_ kernel: ActivationKernel, parameter: Float) {
    raw = cairn_activation(function: kernel.rawValue, parameter: parameter)
  }

  private init(_ function: Int32) { raw = cairn_activation(function: function, parameter: 0) }

  /// Over the units of a row.
  public static let softmax = CellActivation(Int32(CAIRN_SOFTMAX))
  public static let logSoftmax = CellActivation(Int32(CAIRN_LOG_SOFTMAX))
}

/// One step of a recurrent cell over some rows; trivial.
///
/// The state before is h0 (and c0), after it h (and c), all `[rows, units]`, one row after the other. `gates`: `[rows,
/// gates * units]`, on entry the sums of products, afterwards what comes out of the activations. `z`: nil, or what went
/// into them, where a derivative needs it. A row that the mask leaves out keeps its state.
///
/// Backward: dh, the whole gradient of h, becomes what reaches h0 besides the product with the recurrent kernel;
/// `dgates`: dL/dz, which that product takes.
public struct CellStep {
  private var raw: cairn_cell
  private let rows: Int

  /// - Parameters:
  ///   - recurrentBias: of `gru` alone: added to the product with the recurrent kernel.
  ///   - mask: `[rows, 1]`; a row goes on where it is not 0. nil: all do.
  ///   - gradientStride: from row to row of `dgates`.
  ///   - spare: 2 * units floats, clobbered.
  public init(
    rows: Int, units: Int, activation: CellActivation, recurrent: CellActivation, bias: Vector?, recurrentBias: Vector?,
    mask: Matrix?, gradientStride: Int, spare: MutableVector
  ) {
    precondition(spare.count >= 2 * units)
    self.rows = rows
    raw = cairn_cell(
      rows: rows, units: units, activation: activation.raw, recurrent: recurrent.raw, bias: bias?.base,
      recurrent_bias: recurrentBias?.base, mask: mask?.base, mask_step: mask?.stride ?? 0, dgates_row: gradientStride,
      spare: spare.base)
  }

  /// h = f(gates).
  public func simple(gates: MutableVector, z: MutableVector?, h0: Vector, h: MutableVector) {
    withUnsafePointer(to: raw) { cairn_simple_cell($0, gates.base, z?.base, h0.base, h.base) }
  }

  public func simpleBack(gates: Vector, z: Vector?, dh: MutableVector, dgates: MutableVector) {
    withUnsafePointer(to: raw) { cairn_simple_cell_back($0, gates.base, z?.base, dh.base, dgates.base) }
  }

  /// Gates i f g o: c = f c0 + i g, h = o activation(c).
  public func lstm(
    gates: MutableVector, z: MutableVector?, c0: Vector, c: MutableVector, h0: Vector, h: MutableVector
  ) {
    withUnsafePointer(to: raw) { cairn_lstm_cell($0, gates.base, z?.base, c0.base, c.base, h0.base, h.base) }
  }

  /// - Parameter dc: on entry what reaches c from later steps, afterwards what reaches c0.
  public func lstmBack(
    gates: Vector, z: Vector?, c0: Vector, c: Vector, dh: MutableVector, dc: MutableVector, dgates: MutableVector
  ) {
    withUnsafePointer(to: raw) {
      cairn_lstm_cell_back($0, gates.base, z?.base, c0.base, c.base, dh.base, dc.base, dgates.base)
    }
  }

  /// Gates z r g p, of which the first three are there on entry: p is the last third of `product`, of h0 and the recurrent
  /// kernel, to which `recurrentBias` is added; g = activation(g + r p), h = z h0 + (1 - z) g. `z`: `[rows, 3 * units]`.
  public func gru(gates: MutableVector, z: MutableVector?, product: Vector, h0: Vector, h: MutableVector) {
    withUnsafePointer(to: raw) { cairn_gru_cell($0, gates.base, z?.base, product.base, h0.base, h.base) }
  }

  /// - Parameter dgates: of z r p g.
  public func gruBack(gates: Vector, z: Vector?, h0: Vector, dh: MutableVector, dgates: MutableVector) {
    withUnsafePointer(to: raw) { cairn_gru_cell_back($0, gates.base, z?.base, h0.base, dh.base, dgates.base) }
  }

  /// The form of z r g with the reset before the product: `reset` = r h0. After it comes `gruState`.
  public func gruGates(gates: MutableVector, z: MutableVector?, h0: Vector, reset: MutableVector) {
    withUnsafePointer(to: raw) { cairn_gru_gates($0, gates.base, z?.base, h0.base, reset.base) }
  }

  /// The second part, after the product of `reset` has been added to g.
  public func gruState(gates: MutableVector, z: MutableVector?, h0: Vector, h: MutableVector) {
    withUnsafePointer(to: raw) { cairn_gru_state($0, gates.base, z?.base, h0.base, h.base) }
  }

  /// `dgates` of z and g.
  public func gruStateBack(gates: Vector, z: Vector?, h0: Vector, dh: MutableVector, dgates: MutableVector) {
    withUnsafePointer(to: raw) { cairn_gru_state_back($0, gates.base, z?.base, h0.base, dh.base, dgates.base) }
  }

  /// `dgates` of r from dL/d reset; what reaches h0 through it is added to dh.
  public func gruGatesBack(
    gates: Vector, z: Vector?, h0: Vector, dreset: Vector, dh: MutableVector, dgates: MutableVector
  ) {
    withUnsafePointer(to: raw) {
      cairn_gru_gates_back($0, gates.base, z?.base, h0.base, dreset.base, dh.base, dgates.base)
    }
  }
}

/// Rows that stand apart.
public enum Rows {
  /// y = x, or x times `mask`, element by element; or y += it.
  public static func copy(_ x: Matrix, times mask: Matrix? = nil, into y: MutableMatrix, adding: Bool = false) {
    precondition(x.rows == y.rows && x.columns == y.columns)
    if let mask { precondition(mask.rows == x.rows && mask.columns == x.columns) }
    cairn_copy_masked_rows(
      x.rows, x.columns, x.base, x.stride, mask?.base, mask?.stride ?? 0, y.base, y.stride, adding ? 1 : 0)
  }
}
