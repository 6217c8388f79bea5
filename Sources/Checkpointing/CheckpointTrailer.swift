internal import Files
internal import Glibc

/// The 128 bytes after a checkpoint's HDF5 image: what has no valid trailer is not a checkpoint.
///
/// Little-endian: magic "CAIRNCKP" at 0, trailer version (u32) at 8, flags (u32, bit 0: healthy) at 12, image length
/// (u64) at 16, SHA-256 of the image at 24, step (u64) at 56, zeros, CRC-32C of the first 124 bytes (u32) at 124.
public struct CheckpointTrailer: Sendable, Hashable {
  public static let size = 128
  private static let magic = Array("CAIRNCKP".utf8)
  private static let version: UInt32 = 1

  public let isHealthy: Bool
  public let imageLength: Int
  public let digest: [UInt8]
  public let step: Int

  /// The trailer of an image.
  public init(image: [UInt8], step: Int, isHealthy: Bool) {
    self.init(digest: SHA256.hash(image), imageLength: image.count, step: step, isHealthy: isHealthy)
  }

  /// - Parameter digest: SHA-256 of the image.
  init(digest: [UInt8], imageLength: Int, step: Int, isHealthy: Bool) {
    self.isHealthy = isHealthy
    self.step = step
    self.imageLength = imageLength
    self.digest = digest
  }

  /// Reads the trailer at the end of a file's bytes and checks length, CRC-32C and SHA-256: only then may libhdf5 see
  /// the image.
  ///
  /// - Throws: `CheckpointError`, kind `damaged` (kind `unsuitable` for a newer trailer).
  public init(verifying file: [UInt8], name: String) throws {
    func damaged(_ what: String) -> CheckpointError { CheckpointError(.damaged, "\(name): \(what)") }
    guard file.count > CheckpointTrailer.size else {
      throw damaged("\(file.count) bytes are no checkpoint")
    }
    try self.init(last: Array(file[(file.count - CheckpointTrailer.size)...]), fileSize: file.count, name: name)
    guard SHA256.hash(file[0..<imageLength]) == digest else { throw CheckpointTrailer.changed(name) }
  }

  /// Reads the trailer of a file, and the file piece by piece for its digest if wanted: cheap, whatever stands in it, and
  /// libhdf5 has no part in it.
  ///
  /// - Throws: `CheckpointError`.
  public init(screening path: String, digest wanted: Bool) throws {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    if descriptor < 0 { throw CheckpointError(.missing, "\(FileError(operation: "open", path: path, code: errno))") }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
      throw CheckpointError(.damaged, "\(path): is no regular file")
    }
    let size = Int(status.st_size)
    guard size > CheckpointTrailer.size else {
      throw CheckpointError(.damaged, "\(path): \(size) bytes are no checkpoint")
    }
    var last = [UInt8](repeating: 0, count: CheckpointTrailer.size)
    try CheckpointTrailer.read(descriptor, at: size - last.count, into: &last, count: last.count, path)
    try self.init(last: last, fileSize: size, name: path)
    guard wanted else { return }
    var hash = SHA256()
    var buffer = [UInt8](repeating: 0, count: min(imageLength, 1 << 20))
    var place = 0
    while place < imageLength {
      let count = min(buffer.count, imageLength - place)
      try CheckpointTrailer.read(descriptor, at: place, into: &buffer, count: count, path)
      buffer.withUnsafeBytes { hash.update(UnsafeRawBufferPointer(rebasing: $0[0..<count])) }
      place += count
    }
    guard hash.finalize() == digest else { throw CheckpointTrailer.changed(path) }
  }

  private static func read(
    _ descriptor: Int32, at place: Int, into buffer: inout [UInt8], count: Int, _ path: String
  ) throws {
    var filled = 0
    while filled < count {
      let got = buffer.withUnsafeMutableBytes {
        pread(descriptor, $0.baseAddress.map { $0 + filled }, count - filled, off_t(place + filled))
      }
      if got < 0 && errno == EINTR { continue }
      if got < 0 {
        throw CheckpointError(.damaged, "\(FileError(operation: "read", path: path, code: errno))")
      }
      if got == 0 { throw CheckpointError(.damaged, "\(path): became shorter while it was read") }
      filled += got
    }
  }

  private static func changed(_ name: String) -> CheckpointError {
    CheckpointError(
      .damaged, "\(name): the image's SHA-256 does not match: the file was changed or the disk has lost bytes")
  }

  /// Reads a file's last bytes and checks them and the length; the digest is not compared.
  private init(last bytes: [UInt8], fileSize: Int, name: String) throws {
    func damaged(_ what: String) -> CheckpointError { CheckpointError(.damaged, "\(name): \(what)") }
    guard Array(bytes[0..<8]) == CheckpointTrailer.magic else {
      throw damaged("has no checkpoint trailer: cut short, or written or changed by another program")
    }
    guard CRC32C.checksum(bytes[0..<124]) == UInt32(CheckpointTrailer.number(bytes, at: 124, size: 4)) else {
      throw damaged("the trailer's CRC-32C does not match")
    }
    let version = CheckpointTrailer.number(bytes, at: 8, size: 4)
    guard version == CheckpointTrailer.version else {
      throw CheckpointError(
        .unsuitable, "\(name): has trailer version \(version), this program reads \(CheckpointTrailer.version)")
    }
    let flags = CheckpointTrailer.number(bytes, at: 12, size: 4)
    guard flags <= 1, bytes[64..<124].allSatisfy({ $0 == 0 }) else {
      throw damaged("the trailer holds what no version of this program writes")
    }
    isHealthy = flags == 1
    guard let length = Int(exactly: CheckpointTrailer.number(bytes, at: 16, size: 8)),
      length == fileSize - CheckpointTrailer.size
    else { throw damaged("the image should have \(CheckpointTrailer.number(bytes, at: 16, size: 8)) bytes") }
    imageLength = length
    digest = Array(bytes[24..<56])
    step = Int(truncatingIfNeeded: CheckpointTrailer.number(bytes, at: 56, size: 8))
  }

  /// Whether a file ends in something that claims to be a trailer.
  static func isPresent(in file: [UInt8]) -> Bool {
    file.count > size && Array(file[(file.count - size)..<(file.count - size + magic.count)]) == magic
  }

  /// The health flag of a trailer whose own CRC holds; the image is not looked at.
  static func claimsHealth(_ bytes: [UInt8]) -> Bool {
    guard bytes.count == size, Array(bytes[0..<8]) == magic,
      CRC32C.checksum(bytes[0..<124]) == UInt32(number(bytes, at: 124, size: 4))
    else { return false }
    return number(bytes, at: 12, size: 4) & 1 == 1
  }

  public var bytes: [UInt8] {
    var bytes = CheckpointTrailer.magic
    func append(_ value: UInt64, size: Int) {
      for shift in 0..<size { bytes.append(UInt8(truncatingIfNeeded: value >> (8 * UInt64(shift)))) }
    }
    append(UInt64(CheckpointTrailer.version), size: 4)
    append(isHealthy ? 1 : 0, size: 4)
    append(UInt64(imageLength), size: 8)
    bytes += digest
    append(UInt64(step), size: 8)
    bytes += Array(repeating: 0, count: 124 - bytes.count)
    append(UInt64(CRC32C.checksum(bytes[0..<124])), size: 4)
    return bytes
  }

  private static func number(_ bytes: [UInt8], at start: Int, size: Int) -> UInt64 {
    (0..<size).reduce(0) { $0 | UInt64(bytes[start + $1]) << (8 * UInt64($1)) }
  }
}
