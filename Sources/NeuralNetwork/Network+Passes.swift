public import Kernels

/// Sums over a shard's rows, not yet divided.
public struct ShardLoss: Sendable {
  /// The loss proper.
  public var loss = 0.0
  /// Activity penalties.
  public var penalty = 0.0
  /// Positions that count, where a mask leaves some out; else 0.
  public var positions = 0.0
  /// Sum of squares of the shard's own gradient, as far as it is written out (not of factored kernels); 0 where it is
  /// not asked for.
  public var gradientSquare = 0.0

  public init() {}

  /// Takes over the sums of further rows of the same shard.
  public mutating func add(_ rows: ShardLoss) {
    loss += rows.loss
    penalty += rows.penalty
    positions += rows.positions
    gradientSquare += rows.gradientSquare
  }
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
  ///   - figures: overwritten with what the probes see and the layers measure, `probeWidth` floats; nil: they do not.
  ///   - carried: what the rows of the batch before left, `[rows, carriedWidth]`; nil: zeros.
  ///   - carriedOn: overwritten with what these rows leave; nil: nobody wants it.
  public func computeGradient(
    parameters: Vector, state: Vector, workspace: Workspace, rows: Int, training: TrainingPass,
    gradient: MutableVector, statistics: MutableVector, figures: MutableVector? = nil, carried: Matrix? = nil,
    carriedOn: MutableMatrix? = nil
  ) -> ShardLoss {
    workspace.prepare()
    let records = PassRecords(figures: figures?.base, carried: carried, carriedOn: carriedOn)
    let penalty = forward(
      parameters: parameters, state: state, workspace: workspace, rows: rows, training: training,
      statistics: statistics, figures: figures, records: records)
    let outputGradient = workspace.outputGradient(rows: rows)
    var result = objective(
      workspace: workspace, rows: rows, positionWeight: training.positionWeight, gradient: outputGradient)
    result.penalty = penalty
    if let linkRegularizer {
      result.penalty += addLinkPenalty(linkRegularizer, workspace: workspace, rows: rows, to: outputGradient)
    }
    for scheduled in schedule.operations.reversed() where scheduled.isTrained {
      scheduled.operation.backward(
        BackwardPass(
          operands: scheduled.operands.table, buffers: workspace.buffers, rows: rows, parameters: parameters.base,
          gradients: gradient.base, training: training, records: records))
    }
    return result
  }

  /// Output after the last activation, in inference; valid until the workspace is used again.
  public func predict(parameters: Vector, state: Vector, workspace: Workspace, rows: Int) -> Matrix {
    _ = forward(parameters: parameters, state: state, workspace: workspace, rows: rows)
    return applyLink(workspace: workspace, rows: rows)
  }

  /// What makes probabilities of `unlinked` outputs, sigmoid or softmax; nil: they are no logits.
  public var probabilityActivation: ActivationFunction? {
    guard let loss = objective as? any ClassLoss, loss.fromLogits else { return nil }
    return type(of: loss).classActivation
  }

  /// Whether the last sigmoid or softmax of the layers comes after `unlinked` outputs.
  public var isLinked: Bool { link != .linear }

  /// Output in inference without a last sigmoid or softmax that the loss has in itself; valid until the workspace is used
  /// again.
  public func unlinked(parameters: Vector, state: Vector, workspace: Workspace, rows: Int) -> Matrix {
    _ = forward(parameters: parameters, state: state, workspace: workspace, rows: rows)
    return workspace.output(rows: rows).readOnly
  }

  /// The rows' losses of outputs from elsewhere, each the mean over its positions and times its weight, summed.
  ///
  /// - Parameters:
  ///   - outputs: as `unlinked` gives them, `[rows, outputs]`.
  ///   - weights: `[rows]`; nil: each counts for 1.
  /// - Precondition: the network has no mask.
  public func lossSum(unlinked outputs: Matrix, targets: Matrix, weights: Vector?) -> Double {
    let (outputs, targets) = (byPosition(outputs), byPosition(targets))
    guard let weights else {
      return objective.sum(outputs: outputs, targets: targets, gradient: nil) / Double(positions)
    }
    var result = ShardLoss()
    addRows(weights, outputs: outputs, targets: targets, gradient: nil, to: &result)
    return result.loss
  }

