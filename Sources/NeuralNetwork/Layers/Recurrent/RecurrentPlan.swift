internal import Kernels

/// A recurrent layer in one direction, for inputs of one shape: its weights, and where everything stands in memory.
///
/// Time is the outer axis of what is kept, `[time, rows, ...]`: the products with the input are computed for many steps at
/// once, the gates of a step and its state are some rows one after the other. Both passes go through time in chunks of
/// about `chunkRows` rows, which stay in a second-level cache from the product with the input to the weights' gradients.
///
/// A class: passes hand it on without copying its arrays.
final class RecurrentPlan: Sendable {
  /// A part of both kernels with its places in memory.
  struct Part: Sendable {
    /// Columns of `dgates`.
    let gradient: Range<Int>
    /// Columns of the kernels, and of the gates on the way forward.
    let input: Range<Int>?
    let recurrent: Range<Int>?
    let isAfterReset: Bool
    /// Number of its masks, where each gate has its own.
    let inputMask: Int
    let recurrentMask: Int
    /// Of the packed kernels, forward and back.
    let inputPanels: MemoryPart
    let recurrentPanels: MemoryPart
    let inputBack: MemoryPart
    let recurrentBack: MemoryPart
  }

  /// Rows of all steps of a chunk, about: measured on Zen 4, where fewer cost the weights' gradients more.
  static let chunkRows = 256

  let cell: any RecurrentCell
  let settings: RecurrentSettings
  let times: Int
  let inputs: Int
  let parts: [Part]
  let kept: MemorySize
  let scratch: MemorySize
  /// Of kernel, recurrent kernel and bias.
  let parameters: [ParameterSpec]
  let inputMaskCount: Int
  let recurrentMaskCount: Int
  let keepsPreactivation: Bool

  // Kept: [time, rows, ...], states also before the first step.
  let gates: MemoryPart
  let preactivation: MemoryPart
  let states: MemoryPart
  let memories: MemoryPart
  let inputMasks: MemoryPart
  let recurrentMasks: MemoryPart

  // Scratch of either pass.
  let spare: MemoryPart
  /// Inputs of a chunk, then gradients of them.
  let chunkInputs: MemoryPart
  /// `[rows, units]` under a mask.
  let maskedState: MemoryPart
  let reset: MemoryPart
  let product: MemoryPart
  // Of the way back.
  let dstate: MemoryPart
  let dmemory: MemoryPart
  let dgates: MemoryPart
  let dpanels: MemoryPart
  /// What the recurrent kernel multiplied in a chunk, where that is not the state.
  let chunkStates: MemoryPart
  let outer: MemoryPart

  var units: Int { settings.units }
  /// From row to row of `dgates`: not a multiple of 4 KB, so that eight rows do not meet in one set of the cache.
  var gradientStride: Int { AlignedBuffer.padded(cell.gradientGates * units) + 16 }

