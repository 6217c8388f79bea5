internal import Kernels

/// A recurrent layer in both directions. Weights: those forwards, then those backwards.
struct BidirectionalOperation: Operation {
  let outputs: [Shape]
  let parameters: [ParameterSpec]
  let measurements: [Measurement]
  let kept: MemorySize
  let scratch: MemorySize
  private let mode: Bidirectional.MergeMode
  private let plans: [RecurrentPlan]
  /// What each direction keeps, and, unless outputs are joined, its output.
  private let keeping: [MemoryPart]
  private let directionOutputs: [MemoryPart]
  /// What a direction clobbers, and, unless outputs are joined, the gradients of theirs.
  private let clobbered: MemoryPart
  private let directionGradients: [MemoryPart]

  /// - Parameter plans: forwards, backwards; `names` alike.
  init(_ mode: Bidirectional.MergeMode, plans: [RecurrentPlan], names: [String]) {
    self.mode = mode
    self.plans = plans
    let units = plans[0].units
    let times = plans[0].outputTimes
    let features = mode == .concat ? 2 * units : units
    outputs = [plans[0].settings.returnSequences ? [times, features] : [features]]
    parameters = zip(plans, names).flatMap { plan, name in
      plan.parameters.map {
        ParameterSpec("\(name)/\($0.name)", shape: $0.shape, initializer: $0.initializer, regularizer: $0.regularizer)
      }
    }
    measurements = plans[0].measurements(part: "forward") + plans[1].measurements(part: "backward")
    let separate = mode == .concat ? 0 : times * units
    var kept = MemoryParts()
    keeping = plans.map { kept.add(perRow: $0.kept.perRow, fixed: $0.kept.fixed) }
    directionOutputs = plans.map { _ in kept.add(perRow: separate) }
    self.kept = kept.size
    var scratch = MemoryParts()
    clobbered = scratch.add(perRow: plans[0].scratch.perRow, fixed: plans[0].scratch.fixed)
    directionGradients = plans.map { _ in scratch.add(perRow: separate) }
    self.scratch = scratch.size
  }

  var backwardReads: BackwardReads {
    mode == .concat && settings.activityRegularizer != nil ? [.inputs, .output] : .inputs
  }
  var readsMasks: Bool { true }
  var carried: Int { settings.isStateful ? 2 * plans[0].carried : 0 }
  var multiplications: Int { 2 * plans[0].multiplications }
  private var settings: RecurrentSettings { plans[0].settings }
  private var times: Int { plans[0].outputTimes }
  private var units: Int { plans[0].units }

  private func carriedColumns(_ direction: Int) -> Range<Int> {
    direction * plans[0].carried..<(direction + 1) * plans[0].carried
  }

  private func output(_ pass: ForwardPass, _ direction: Int) -> MutableMatrix {
    directionOutputs[direction].of(pass.kept, rows: pass.rows).matrix(rows: pass.rows, columns: times * units)
  }

  func forward(_ pass: ForwardPass) -> Double {
    for (direction, plan) in plans.enumerated() {
      let run = RecurrentRun(
        plan, rows: pass.rows, weights: pass.recurrentWeights(plan, first: direction * plan.parameters.count),
        mask: plan.mask(pass.mask(0)), kept: keeping[direction].of(pass.kept, rows: pass.rows),
        scratch: clobbered.of(pass.scratch, rows: pass.rows), drops: pass.training != nil)
      if let training = pass.training { run.drawMasks(training, layer: pass.layer, stream: UInt32(2 * direction)) }
      let y =
        mode == .concat
        ? MutableSteps(
          pass.output, count: times, width: units, start: direction * units, spacing: 2 * units,
          reversed: direction == 1)
        : MutableSteps(output(pass, direction), count: times, width: units, reversed: direction == 1)
      let own = measurements.count / 2
      run.forward(
        plan.inputs(pass.input(0)), into: y, zeroing: settings.returnSequences,
        carried: settings.isStateful ? pass.carried?.columns(carriedColumns(direction)) : nil,
        carriedOn: settings.isStateful ? pass.carriedOn?.columns(carriedColumns(direction)) : nil,
        saturation: own > 1 ? pass.figures(direction * own + 1) : nil)
    }
    return merge(pass)
  }

  /// Makes the output of those of both directions; their penalties.
  private func merge(_ pass: ForwardPass) -> Double {
    let y = pass.output.vector
    if mode == .concat { return settings.activityRegularizer?.penalty(of: y.readOnly) ?? 0 }
    let (forwards, backwards) = (output(pass, 0).readOnly.vector, output(pass, 1).readOnly.vector)
    if mode == .mul {
      Elementwise.multiply(forwards, backwards, into: y)
    } else {
      y.copy(from: forwards)
      Elementwise.add(backwards, to: y)
      if mode == .ave { Elementwise.scale(y, by: 0.5) }
    }
    return settings.activityRegularizer.map { $0.penalty(of: forwards) + $0.penalty(of: backwards) } ?? 0
  }

  func backward(_ pass: BackwardPass) {
    if mode == .concat {
      settings.activityRegularizer?.addGradient(of: pass.output.vector, to: pass.outputGradient.vector)
    }
    for (direction, plan) in plans.enumerated() {
      let scratch = clobbered.of(pass.scratch, rows: pass.rows)
      let first = direction * plan.parameters.count
      let run = RecurrentRun(
        plan, rows: pass.rows, weights: pass.recurrentWeights(plan, first: first), mask: plan.mask(pass.mask(0)),
        kept: keeping[direction].of(pass.kept, rows: pass.rows), scratch: scratch, drops: true)
      var back = RecurrentBackRun(run, scratch: scratch)
      back.run(
        plan.inputs(pass.input(0)), gradient(pass, direction), zeroing: settings.returnSequences,
        gradients: pass.recurrentGradients(plan, first: first), dx: pass.inputGradient(0).map { plan.inputs($0) },
        adding: direction == 1, throughTime: pass.figures(direction * (measurements.count / 2)))
    }
  }

  /// The gradient of a direction's output, in the order of its steps.
  private func gradient(_ pass: BackwardPass, _ direction: Int) -> Steps {
    let dy = pass.outputGradient.readOnly
    if mode == .concat {
      return Steps(
        dy, count: times, width: units, start: direction * units, spacing: 2 * units, reversed: direction == 1)
    }
    let own = directionGradients[direction].of(pass.scratch, rows: pass.rows)
    if mode == .mul {
      let other = directionOutputs[1 - direction].of(pass.kept, rows: pass.rows)
      Elementwise.multiply(dy.vector, other.readOnly, into: own)
    } else {
      own.copy(from: dy.vector)
      if mode == .ave { Elementwise.scale(own, by: 0.5) }
    }
    let output = directionOutputs[direction].of(pass.kept, rows: pass.rows).readOnly
    settings.activityRegularizer?.addGradient(of: output, to: own)
    return Steps(
      own.readOnly.matrix(rows: pass.rows, columns: times * units), count: times, width: units,
      reversed: direction == 1)
  }
}
