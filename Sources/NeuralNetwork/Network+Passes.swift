public import Kernels

/// Sums over a shard's rows, not yet divided.
public struct ShardLoss: Sendable {
  /// The loss proper.
  public var loss = 0.0
  /// Activity penalties.
  public var penalty = 0.0

  public init() {}
}

extension Network {
  /// Forward, loss and backward over the rows that `workspace` holds.
  ///
  /// - Parameters:
  ///   - parameters: read, the flat trainable vector; `state`: read, the flat state vector.
  ///   - rows: rows gathered into the workspace; > 0.
  ///   - gradient: overwritten with the gradient of the **sum** over rows, without weight penalties; flat. Left alone
  ///     where `factored` kernels stand: see `setFactors` and `completeGradient`.
  ///   - statistics: overwritten with the shard's own statistics; laid out like `state`.
  public func computeGradient(
    parameters: Vector, state: Vector, workspace: Workspace, rows: Int, training: TrainingPass,
    gradient: MutableVector, statistics: MutableVector
  ) -> ShardLoss {
    var result = ShardLoss()
    result.penalty = forward(
      parameters: parameters, state: state, workspace: workspace, rows: rows, training: training,
      statistics: statistics)
    let last = steps.count - 1
    var current = 0
    var factor = factored.count - 1
    var outputGradient = workspace.gradient(current, rows: rows, columns: steps[last].output.count)
    result.loss = objective.sum(
      outputs: workspace.output(last, rows: rows).readOnly, targets: workspace.targets(rows: rows).readOnly,
      gradient: outputGradient)
    if let linkRegularizer {
      result.penalty += addLinkPenalty(linkRegularizer, workspace: workspace, rows: rows, to: outputGradient)
    }
    for number in steps.indices.reversed() {
      let step = steps[number]
      let inputGradient =
        number == 0 ? nil : workspace.gradient(1 - current, rows: rows, columns: step.input.count)
      let input = number == 0 ? workspace.input(rows: rows) : workspace.output(number - 1, rows: rows)
      var pass = BackwardPass(
        features: step.input.features, input: input.readOnly, output: workspace.output(number, rows: rows).readOnly,
        parameters: parameters[step.trainable], scratch: workspace.scratch(number), outputGradient: outputGradient,
        inputGradient: inputGradient, parameterGradient: gradient[step.trainable])
      if factor >= 0, factored[factor].step == number {
        pass.kernelPanels = workspace.panels(factor)
        factor -= 1
      }
      step.layer.backward(pass)
      if let inputGradient { outputGradient = inputGradient }
      current = 1 - current
    }
    return result
  }

  /// Output after the last activation, in inference; valid until the workspace is used again.
  public func predict(parameters: Vector, state: Vector, workspace: Workspace, rows: Int) -> Matrix {
    _ = forward(
      parameters: parameters, state: state, workspace: workspace, rows: rows, training: nil,
      statistics: workspace.scratch(0)[0..<0])
    return applyLink(workspace: workspace, rows: rows)
  }

  /// Loss and activity penalties summed over the rows, in inference.
  public func evaluate(parameters: Vector, state: Vector, workspace: Workspace, rows: Int) -> ShardLoss {
    var result = ShardLoss()
    result.penalty = forward(
      parameters: parameters, state: state, workspace: workspace, rows: rows, training: nil,
      statistics: workspace.scratch(0)[0..<0])
    result.loss = objective.sum(
      outputs: workspace.output(steps.count - 1, rows: rows).readOnly, targets: workspace.targets(rows: rows).readOnly,
      gradient: nil)
    if let linkRegularizer {
      result.penalty += linkRegularizer.penalty(of: applyLink(workspace: workspace, rows: rows).vector)
    }
    return result
  }

  /// After `evaluate`: the outputs that the metrics want, without another forward pass.
  public func applyLink(workspace: Workspace, rows: Int) -> Matrix {
    let logits = workspace.output(steps.count - 1, rows: rows)
    if link == .linear { return logits.readOnly }
    let linked = workspace.linked(rows: rows)
    linked.vector.copy(from: logits.readOnly.vector)
    link.apply(bias: nil, preactivation: nil, output: linked)
    return linked.readOnly
  }

  private func forward(
    parameters: Vector, state: Vector, workspace: Workspace, rows: Int, training: TrainingPass?,
    statistics: MutableVector
  ) -> Double {
    var penalty = 0.0
    for number in steps.indices {
      let step = steps[number]
      let input = number == 0 ? workspace.input(rows: rows) : workspace.output(number - 1, rows: rows)
      penalty += step.layer.forward(
        ForwardPass(
          layer: number, features: step.input.features, input: input.readOnly,
          output: workspace.output(number, rows: rows), parameters: parameters[step.trainable],
          state: state[step.state], scratch: workspace.scratch(number),
          statistics: training == nil ? statistics : statistics[step.state], training: training))
    }
    return penalty
  }

  /// The penalty on the output of the activation that was split off, whose gradient runs back through it.
  private func addLinkPenalty(
    _ regularizer: Regularizer, workspace: Workspace, rows: Int, to logitGradient: MutableMatrix
  ) -> Double {
    let output = applyLink(workspace: workspace, rows: rows)
    let penalty = regularizer.penalty(of: output.vector)
    let spare = workspace.gradient(1, rows: rows, columns: output.columns)
    spare.vector.fill(0)
    regularizer.addGradient(of: output.vector, to: spare.vector)
    link.backward(gradient: spare, output: output, preactivation: nil)
    Elementwise.add(spare.readOnly.vector, to: logitGradient.vector)
    return penalty
  }

  /// After `computeGradient` or `evaluate`: the first layer whose output holds NaN or Inf.
  public func firstNonfiniteOutput(workspace: Workspace, rows: Int) -> Int? {
    steps.indices.first { Reductions.nonfiniteCount(workspace.output($0, rows: rows).readOnly.vector) > 0 }
  }

  /// Penalties on the weights themselves, as the objective has them once a step.
  public func weightPenalty(parameters: Vector) -> Double {
    layout.trainable.reduce(0) { sum, entry in
      sum + (entry.spec.regularizer?.penalty(of: parameters[entry.range]) ?? 0)
    }
  }

  /// Folds the shards' statistics into the state: once a step, after a healthy verdict, shards in shard order.
  public func updateState(_ state: MutableVector, statistics: [Vector], rows: [Int]) {
    for step in steps where !step.state.isEmpty {
      step.layer.updateState(state[step.state], statistics: { statistics[$0][step.state] }, rows: rows)
    }
  }
}