  init(_ cell: any RecurrentCell, _ settings: RecurrentSettings, input: Shape) {
    self.cell = cell
    self.settings = settings
    times = input.extents[0]
    inputs = input.features
    let (units, inputs, times) = (settings.units, input.features, input.extents[0])
    let width = cell.gates * units
    let masksGates = cell.masksGates && settings.recurrentDropout > 0
    let parts = masksGates ? cell.parts.flatMap(\.single) : cell.parts
    inputMaskCount = settings.dropout > 0 ? (masksGates ? cell.gates : 1) : 0
    recurrentMaskCount = settings.recurrentDropout > 0 ? (masksGates ? cell.gates : 1) : 0
    keepsPreactivation =
      settings.activation.needsPreactivation
      || (!cell.recurrentGates.isEmpty && settings.recurrentActivation.needsPreactivation)

    var kept = MemoryParts()
    gates = kept.add(perRow: times * cell.keptGates * units)
    preactivation = kept.add(perRow: keepsPreactivation ? times * width : 0)
    states = kept.add(perRow: (times + 1) * units)
    memories = kept.add(perRow: cell.hasMemory ? (times + 1) * units : 0)
    inputMasks = kept.add(perRow: inputMaskCount * inputs)
    recurrentMasks = kept.add(perRow: recurrentMaskCount * units)
    self.kept = kept.size

    var scratch = MemoryParts()
    let isAfterReset = parts.contains(where: \.isAfterReset)
    func columns(_ gates: Range<Int>) -> Range<Int> { gates.lowerBound * units..<gates.upperBound * units }
    self.parts = parts.map { part in
      func panels(_ inner: Int, _ outer: Int) -> MemoryPart {
        scratch.add(fixed: StandingMatrix.count(inner: inner, columns: outer))
      }
      let (input, recurrent) = (part.input.map(columns), part.recurrent.map(columns))
      return Part(
        gradient: columns(part.gradient), input: input, recurrent: recurrent, isAfterReset: part.isAfterReset,
        inputMask: masksGates ? part.input?.lowerBound ?? 0 : 0,
        recurrentMask: masksGates ? part.recurrent?.lowerBound ?? 0 : 0,
        inputPanels: panels(inputs, input?.count ?? 0), recurrentPanels: panels(units, recurrent?.count ?? 0),
        inputBack: panels(input?.count ?? 0, inputs), recurrentBack: panels(recurrent?.count ?? 0, units))
    }
    spare = scratch.add(fixed: 2 * units)
    func chunk(_ width: Int) -> MemoryPart { scratch.add(perRow: width, fixed: RecurrentPlan.chunkRows * width) }
    chunkInputs = chunk(inputs)
    maskedState = scratch.add(perRow: recurrentMaskCount > 0 ? units : 0)
    reset = scratch.add(perRow: isAfterReset ? units : 0)
    product = scratch.add(perRow: cell.keptGates > cell.gates ? width : 0)
    dstate = scratch.add(perRow: units)
    dmemory = scratch.add(perRow: cell.hasMemory ? units : 0)
    dgates = chunk(AlignedBuffer.padded(cell.gradientGates * units) + 16)
    dpanels = chunk(panelCount(rows: 1, columns: parts.map { columns($0.gradient).count }.max() ?? 0))
    chunkStates = chunk(isAfterReset || recurrentMaskCount > 0 ? units : 0)
    outer = chunk(max(inputs, units))
    self.scratch = scratch.size

    let kernel = ParameterSpec(
      "kernel", shape: [inputs, width], initializer: settings.kernelInitializer,
      regularizer: settings.kernelRegularizer)
    let recurrent = ParameterSpec(
      "recurrent_kernel", shape: [units, width], initializer: settings.recurrentInitializer,
      regularizer: settings.recurrentRegularizer)
    let bias = ParameterSpec(
      "bias", shape: cell.biasRows == 1 ? [width] : [cell.biasRows, width],
      initializer: cell.biasInitializer(settings.biasInitializer), regularizer: settings.biasRegularizer)
    parameters = settings.useBias ? [kernel, recurrent, bias] : [kernel, recurrent]
  }

  /// Steps of a chunk of a shard of so many rows.
  func chunkSteps(rows: Int) -> Int { max(1, RecurrentPlan.chunkRows / rows) }

  var output: Shape { settings.returnSequences ? [times, units] : [units] }
  var multiplications: Int { times * (inputs + units) * cell.gates * units }

  /// What it measures of itself.
  func measurements(part: String? = nil) -> [Measurement] {
    let through = Measurement.throughTime(times: times, units: units, part: part)
    guard !cell.recurrentGates.isEmpty, case .saturating = settings.recurrentActivation.probe else { return [through] }
    let gates = cell.recurrentGates
    return [
      through,
      Measurement(
        .gateSaturation, positions: gates, valuesPerRow: gates.map { _ in times * units }, part: part),
    ]
  }
}

/// The weights of one direction, or their gradients.
struct RecurrentWeights<View> {
  let kernel: View
  let recurrent: View
  let bias: View?
}
