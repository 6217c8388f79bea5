internal import Kernels

/// A recurrent layer in one direction. Weights: kernel, recurrent kernel, bias.
struct RecurrentOperation: Operation {
  let measurements: [Measurement]
  private let plan: RecurrentPlan

  init(_ plan: RecurrentPlan) {
    self.plan = plan
    measurements = plan.measurements()
  }

  var outputs: [Shape] { [plan.output] }
  var parameters: [ParameterSpec] { plan.parameters }
  var kept: MemorySize { plan.kept }
  var scratch: MemorySize { plan.scratch }
  var backwardReads: BackwardReads { settings.activityRegularizer == nil ? .inputs : [.inputs, .output] }
  var readsMasks: Bool { true }
  var carried: Int { settings.isStateful ? plan.carried : 0 }
  var activation: ActivationFunction? { plan.cell.showsActivation ? settings.activation : nil }
  var multiplications: Int { plan.multiplications }
  private var settings: RecurrentSettings { plan.settings }

  func forward(_ pass: ForwardPass) -> Double {
    let run = RecurrentRun(
      plan, rows: pass.rows, weights: pass.recurrentWeights(plan, first: 0), mask: plan.mask(pass.mask(0)),
      kept: pass.kept, scratch: pass.scratch, drops: pass.training != nil)
    if let training = pass.training { run.drawMasks(training, layer: pass.layer, stream: 0) }
    run.forward(
      plan.inputs(pass.input(0)), into: MutableSteps(pass.output, count: plan.outputTimes, width: plan.units),
      zeroing: false, carried: settings.isStateful ? pass.carried : nil,
      carriedOn: settings.isStateful ? pass.carriedOn : nil,
      saturation: measurements.count > 1 ? pass.figures(1) : nil)
    return settings.activityRegularizer?.penalty(of: pass.output.readOnly.vector) ?? 0
  }

  func backward(_ pass: BackwardPass) {
    let gradient = pass.outputGradient
    settings.activityRegularizer?.addGradient(of: pass.output.vector, to: gradient.vector)
    let run = RecurrentRun(
      plan, rows: pass.rows, weights: pass.recurrentWeights(plan, first: 0), mask: plan.mask(pass.mask(0)),
      kept: pass.kept, scratch: pass.scratch, drops: true)
    var back = RecurrentBackRun(run, scratch: pass.scratch)
    back.run(
      plan.inputs(pass.input(0)), Steps(gradient.readOnly, count: plan.outputTimes, width: plan.units), zeroing: false,
      gradients: pass.recurrentGradients(plan, first: 0), dx: pass.inputGradient(0).map { plan.inputs($0) },
      throughTime: pass.figures(0))
  }
}

extension RecurrentPlan {
  var outputTimes: Int { settings.returnSequences ? times : 1 }
  /// Floats of a row's state.
  var carried: Int { (cell.hasMemory ? 2 : 1) * units }

  func inputs(_ x: Matrix) -> Steps { Steps(x, count: times, width: inputs, reversed: settings.goBackwards) }
  func inputs(_ dx: MutableMatrix) -> MutableSteps {
    MutableSteps(dx, count: times, width: inputs, reversed: settings.goBackwards)
  }
  func mask(_ mask: Matrix?) -> Steps? {
    mask.map { Steps($0, count: times, width: 1, reversed: settings.goBackwards) }
  }
}

extension ForwardPass {
  /// - Parameter first: number of the kernel among the layer's weights.
  func recurrentWeights(_ plan: RecurrentPlan, first: Int) -> RecurrentWeights<Vector> {
    RecurrentWeights(
      kernel: parameter(first), recurrent: parameter(first + 1),
      bias: plan.settings.useBias ? parameter(first + 2) : nil)
  }
}

extension BackwardPass {
  func recurrentWeights(_ plan: RecurrentPlan, first: Int) -> RecurrentWeights<Vector> {
    RecurrentWeights(
      kernel: parameter(first), recurrent: parameter(first + 1),
      bias: plan.settings.useBias ? parameter(first + 2) : nil)
  }

  func recurrentGradients(_ plan: RecurrentPlan, first: Int) -> RecurrentWeights<MutableVector> {
    RecurrentWeights(
      kernel: parameterGradient(first), recurrent: parameterGradient(first + 1),
      bias: plan.settings.useBias ? parameterGradient(first + 2) : nil)
  }
}
