internal import Files
internal import Glibc
internal import Synchronization

/// Standard output of a command, checked: text that is lost is an error, a reader that has seen enough is none.
///
/// All text of all commands goes through here (Swift's own function says nothing of a full disk).
enum StandardOutput {
  /// Whether the other end of the pipe is closed, as behind `head`. What is written from then on is dropped: the command
  /// goes on to its exit code.
  static var isAbandoned: Bool { abandoned.load(ordering: .relaxed) }
  private static let abandoned = Atomic<Bool>(false)

  /// How wide the terminal is; nil: standard output is a file or a pipe.
  static var columns: Int? {
    guard isatty(STDOUT_FILENO) == 1 else { return nil }
    var size = winsize()
    if ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 { return Int(size.ws_col) }
    return getenv("COLUMNS").flatMap { Int(String(cString: $0)) }.flatMap { $0 > 0 ? $0 : nil } ?? 80
  }

  /// Writes text and the end of its line.
  ///
  /// - Throws: as `write`.
  static func line(_ text: String) throws { try write(text + "\n") }

  /// Writes at once, also where standard output is a file or a pipe.
  ///
  /// - Throws: `FileError`; `CommandError` where standard output is closed.
  static func write(_ text: String) throws { try write(Array(text.utf8)) }

  static func write(_ bytes: [UInt8]) throws {
    if isAbandoned { return }
    var rest = bytes[...]
    while !rest.isEmpty {
      let written = rest.withUnsafeBytes { Glibc.write(STDOUT_FILENO, $0.baseAddress, $0.count) }
      let code = written < 0 ? errno : written == 0 ? EIO : 0
      switch code {
      case 0: rest = rest.dropFirst(written)
      case EINTR: continue
      case EAGAIN: waitForRoom()
      case EPIPE: return abandoned.store(true, ordering: .relaxed)
      case EBADF:
        throw CommandError(.cannotCreate, "standard output is closed: what should have been written there is lost")
      default: throw FileError(operation: "write", path: "standard output", code: code)
      }
    }
  }

  /// A pipe that its other end has set not to block.
  private static func waitForRoom() {
    var descriptor = pollfd(fd: STDOUT_FILENO, events: Int16(POLLOUT), revents: 0)
    poll(&descriptor, 1, 1000)
  }

  /// Occupies the numbers 0 to 2 where they are free: else the next file to be opened, such as a checkpoint, would get one
  /// and with it the command's text. What is written to a closed output fails as if it were still closed.
  static func occupyStandardDescriptors() {
    for number in [STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO] where fcntl(number, F_GETFD) < 0 {
      // The lowest free number is the one that is taken.
      _ = open("/dev/null", number == STDIN_FILENO ? O_WRONLY : O_RDONLY)
    }
  }
}

/// Much text for standard output, written in large pieces.
struct BufferedOutput {
  private var buffer: [UInt8] = []
  private static let large = 1 << 16

  mutating func write(_ text: String) { buffer += text.utf8 }

  /// - Throws: as `StandardOutput.write`.
  mutating func flushIfLarge() throws { if buffer.count >= BufferedOutput.large { try flush() } }

  mutating func flush() throws {
    try StandardOutput.write(buffer)
    buffer.removeAll(keepingCapacity: true)
  }
}
