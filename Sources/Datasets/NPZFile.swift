internal import CZlib
internal import Files

/// Arrays as `numpy.savez` writes them: a zip archive of NPY files, not compressed, in the order given.
///
/// Source: NumPy, "numpy.lib.format", version 1.0; PKWARE, "APPNOTE.TXT - .ZIP File Format Specification", 6.3.
public struct NPZFile: Sendable {
  private var members: [(name: String, bytes: [UInt8])] = []

  public init() {}

  /// - Precondition: the product of `shape` is the number of elements.
  public mutating func add(_ values: [Float], shape: [Int], as name: String) {
    add(name, type: "<f4", shape: shape, bytes: values.flatMap { bytes($0.bitPattern, 4) }, count: values.count)
  }

  public mutating func add(_ values: [Int32], shape: [Int], as name: String) {
    add(
      name, type: "<i4", shape: shape, bytes: values.flatMap { bytes(UInt32(bitPattern: $0), 4) }, count: values.count)
  }

  public mutating func add(_ values: [UInt8], shape: [Int], as name: String) {
    add(name, type: "|u1", shape: shape, bytes: values, count: values.count)
  }

  /// Strings, in UTF-32 of one length each.
  public mutating func add(_ values: [String], as name: String) {
    let length = max(1, values.map(\.unicodeScalars.count).max() ?? 1)
    let text = values.flatMap { value in
      let scalars = value.unicodeScalars.map(\.value)
      return (scalars + [UInt32](repeating: 0, count: length - scalars.count)).flatMap { bytes($0, 4) }
    }
    add(name, type: "<U\(length)", shape: [values.count], bytes: text, count: values.count)
  }

  /// - Throws: `FileError`: also `EFBIG` for more than 4 GB, which this form of zip has no place for.
  public func publish(at path: String) throws {
    var archive: [UInt8] = []
    var directory: [UInt8] = []
    for (name, content) in members {
      let checksum = content.withUnsafeBufferPointer {
        UInt32(truncatingIfNeeded: crc32_z(0, $0.baseAddress, $0.count))
      }
      guard content.count < 1 << 32, archive.count + content.count < 1 << 32 else {
        throw FileError(operation: "create", path: path, code: NPZFile.tooLarge)
      }
      // What both headers say: version 2.0, no flags, stored, the first day that zip knows, checksum, sizes, name.
      let facts =
        bytes(20, 2) + bytes(0, 2) + bytes(0, 2) + bytes(0, 2) + bytes(0x21, 2) + bytes(checksum, 4)
        + bytes(UInt32(content.count), 4) + bytes(UInt32(content.count), 4) + bytes(UInt32(name.utf8.count), 2)
      directory += bytes(0x0201_4b50, 4) + bytes(20, 2) + facts + bytes(0, 2) + bytes(0, 2) + bytes(0, 2) + bytes(0, 2)
      directory += bytes(0, 4) + bytes(UInt32(archive.count), 4) + Array(name.utf8)
      archive += bytes(0x0403_4b50, 4) + facts + bytes(0, 2) + Array(name.utf8) + content
    }
    let start = UInt32(archive.count)
    archive += directory
    archive += bytes(0x0605_4b50, 4) + bytes(0, 4) + bytes(UInt32(members.count), 2) + bytes(UInt32(members.count), 2)
    archive += bytes(UInt32(directory.count), 4) + bytes(start, 4) + bytes(0, 2)
    try FileContents.publish(archive, at: path)
  }

  private static let tooLarge: Int32 = 27  // EFBIG

  private mutating func add(_ name: String, type: String, shape: [Int], bytes content: [UInt8], count: Int) {
    precondition(shape.reduce(1, *) == count, "\(count) elements for shape \(shape)")
    let extents = shape.map(String.init).joined(separator: ", ") + (shape.count == 1 ? "," : "")
    var header = "{'descr': '\(type)', 'fortran_order': False, 'shape': (\(extents)), }"
    // Magic, version, length and header make a multiple of 64.
    header += String(repeating: " ", count: 63 - (10 + header.utf8.count) % 64) + "\n"
    let magic: [UInt8] = [0x93] + Array("NUMPY".utf8) + [1, 0]
    members.append((name + ".npy", magic + bytes(UInt32(header.utf8.count), 2) + Array(header.utf8) + content))
  }
}

/// The lowest `count` bytes of a number, lowest first.
private func bytes(_ value: UInt32, _ count: Int) -> [UInt8] {
  (0..<count).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
}
