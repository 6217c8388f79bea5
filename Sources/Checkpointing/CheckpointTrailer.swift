internal import Crypto

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
    self.isHealthy = isHealthy
    self.step = step
    imageLength = image.count
    digest = Array(SHA256.hash(data: image))
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
    let bytes = Array(file[(file.count - CheckpointTrailer.size)...])
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
    isHealthy = CheckpointTrailer.number(bytes, at: 12, size: 4) & 1 == 1
    guard let length = Int(exactly: CheckpointTrailer.number(bytes, at: 16, size: 8)),
      length == file.count - CheckpointTrailer.size
    else { throw damaged("the image should have \(CheckpointTrailer.number(bytes, at: 16, size: 8)) bytes") }
    imageLength = length
    digest = Array(bytes[24..<56])
    step = Int(truncatingIfNeeded: CheckpointTrailer.number(bytes, at: 56, size: 8))
    guard Array(SHA256.hash(data: file[0..<length])) == digest else {
      throw damaged("the image's SHA-256 does not match: the file was changed or the disk has lost bytes")
    }
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

/// CRC-32C (Castagnoli), reflected, as in iSCSI and TFRecord files.
public enum CRC32C {
  private static let table: [UInt32] = (0..<256).map { index in
    (0..<8).reduce(UInt32(index)) { crc, _ in crc & 1 == 1 ? crc >> 1 ^ 0x82F6_3B78 : crc >> 1 }
  }

  public static func checksum(_ bytes: some Sequence<UInt8>) -> UInt32 {
    ~bytes.reduce(UInt32.max) { table[Int(UInt8(truncatingIfNeeded: $0) ^ $1)] ^ $0 >> 8 }
  }
}
