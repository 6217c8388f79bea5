internal import Files
internal import HDF5Storage
public import Kernels
public import NeuralNetwork

/// Whole gradients and weights of chosen steps, as `full-gradients/step-N.h5` of a run: a file a step, published whole, so
/// that a killed run loses none of the earlier ones.
public enum FullGradients {
  /// Writes `/gradients/<layer>/<weight>` (summed over the shards, before clipping) and `/weights/<layer>/<weight>`
  /// (after the update).
  ///
  /// - Throws: `HDF5Error`, `FileError`.
  public static func write(
    _ network: Network, gradient: Vector, weights: Vector, step: Int, directory: String
  ) throws {
    let folder = "\(directory)/full-gradients"
    try FileContents.makeFolder(folder)
    try HDF5File.publish(at: "\(folder)/\(CheckpointStore.fileName(step: step))") { file in
      try file.root.setAttribute("step", Int64(step))
      for (name, vector) in [("gradients", gradient), ("weights", weights)] {
        let group = try file.root.createGroup(name)
        for entry in network.layout.trainable {
          let values = vector[entry.range]
          try group.write(
            UnsafeBufferPointer(start: values.base, count: values.count), shape: entry.spec.shape,
            to: "\(entry.layerName)/\(entry.spec.name)")
        }
      }
    }
  }
}
