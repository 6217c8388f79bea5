public import Kernels

extension Network {
  /// The forward half of a training step over the rows that `workspace` holds, which shows what each layer gives.
  ///
  /// Batch statistics and dropout masks are those of the step; state and weights stay as they are. Of the last layer the
  /// output before its activation is shown, where the loss has that in itself.
  ///
  /// - Parameters:
  ///   - parameters: read, flat; `state`: read, flat.
  ///   - statistics: overwritten with the rows' statistics; laid out like `state`.
  ///   - observe: given a layer's number and its output, `[rows, floats a sample]`, valid while it looks.
  /// - Returns: sums over the rows, not yet divided.
  public func observeForward(
    parameters: Vector, state: Vector, workspace: Workspace, rows: Int, training: TrainingPass,
    statistics: MutableVector, observe: (_ layer: Int, _ output: Matrix) -> Void = { _, _ in }
  ) -> ShardLoss {
    workspace.prepare()
    var penalty = 0.0
    for scheduled in schedule.operations {
      let pass = ForwardPass(
        operands: scheduled.operands.table, buffers: workspace.buffers, rows: rows, parameters: parameters.base,
        states: state.base, shardStatistics: statistics.base, training: training)
      penalty += scheduled.operation.forward(pass)
      if scheduled.isOfLayer { observe(scheduled.layer, pass.output.readOnly) }
    }
    var result = objective(workspace: workspace, rows: rows, positionWeight: training.positionWeight)
    result.penalty = penalty
    if let linkRegularizer {
      result.penalty += linkRegularizer.penalty(of: applyLink(workspace: workspace, rows: rows).vector)
    }
    return result
  }
}
