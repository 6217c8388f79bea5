internal import Files
internal import Glibc
internal import Threads

/// Runs `body` with all bytes of a file.
///
/// - Throws: `DatasetError`.
func withBytes<Result>(ofFile path: String, _ body: (UnsafeRawBufferPointer) throws -> Result) throws -> Result {
  do {
    try checkMemory(fileBytes: FileContents.size(path), at: path)
    if let bytes = try LargeFile(path) { return try withExtendedLifetime(bytes) { try body(bytes.bytes) } }
    return try FileContents.read(path).withUnsafeBytes(body)
  } catch let error as FileError {
    throw DatasetError(error)
  }
}

/// The bytes of a large file, read on all processors. Not mapped: a file that is cut while it is read must not end the
/// process.
private final class LargeFile: @unchecked Sendable {
  // Unchecked: threads write to different bytes, before anybody reads them.
  private let base: UnsafeMutableRawPointer
  private let count: Int

  var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: base, count: count) }

  private static let part = 8 << 20

  /// nil: the file is small, or changes while it is read.
  ///
  /// - Throws: `FileError`.
  init?(_ path: String) throws {
    let (descriptor, status) = try RegularFile.open(path, O_RDONLY)
    defer { close(descriptor) }
    let (size, part) = (Int(status.st_size), LargeFile.part)
    if size < 4 * part { return nil }
    count = size
    base = .allocate(byteCount: size, alignment: 4096)
    let parts = (size + part - 1) / part
    let got = SharedValues<Bool>(count: parts)
    ConcurrentLoop.run(parts) { [self] place in
      got.set(place, fill(place * part..<min(size, (place + 1) * part), descriptor))
    }
    var more: UInt8 = 0
    if got.take().contains(false) || pread(descriptor, &more, 1, size) != 0 { return nil }
  }

  deinit { base.deallocate() }

  private func fill(_ range: Range<Int>, _ descriptor: Int32) -> Bool {
    var place = range.lowerBound
    while place < range.upperBound {
      let got = pread(descriptor, base + place, range.upperBound - place, off_t(place))
      if got < 0 && errno == EINTR { continue }
      if got <= 0 { return false }
      place += got
    }
    return true
  }
}
