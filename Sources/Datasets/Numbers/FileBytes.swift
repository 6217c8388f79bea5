internal import Files
internal import Glibc
internal import Threads

/// Runs `body` with all bytes of a file.
///
/// - Throws: `DatasetError`.
func withBytes<Result>(ofFile path: String, _ body: (UnsafeRawBufferPointer) throws -> Result) throws -> Result {
  try withBytes(ofFile: path) { bytes, _ in try body(bytes) }
}

/// The same with the file where it is a large one, whose bytes may be let go of.
func withBytes<Result>(
  ofFile path: String, _ body: (UnsafeRawBufferPointer, LargeFile?) throws -> Result
) throws -> Result {
  do {
    try checkMemory(fileBytes: FileContents.size(path), at: path)
    if let file = try LargeFile(path) { return try withExtendedLifetime(file) { try body(file.bytes, file) } }
    return try FileContents.read(path).withUnsafeBytes { try body($0, nil) }
  } catch let error as FileError {
    throw DatasetError(error)
  }
}

/// The bytes of a large file, read on all processors. Not mapped: a file that is cut while it is read must not end the
/// process.
final class LargeFile: @unchecked Sendable {
  // Unchecked: threads write to different bytes, before anybody reads them; one thread lets go and restores.
  private let path: String
  private let base: UnsafeMutableRawPointer
  private let count: Int
  private let descriptor: Int32
  /// When it was written last, in seconds and their parts.
  private let written: timespec
  /// Bytes that have been let go of.
  private var released: Range<Int>?

  var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: base, count: count) }

  private static let part = 8 << 20

  /// nil: the file is small, or changes while it is read.
  ///
  /// - Throws: `FileError`.
  init?(_ path: String, smallest: Int = 4 * part) throws {
    let (descriptor, status) = try RegularFile.open(path, O_RDONLY)
    (self.path, self.descriptor, written, count) = (path, descriptor, status.st_mtim, Int(status.st_size))
    base = .allocate(byteCount: max(1, count), alignment: LargeFile.page)
    if count < smallest || !read(0..<count) { return nil }
  }

  deinit {
    base.deallocate()
    close(descriptor)
  }

  private static let page = 4096

  /// Gives the memory of some bytes back. They must not be looked at before `restore`.
  func release(_ range: Range<Int>) {
    let inner =
      (range.lowerBound + LargeFile.page - 1) / LargeFile.page
      * LargeFile.page..<max(range.lowerBound, range.upperBound / LargeFile.page * LargeFile.page)
    guard inner.lowerBound < inner.upperBound, madvise(base + inner.lowerBound, inner.count, MADV_DONTNEED) == 0 else {
      return
    }
    released = released.map { min($0.lowerBound, inner.lowerBound)..<max($0.upperBound, inner.upperBound) } ?? inner
  }

  /// Reads again what has been let go of.
  ///
  /// - Throws: `DatasetError` where the file has changed.
  func restore() throws {
    guard let range = released else { return }
    var status = stat()
    guard fstat(descriptor, &status) == 0, status.st_mtim.tv_sec == written.tv_sec,
      status.st_mtim.tv_nsec == written.tv_nsec, read(range)
    else {
      throw DatasetError(
        .unreadableFile, at: path, "the file has changed while it was read", remedy: "start again when it is complete")
    }
    released = nil
  }

  /// - Returns: whether there are so many bytes, and at the file's end no more.
  private func read(_ range: Range<Int>) -> Bool {
    let part = LargeFile.part
    let parts = (range.count + part - 1) / part
    let got = SharedValues<Bool>(count: parts)
    ConcurrentLoop.run(parts) { [self] place in
      let first = range.lowerBound + place * part
      got.set(place, fill(first..<min(range.upperBound, first + part)))
    }
    var more: UInt8 = 0
    return !got.take().contains(false) && pread(descriptor, &more, 1, count) == 0
  }

  private func fill(_ range: Range<Int>) -> Bool {
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
