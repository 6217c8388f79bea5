internal import GradientHealth
internal import HDF5Storage

/// Everything that can be checked of a checkpoint without its recipe: what fits the recipe, the module `Training` says.
public enum CheckpointAudit {
  /// - Returns: the checkpoint.
  /// - Throws: `CheckpointError`, `HDF5Error`: the first thing that is wrong.
  @discardableResult
  public static func check(_ path: String) throws -> Checkpoint {
    let checkpoint = try Checkpoint(verifying: path)
    try HDF5Survey.requireTree(checkpoint.file)
    _ = try checkpoint.inputs()
    let layers = try checkpoint.layers()
    let history = try checkpoint.history()
    guard history.places.map(\.step) == history.places.map(\.step).sorted() || checkpoint.progress.attempt > 0 else {
      throw CheckpointError(.damaged, "\(path): the rows of /history are not in step order")
    }
    // A layer with several kernels has a column for each: `lstm/kernel`.
    if let name = history.layers.first(where: { name in
      !layers.contains { $0.name == name || name.hasPrefix($0.name + "/") }
    }) {
      throw CheckpointError(.damaged, "\(path): /history has a layer \(name), which the model has not")
    }
    _ = try checkpoint.validation()
    _ = try checkpoint.epochs()
    _ = try checkpoint.events()
    _ = try checkpoint.columns()
    _ = try checkpoint.classNames()
    _ = try checkpoint.featureNames()
    guard checkpoint.isHealthy else { return checkpoint }
    let progress = checkpoint.progress
    guard progress.step == 0 || progress.loss.isFinite, checkpoint.stepMemory.optimizerScalars.allSatisfy(\.isFinite),
      checkpoint.stepMemory.spikeMonitor.allSatisfy(\.isFinite), progress.learningRate.isFinite,
      progress.epochLossSum.isFinite
    else { throw CheckpointError(.damaged, "\(path): says it is healthy, but an attribute is NaN or Inf") }
    let carried = try checkpoint.file.root.contains("state") ? ["state"] : []
    for group in ["model_weights", "optimizer"] + (checkpoint.isAveraged ? ["trainer/raw_weights"] : []) + carried {
      try checkFinite(try checkpoint.file.root.group(group), path)
    }
    return checkpoint
  }

  /// A checkpoint that says it is healthy holds no NaN or Inf in weights and slots.
  private static func checkFinite(_ group: HDF5Group, _ path: String) throws {
    for (name, member) in try group.members() {
      switch member {
      case .group: try checkFinite(try group.group(name), path)
      case .dataset:
        let values: [Float] = try group.dataset(name).read()
        guard values.allSatisfy(\.isFinite) else {
          throw CheckpointError(.damaged, "\(path): says it is healthy, but \(group.path)/\(name) holds NaN or Inf")
        }
      case .other: throw CheckpointError(.damaged, "\(path): \(group.path)/\(name) is no group or dataset")
      }
    }
  }
}
