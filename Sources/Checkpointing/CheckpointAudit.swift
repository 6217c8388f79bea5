internal import GradientHealth
internal import HDF5Storage

/// Everything that can be checked of a checkpoint without its recipe's data.
public enum CheckpointAudit {
  /// - Throws: `CheckpointError`, `HDF5Error`: the first thing that is wrong.
  public static func check(_ path: String) throws {
    let checkpoint = try Checkpoint(verifying: path)
    _ = try checkpoint.layers()
    let history = try checkpoint.history()
    guard history.places.map(\.step) == history.places.map(\.step).sorted() || checkpoint.progress.attempt > 0 else {
      throw CheckpointError(.damaged, "\(path): the rows of /history are not in step order")
    }
    _ = try checkpoint.validation()
    _ = try checkpoint.epochs()
    _ = try checkpoint.events()
    _ = try checkpoint.scaling()
    guard checkpoint.isHealthy else { return }
    for group in ["model_weights", "optimizer"] {
      try checkFinite(try checkpoint.file.root.group(group), path)
    }
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
