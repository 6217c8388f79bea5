internal import Kernels

/// One pass of a recurrent layer over a shard's rows: where its operands stand at each step.
struct RecurrentRun {
  let plan: RecurrentPlan
  let rows: Int
  private let weights: RecurrentWeights<Vector>
  /// In the order of the steps, `[rows, 1]`; nil: every step counts.
  let mask: Steps?
  private let scratch: MutableVector
  private let allGates: MutableMatrix
  private let allPreactivations: MutableVector
  private let states: MutableVector
  private let memories: MutableVector
  private let inputMasks: MutableMatrix
  private let recurrentMasks: MutableMatrix
  private let isMasked: Bool
  let product: MutableMatrix
  /// r h(t - 1), `[rows, units]`.
  let reset: MutableVector
  private let spare: MutableVector

  /// - Parameter drops: whether there is dropout in this pass.
  init(
    _ plan: RecurrentPlan, rows: Int, weights: RecurrentWeights<Vector>, mask: Steps?, kept: MutableVector,
    scratch: MutableVector, drops: Bool
  ) {
    self.plan = plan
    self.rows = rows
    self.weights = weights
    self.mask = mask
    self.scratch = scratch
    isMasked = drops
    let units = plan.units
    allGates = plan.gates.of(kept, rows: rows).matrix(
      rows: plan.times * rows, columns: plan.cell.keptGates * units)
    allPreactivations = plan.preactivation.of(kept, rows: rows)
    states = plan.states.of(kept, rows: rows)
    memories = plan.memories.of(kept, rows: rows)
    inputMasks = plan.inputMasks.of(kept, rows: rows).matrix(rows: rows, columns: plan.inputMaskCount * plan.inputs)
    recurrentMasks = plan.recurrentMasks.of(kept, rows: rows).matrix(
      rows: rows, columns: plan.recurrentMaskCount * units)
    let product = plan.product.of(scratch, rows: rows)
    self.product = product.matrix(rows: rows, columns: product.count / rows)
    reset = plan.reset.of(scratch, rows: rows)
    spare = plan.spare.of(scratch, rows: rows)
  }

  // MARK: Operands of a step

  /// `[rows, kept gates * units]`
  func gates(_ time: Int) -> MutableMatrix { allGates.rows(time * rows..<(time + 1) * rows) }

  /// What went into the gates' activations, `[rows, gates * units]`; nil: no derivative needs it.
  func preactivation(_ time: Int) -> MutableVector? {
    guard plan.keepsPreactivation else { return nil }
    let count = rows * plan.cell.gates * plan.units
    return allPreactivations[time * count..<(time + 1) * count]
  }

  /// The state before step `time`, `[rows, units]`; of the number of steps: after the last.
  func h(_ time: Int) -> MutableVector { states[time * rows * plan.units..<(time + 1) * rows * plan.units] }
  func c(_ time: Int) -> MutableVector { memories[time * rows * plan.units..<(time + 1) * rows * plan.units] }

  /// The states before some steps, `[steps * rows, units]`.
  func h(before steps: Range<Int>) -> Matrix {
    states.readOnly[steps.lowerBound * rows * plan.units..<steps.upperBound * rows * plan.units].matrix(
      rows: steps.count * rows, columns: plan.units)
  }

  func allGates(of steps: Range<Int>) -> MutableMatrix {
    allGates.rows(steps.lowerBound * rows..<steps.upperBound * rows)
  }

  func step(_ time: Int) -> CellStep {
    let width = plan.cell.gates * plan.units
    return CellStep(
      rows: rows, units: plan.units, activation: plan.settings.activation.inCell,
      recurrent: plan.settings.recurrentActivation.inCell, bias: weights.bias?[0..<width],
      recurrentBias: plan.cell.biasRows == 2 ? weights.bias?[width..<2 * width] : nil, mask: mask?.at(time),
      gradientStride: plan.gradientStride, spare: spare)
  }

  // MARK: Dropout

  /// nil: nothing is dropped.
  func inputMask(of part: RecurrentPlan.Part) -> Matrix? {
    guard isMasked, plan.inputMaskCount > 0 else { return nil }
    return inputMasks.readOnly.columns(part.inputMask * plan.inputs..<(part.inputMask + 1) * plan.inputs)
  }

  func recurrentMask(of part: RecurrentPlan.Part) -> Matrix? {
    guard isMasked, plan.recurrentMaskCount > 0 else { return nil }
    return recurrentMasks.readOnly.columns(part.recurrentMask * plan.units..<(part.recurrentMask + 1) * plan.units)
  }

