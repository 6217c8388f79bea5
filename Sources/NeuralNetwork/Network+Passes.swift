public import Kernels

/// Sums over a shard's rows, not yet divided.
public struct ShardLoss: Sendable {
  /// The loss proper.
  public var loss = 0.0
  /// Activity penalties.
  public var penalty = 0.0
  /// Sum of squares of the shard's own gradient, as far as it is written out (not of factored kernels); 0 where it is
  /// not asked for.
  public var gradientSquare = 0.0

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
  ///   - figures: overwritten with what the probes see, `probeWidth` floats; nil: they do not look.
  public func computeGradient(
    parameters: Vector, state: Vector, workspace: Workspace, rows: Int, training: TrainingPass,
    gradient: MutableVector, statistics: MutableVector, figures: MutableVector? = nil
  ) -> ShardLoss {
    workspace.prepare()
    var result = ShardLoss()
    result.penalty = forward(
      parameters: parameters, state: state, workspace: workspace, rows: rows, training: training,
      statistics: statistics, figures: figures)
    let outputGradient = workspace.outputGradient(rows: rows)
    result.loss = objectiveSum(workspace: workspace, rows: rows, gradient: outputGradient)
    if let linkRegularizer {
      result.penalty += addLinkPenalty(linkRegularizer, workspace: workspace, rows: rows, to: outputGradient)
    }
    for scheduled in schedule.operations.reversed() where scheduled.isTrained {
      scheduled.operation.backward(
        BackwardPass(
          operands: scheduled.operands.table, buffers: workspace.buffers, rows: rows, parameters: parameters.base,
          gradients: gradient.base))
    }
    return result
  }

  /// Output after the last activation, in inference; valid until the workspace is used again.
  public func predict(parameters: Vector, state: Vector, workspace: Workspace, rows: Int) -> Matrix {
    _ = forward(parameters: parameters, state: state, workspace: workspace, rows: rows)
    return applyLink(workspace: workspace, rows: rows)
  }

  /// Loss and activity penalties summed over the rows, in inference.
  public func evaluate(parameters: Vector, state: Vector, workspace: Workspace, rows: Int) -> ShardLoss {
    var result = ShardLoss()
    result.penalty = forward(parameters: parameters, state: state, workspace: workspace, rows: rows)
    result.loss = objectiveSum(workspace: workspace, rows: rows)
    if let linkRegularizer {
      result.penalty += linkRegularizer.penalty(of: applyLink(workspace: workspace, rows: rows).vector)
    }
    return result
  }

  /// After `evaluate`: the outputs that the metrics want, without another forward pass.
  public func applyLink(workspace: Workspace, rows: Int) -> Matrix {
    let logits = workspace.output(rows: rows).readOnly
    if link == .linear { return logits }
    let linked = workspace.linked(rows: rows)
    linked.vector.copy(from: logits.vector)
    link.apply(bias: nil, preactivation: nil, output: linked.byLastAxis(output.features))
    return linked.readOnly
  }

  /// Outputs or targets of some rows, a row for each position: what metrics take.
  public func byPosition(_ values: Matrix) -> Matrix { values.byLastAxis(values.columns / positions) }

  /// The rows' losses, each the mean over its positions, summed: so the engine divides by the rows whatever a row is.
  ///
  /// - Parameter gradient: overwritten unless nil, `[rows, outputs]`.
  func objectiveSum(workspace: Workspace, rows: Int, gradient: MutableMatrix? = nil) -> Double {
    let sum = objective.sum(
      outputs: byPosition(workspace.output(rows: rows).readOnly),
      targets: byPosition(workspace.targets(rows: rows).readOnly), gradient: gradient?.byLastAxis(output.features))
    if positions == 1 { return sum }
    if let gradient { Elementwise.scale(gradient.vector, by: 1 / Float(positions)) }
    return sum / Double(positions)
  }

  private func forward(
    parameters: Vector, state: Vector, workspace: Workspace, rows: Int, training: TrainingPass? = nil,
    statistics: MutableVector? = nil, figures: MutableVector? = nil
  ) -> Double {
    var penalty = 0.0
    for scheduled in schedule.operations {
      let pass = ForwardPass(
        operands: scheduled.operands.table, buffers: workspace.buffers, rows: rows, parameters: parameters.base,
        states: state.base, shardStatistics: statistics?.base, training: training)
      penalty += scheduled.operation.forward(pass)
      if let figures, let probe = scheduled.probe { probe.look(at: pass.output.readOnly, figures: figures) }
    }
    return penalty
  }

  /// The penalty on the output of the activation that was split off, whose gradient runs back through it.
  private func addLinkPenalty(
    _ regularizer: Regularizer, workspace: Workspace, rows: Int, to logitGradient: MutableMatrix
  ) -> Double {
    let output = applyLink(workspace: workspace, rows: rows)
    let penalty = regularizer.penalty(of: output.vector)
    let spare = workspace.spare(rows: rows)
    spare.vector.fill(0)
    regularizer.addGradient(of: output.vector, to: spare.vector)
    let features = self.output.features
    link.backward(gradient: spare.byLastAxis(features), output: output.byLastAxis(features), preactivation: nil)
    Elementwise.add(spare.readOnly.vector, to: logitGradient.vector)
    return penalty
  }

  /// The first layer whose output holds NaN or Inf in a forward pass over the rows that `workspace` holds; nil: none.
  ///
  /// - Parameters: as of `computeGradient`, after which this may be asked: the rows and factors stay as they are.
  public func firstNonfiniteLayer(
    parameters: Vector, state: Vector, workspace: Workspace, rows: Int, training: TrainingPass,
    statistics: MutableVector
  ) -> Int? {
    workspace.prepare()
    for scheduled in schedule.operations {
      let pass = ForwardPass(
        operands: scheduled.operands.table, buffers: workspace.buffers, rows: rows, parameters: parameters.base,
        states: state.base, shardStatistics: statistics.base, training: training)
      _ = scheduled.operation.forward(pass)
      if Reductions.nonfiniteCount(pass.output.readOnly.vector) > 0 { return scheduled.layer }
    }
    return nil
  }

  /// Penalties on the weights themselves, as the objective has them once a step.
  public func weightPenalty(parameters: Vector) -> Double {
    layout.trainable.reduce(0) { sum, entry in
      sum + (entry.spec.regularizer?.penalty(of: parameters[entry.range]) ?? 0)
    }
  }

  /// Folds the shards' statistics into the state: once a step, after a healthy verdict, shards in shard order.
  public func updateState(_ state: MutableVector, statistics: [Vector], rows: [Int]) {
    for scheduled in schedule.operations where scheduled.hasState {
      scheduled.operation.updateState(
        StatePass(operands: scheduled.operands.table, states: state.base, shards: statistics, rows: rows))
    }
  }
}
