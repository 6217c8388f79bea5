internal import Glibc

/// Follows a file of lines that another process appends to, without ever stopping it.
public struct FileTail {
  public let path: String
  private var descriptor: Int32 = -1
  private var inode: ino_t = 0
  private var offset: off_t = 0
  /// What has been read of a line whose end has not been written yet.
  public private(set) var rest: [UInt8] = []

  public init(path: String) { self.path = path }

  /// Whether there is a file that can be read.
  public var isOpen: Bool { descriptor >= 0 }

  /// Reads on and hands over the lines that are whole by now, in blocks.
  ///
  /// - Parameter replaced: called first where the file is another one, gone, or shorter than it was: what was read before
  ///   is discarded.
  public mutating func read(_ body: (UnsafeBufferPointer<UInt8>) -> Void, replaced: () -> Void) {
    var status = stat()
    if stat(path, &status) != 0 {
      if descriptor >= 0 {
        close()
        replaced()
      }
      return
    }
    if descriptor >= 0, status.st_ino != inode || status.st_size < offset {
      close()
      replaced()
    }
    if descriptor < 0 {
      guard status.st_mode & S_IFMT == S_IFREG else { return }
      descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
      guard descriptor >= 0, fstat(descriptor, &status) == 0 else { return }
      inode = status.st_ino
    }
    guard status.st_size > offset else { return }
    var block = [UInt8](repeating: 0, count: min(1 << 20, Int(status.st_size - offset)))
    while true {
      let count = pread(descriptor, &block, block.count, offset)
      guard count > 0 else { return }
      offset += off_t(count)
      let bytes = block[0..<count]
      guard let end = bytes.lastIndex(of: 10) else {
        rest += bytes
        continue
      }
      rest += bytes[...end]
      rest.withUnsafeBufferPointer(body)
      rest = Array(bytes[(end + 1)...])
    }
  }

  public mutating func close() {
    if descriptor >= 0 { _ = Glibc.close(descriptor) }
    descriptor = -1
    offset = 0
    rest = []
  }
}