  /// Masks of `Elementwise.dropoutMask`, of inputs and states from numbers of their own.
  ///
  /// - Parameter stream: part of the counter in the layer's place; the next one is taken, too.
  func drawMasks(_ training: TrainingPass, layer: Int, stream: UInt32) {
    func draw(_ masks: MutableMatrix, rate: Float, _ stream: UInt32) {
      if masks.columns == 0 { return }
      Elementwise.dropoutMask(
        key: training.key, step: training.step, layer: UInt32(layer) | stream << 24, firstRow: training.firstRow,
        rate: rate, into: masks)
    }
    draw(inputMasks, rate: plan.settings.dropout, stream)
    draw(recurrentMasks, rate: plan.settings.recurrentDropout, stream + 1)
  }

  // MARK: Products

  /// Brings both kernels into panels, as they are, or transposed for the way back.
  func pack(back: Bool, inputs: Bool = true) {
    let width = plan.cell.gates * plan.units
    let kernel = weights.kernel.matrix(rows: plan.inputs, columns: width)
    let recurrent = weights.recurrent.matrix(rows: plan.units, columns: width)
    for part in plan.parts {
      if let columns = part.input, inputs {
        inputPanels(part, back: back).pack(kernel.columns(columns), transposed: back)
      }
      if let columns = part.recurrent {
        recurrentPanels(part, back: back).pack(recurrent.columns(columns), transposed: back)
      }
    }
  }

  func inputPanels(_ part: RecurrentPlan.Part, back: Bool) -> StandingMatrix {
    let width = part.input?.count ?? 0
    return StandingMatrix(
      inner: back ? width : plan.inputs, columns: back ? plan.inputs : width,
      in: (back ? part.inputBack : part.inputPanels).of(scratch, rows: rows))
  }

  func recurrentPanels(_ part: RecurrentPlan.Part, back: Bool) -> StandingMatrix {
    let width = part.recurrent?.count ?? 0
    return StandingMatrix(
      inner: back ? width : plan.units, columns: back ? plan.units : width,
      in: (back ? part.recurrentBack : part.recurrentPanels).of(scratch, rows: rows))
  }

  /// Memory for the inputs of some steps, `[steps * rows, inputs]`.
  func chunkInputs(_ steps: Int) -> MutableMatrix {
    plan.chunkInputs.of(scratch, rows: rows).matrix(rows: steps * rows, columns: plan.inputs)
  }

  /// Overwrites the gates of some steps with the products of the input.
  func multiplyInputs(_ x: Steps, steps: Range<Int>) {
    let chunk = chunkInputs(steps.count)
    var isCopied = false
    for part in plan.parts {
      guard let columns = part.input else { continue }
      let mask = inputMask(of: part)
      if !isCopied || plan.inputMaskCount > 1 { copyInputs(x, steps: steps, times: mask, into: chunk) }
      isCopied = true
      inputPanels(part, back: false).multiply(chunk.readOnly, into: allGates(of: steps).columns(columns))
    }
  }

  func copyInputs(_ x: Steps, steps: Range<Int>, times mask: Matrix?, into chunk: MutableMatrix) {
    for (number, time) in steps.enumerated() {
      Rows.copy(x.at(time), times: mask, into: chunk.rows(number * rows..<(number + 1) * rows))
    }
  }

  /// gates += state R, of the parts that are so multiplied.
  func addRecurrent(of state: MutableVector, to gates: MutableMatrix, afterReset: Bool) {
    for part in plan.parts where part.isAfterReset == afterReset {
      multiply(state, part, into: gates, accumulating: true)
    }
  }

  /// product = state R
  func multiplyRecurrent(_ state: MutableVector, into product: MutableMatrix) {
    for part in plan.parts { multiply(state, part, into: product, accumulating: false) }
  }

  private func multiply(
    _ state: MutableVector, _ part: RecurrentPlan.Part, into gates: MutableMatrix, accumulating: Bool
  ) {
    guard let columns = part.recurrent else { return }
    var left = state.readOnly.matrix(rows: rows, columns: plan.units)
    if let mask = recurrentMask(of: part) {
      let masked = plan.maskedState.of(scratch, rows: rows).matrix(rows: rows, columns: plan.units)
      Rows.copy(left, times: mask, into: masked)
      left = masked.readOnly
    }
    recurrentPanels(part, back: false).multiply(left, into: gates.columns(columns), accumulating: accumulating)
  }
}