  /// Logits of each class in inference, at every position, where the loss computes from them: the output without a last
  /// softmax. Valid until the workspace is used again.
  ///
  /// - Returns: nil where the network gives no logits.
  public func logits(parameters: Vector, state: Vector, workspace: Workspace, rows: Int) -> Matrix? {
    guard let loss = objective as? any ClassLoss, loss.targets == .classes, loss.fromLogits else { return nil }
    _ = forward(parameters: parameters, state: state, workspace: workspace, rows: rows)
    return workspace.output(rows: rows).readOnly
  }

  /// The first layer, in the order in which they run, whose output at a position depends on later ones; nil: none.
  public var firstNotCausal: Place? { places.first { !$0.layer.isCausal(for: $0.inputShapes) } }

  /// Loss and activity penalties summed over the rows, in inference; where a mask leaves positions out, the loss summed over
  /// those that count.
  public func evaluate(parameters: Vector, state: Vector, workspace: Workspace, rows: Int) -> ShardLoss {
    let penalty = forward(parameters: parameters, state: state, workspace: workspace, rows: rows)
    var result = objective(workspace: workspace, rows: rows, positionWeight: 1)
    result.penalty = penalty
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
  /// Where a mask leaves positions out, the losses of those that count, each times `positionWeight`; where rows have
  /// weights (then there are no masks), each row's times its weight.
  ///
  /// - Parameter gradient: overwritten unless nil, `[rows, outputs]`.
  func objective(
    workspace: Workspace, rows: Int, positionWeight: Double? = nil, gradient: MutableMatrix? = nil
  ) -> ShardLoss {
    var result = ShardLoss()
    let outputs = byPosition(workspace.output(rows: rows).readOnly)
    let targets = byPosition(workspace.targets(rows: rows).readOnly)
    let gradient = gradient?.byLastAxis(output.features)
    if let weights = workspace.weights(rows: rows)?.readOnly {
      addRows(weights, outputs: outputs, targets: targets, gradient: gradient, to: &result)
      return result
    }
    guard let mask = mask(of: workspace, rows: rows) else {
      result.loss = objective.sum(outputs: outputs, targets: targets, gradient: gradient)
      if positions == 1 { return result }
      if let gradient { Elementwise.scale(gradient.vector, by: 1 / Float(positions)) }
      result.loss /= Double(positions)
      return result
    }
    gradient?.vector.fill(0)
    mask.eachRun { run in
      result.positions += Double(run.count)
      result.loss += objective.sum(
        outputs: outputs.rows(run), targets: targets.rows(run), gradient: gradient?.rows(run))
    }
    let weight = positionWeight ?? (result.positions > 0 ? Double(rows) / result.positions : 0)
    if let gradient { Elementwise.scale(gradient.vector, by: Float(weight)) }
    result.loss *= weight
    return result
  }

  /// Adds the rows' losses, each the mean over its positions and times its weight, to `result`. A row of weight 0 adds
  /// nothing, whatever its loss is.
  ///
  /// Any loss: row by row, so that a row's loss is known by itself.
  private func addRows(
    _ weights: Vector, outputs: Matrix, targets: Matrix, gradient: MutableMatrix?, to result: inout ShardLoss
  ) {
    for row in 0..<weights.count {
      let own = row * positions..<(row + 1) * positions
      let gradient = gradient?.rows(own)
      let weight = Double(weights[row]) / Double(positions)
      guard weight != 0 else {
        gradient?.vector.fill(0)
        continue
      }
      result.loss += weight * objective.sum(outputs: outputs.rows(own), targets: targets.rows(own), gradient: gradient)
      if let gradient { Elementwise.scale(gradient.vector, by: Float(weight)) }
    }
  }

  /// After a forward pass: the rows' positions that count, where a mask leaves some out.
  public func mask(of workspace: Workspace, rows: Int) -> PositionMask? {
    guard let mask = schedule.mask, mask.positions == positions else { return nil }
    return PositionMask(workspace.matrix(mask.buffer, rows: rows, columns: mask.positions).readOnly.vector)
  }

  private func forward(
    parameters: Vector, state: Vector, workspace: Workspace, rows: Int, training: TrainingPass? = nil,
    statistics: MutableVector? = nil, figures: MutableVector? = nil, records: PassRecords = PassRecords()
  ) -> Double {
    var penalty = 0.0
    for scheduled in schedule.operations {
      let pass = ForwardPass(
        operands: scheduled.operands.table, buffers: workspace.buffers, rows: rows, parameters: parameters.base,
        states: state.base, shardStatistics: statistics?.base, training: training, records: records)
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
