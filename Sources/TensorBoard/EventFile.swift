internal import Files
internal import Glibc

/// An event file as TensorBoard reads it: records of protocol buffers, each with its length and checksums, appended.
///
/// Source: TensorFlow, tensorflow/core/lib/io/record_writer.cc and tensorflow/core/util/event.proto.
public final class EventFile {
  public let path: String
  private let descriptor: Int32
  /// Bytes of whole records.
  private var length = 0

  /// Makes a file whose name sorts after those in `folder`: readers take files in the order of their names.
  ///
  /// - Parameters:
  ///   - folder: exists.
  ///   - time: now, in seconds since 1970.
  /// - Throws: `FileError`.
  public init(folder: String, time: Double) throws {
    let stamps = try FolderListing.names(in: folder).compactMap(EventFile.stamp)
    let stamp = max(Int(time), (stamps.max() ?? 0) + 1)
    path = "\(folder)/\(EventFile.prefix)\(stamp).\(EventFile.host()).\(getpid()).0"
    descriptor = open(path, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0o666)
    if descriptor < 0 { throw FileError(operation: "create", path: path, code: errno) }
  }

  deinit { close(descriptor) }

  private static let prefix = "events.out.tfevents."

  /// Whether a file of that name is one of these.
  public static func isEventFile(_ name: String) -> Bool { stamp(name) != nil }

  private static func stamp(_ name: String) -> Int? {
    guard name.hasPrefix(prefix) else { return nil }
    return Int(name.dropFirst(prefix.count).prefix { $0 != "." })
  }

  private static func host() -> String {
    var name = [CChar](repeating: 0, count: 256)
    guard gethostname(&name, name.count - 1) == 0 else { return "localhost" }
    let text = String(decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    return text.isEmpty ? "localhost" : text.replacing("/", with: "_")
  }

  /// Appends events, all or none: what could not be written whole is cut off again, as a reader stops at a broken record.
  ///
  /// - Throws: `FileError` (disk full).
  public func append(_ events: [Event]) throws {
    var bytes: [UInt8] = []
    for event in events { bytes += EventFile.record(event.bytes) }
    var written = 0
    while written < bytes.count {
      let count = bytes.withUnsafeBytes {
        pwrite(descriptor, $0.baseAddress.map { $0 + written }, bytes.count - written, off_t(length + written))
      }
      if count < 0 && errno == EINTR { continue }
      if count <= 0 {
        let code = count < 0 ? errno : ENOSPC
        ftruncate(descriptor, off_t(length))
        throw FileError(operation: "write", path: path, code: code)
      }
      written += count
    }
    length += written
  }

  /// A record: length, its checksum, the bytes, their checksum; little-endian.
  static func record(_ data: [UInt8]) -> [UInt8] {
    let length = littleEndian(UInt64(data.count))
    return length + littleEndian(masked(CRC32C.checksum(length))) + data + littleEndian(masked(CRC32C.checksum(data)))
  }

  /// As in record files: a checksum of data that hold checksums is a bad one.
  static func masked(_ crc: UInt32) -> UInt32 { (crc >> 15 | crc << 17) &+ 0xa282_ead8 }

  private static func littleEndian(_ value: some FixedWidthInteger) -> [UInt8] {
    withUnsafeBytes(of: value.littleEndian) { Array($0) }
  }
}
