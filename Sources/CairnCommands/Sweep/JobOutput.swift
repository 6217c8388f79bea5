internal import Glibc

/// What a job tells its parent: short lines over a pipe, each one write.
final class JobOutput {
  enum Kind: Character {
    case began = "b"
    case epoch = "e"
    case ended = "f"
    /// The job ends with an error.
    case failed = "x"
    /// The member is not this job's any more.
    case lost = "l"
  }

  private let descriptor: Int32
  private var lastTold = ContinuousClock.now - .seconds(1)

  init(descriptor: Int32) { self.descriptor = descriptor }

  func say(_ kind: Kind, _ index: Int, _ text: String = "") {
    send("\(kind.rawValue)\t\(getpid())\t\(index)\t\(text.replacing("\n", with: "; ").prefix(3000))\n")
  }

  /// An epoch's figure; of many in a short time some are passed over.
  func tell(_ index: Int, _ epoch: Int, _ epochs: Int, _ value: Double?) {
    guard lastTold.duration(to: .now) > .milliseconds(200) else { return }
    lastTold = .now
    send("\(Kind.epoch.rawValue)\t\(getpid())\t\(index)\t\(epoch)\t\(epochs)\t\(value ?? .nan)\n")
  }

  private func send(_ line: String) {
    let bytes = Array(line.utf8)
    // Less than PIPE_BUF: whole, or not at all.
    _ = bytes.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
  }
}

/// The parent's end of the pipe.
struct JobInput {
  struct Message {
    let kind: JobOutput.Kind
    let process: pid_t
    let index: Int
    let fields: [Substring]
  }

  private let descriptor: Int32
  private var rest: [UInt8] = []

  init(descriptor: Int32) {
    self.descriptor = descriptor
    _ = fcntl(descriptor, F_SETFL, O_NONBLOCK)
  }

  /// What has come, after a wait of at most so many milliseconds for something.
  mutating func read(within milliseconds: Int32) -> [Message] {
    var waiting = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
    _ = poll(&waiting, 1, milliseconds)
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let count = buffer.withUnsafeMutableBytes { Glibc.read(descriptor, $0.baseAddress, $0.count) }
      if count <= 0 { break }
      rest += buffer[..<count]
    }
    guard let end = rest.lastIndex(of: UInt8(ascii: "\n")) else { return [] }
    let text = String(decoding: rest[...end], as: UTF8.self)
    rest.removeSubrange(...end)
    return text.split(separator: "\n").compactMap { line in
      let fields = line.split(separator: "\t", omittingEmptySubsequences: false)
      guard fields.count > 3, let kind = fields[0].first.flatMap(JobOutput.Kind.init), let process = pid_t(fields[1]),
        let index = Int(fields[2])
      else { return nil }
      return Message(kind: kind, process: process, index: index, fields: Array(fields[3...]))
    }
  }
}
