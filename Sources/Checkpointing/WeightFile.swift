public import HDF5Storage

/// Opens a file for its weights: a checkpoint is verified, another program's file (Keras) is opened as it is.
public enum WeightFile {
  /// - Throws: `CheckpointError`, `HDF5Error`.
  public static func open(_ path: String) throws -> HDF5File {
    let bytes: [UInt8]
    do {
      bytes = try FileContents.read(path)
    } catch {
      throw CheckpointError(.missing, "\(error)")
    }
    if CheckpointTrailer.isPresent(in: bytes) { return try Checkpoint(verifying: path).file }
    return try HDF5File(readingAt: path)
  }
}
