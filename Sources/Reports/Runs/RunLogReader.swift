internal import Files

/// Reads a run's log on as it grows, block by block: a log of any size takes no more memory than what it tells.
struct RunLogReader {
  let path: String
  private let name: String
  private var wholeLines: RunEvents
  private var tail: FileTail

  /// - Parameter path: the run's folder.
  init(path: String, name: String) {
    self.path = path
    self.name = name
    wholeLines = RunEvents(RunRecord(name: name, path: path))
    tail = FileTail(path: "\(path)/events.jsonl")
  }

  /// Whether there is a log that can be read.
  var isThere: Bool { tail.isOpen }

  /// What the log tells; a last line without an end, which nothing may ever follow, counts too.
  var events: RunEvents {
    var events = wholeLines
    tail.rest.withUnsafeBufferPointer { events.read($0) }
    return events
  }

  /// Reads what is new.
  mutating func readOn() {
    var lines = wholeLines
    tail.read {
      lines.read($0)
    } replaced: { [name, path] in
      lines = RunEvents(RunRecord(name: name, path: path))
    }
    wholeLines = lines
  }

  mutating func close() { tail.close() }
}
