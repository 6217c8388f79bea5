internal import Datasets
internal import Files
internal import Glibc
public import HDF5Storage

/// Opens a file for its weights: a checkpoint is verified, what another program (Keras) has written is opened as it is.
public enum WeightFile {
  /// - Parameter path: a checkpoint, an HDF5 file, or a `.keras` archive with `model.weights.h5` in it.
  /// - Throws: `CheckpointError`, `HDF5Error`, `DatasetError` of an archive. libhdf5 is no safe parser of hostile bytes: what
  ///   is no checkpoint may be read by a child process first (see `HDF5Survey`).
  public static func open(_ path: String) throws -> HDF5File {
    let (first, last) = try ends(of: path)
    if CheckpointTrailer.isPresent(in: last) { return try Checkpoint(verifying: path).file }
    guard first == Array("PK\u{3}\u{4}".utf8) else { return try HDF5File(readingAt: path) }
    guard let image = try ArchiveMember.read("model.weights.h5", of: path) else {
      throw CheckpointError(.unsuitable, "\(path): an archive without `model.weights.h5`: no `.keras` file")
    }
    return try HDF5File(image: image, name: "\(path): model.weights.h5")
  }

  /// The first four bytes, and as many of the last as a trailer has and one more.
  private static func ends(of path: String) throws -> (first: [UInt8], last: [UInt8]) {
    let descriptor = Glibc.open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    if descriptor < 0 { throw CheckpointError(.missing, "\(FileError(operation: "open", path: path, code: errno))") }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
      throw CheckpointError(.damaged, "\(path): is no regular file")
    }
    func read(_ count: Int, at place: Int) throws -> [UInt8] {
      var bytes = [UInt8](repeating: 0, count: count)
      let got = pread(descriptor, &bytes, count, off_t(place))
      if got < 0 { throw CheckpointError(.damaged, "\(FileError(operation: "read", path: path, code: errno))") }
      return Array(bytes.prefix(got))
    }
    let tail = CheckpointTrailer.size + 1
    return (try read(4, at: 0), try read(tail, at: max(0, Int(status.st_size) - tail)))
  }
}
