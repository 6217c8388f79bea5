internal import Glibc
internal import Recipes
internal import Reports
internal import Sweeps

/// How a sweep shows itself on standard error: on a terminal a few lines that are drawn again and again, elsewhere a line a
/// member.
struct SweepPanel {
  private let style: ProgressStyle
  private var running: [Int: String] = [:]
  private var done = 0
  private var count = 0
  private var best: (name: String, value: Double)?
  private var seconds = 0.0
  private var ended = 0
  private var began = ContinuousClock.now
  private var lastDrawn = ContinuousClock.now - .seconds(1)
  private var linesShown = 0
  private let jobs: Int

  init(_ style: ProgressStyle, jobs: Int) {
    self.jobs = jobs
    if style == .auto {
      let terminal = isatty(STDERR_FILENO) == 1 && getenv("TERM").map { String(cString: $0) } != "dumb"
      self.style = terminal ? .bar : .plain
    } else {
      self.style = style
    }
  }

  mutating func begin(_ board: SweepBoard) {
    count = board.members.count
    done = board.records.count { $0?.state.isFinal ?? false }
    began = .now
    for (index, record) in board.records.enumerated() { if let record { consider(index, record, board) } }
  }

  mutating func began(_ index: Int) { running[index] = "" }

  mutating func lost(_ index: Int) { running[index] = nil }

  mutating func epoch(_ index: Int, _ fields: [Substring]) {
    guard fields.count == 3, let value = Double(fields[2]) else { return }
    running[index] = "epoch \(fields[0])/\(fields[1])" + (value.isNaN ? "" : ", \(short(value))")
  }

  mutating func ended(_ index: Int, _ record: MemberRecord, _ board: SweepBoard) {
    running[index] = nil
    count = board.members.count
    if record.state.isFinal { done += 1 }
    (seconds, ended) = (seconds + record.seconds, ended + 1)
    consider(index, record, board)
    let name = board.members[index].name
    let monitor = board.sweep.objective.monitor
    let value = record.objective.isNaN ? "" : ": \(monitor) \(short(record.objective))"
    let why = record.message.isEmpty ? "" : ": \(record.message)"
    switch style {
    case .json, .none, .auto: break
    case .bar: if record.state == .failed || record.state == .killed { put("\(name) \(record.state.rawValue)\(why)") }
    case .plain:
      if record.state == .paused { return }
      let standing = best.map { "; best \($0.name) \(short($0.value))" } ?? ""
      put("\(name) \(record.state.rawValue)\(value)\(why) (\(done) of \(count) done\(standing))")
    }
  }

  private mutating func consider(_ index: Int, _ record: MemberRecord, _ board: SweepBoard) {
    guard record.state == .finished, !record.objective.isNaN else { return }
    let isLower = board.sweep.objective.lowerIsBetter
    if best.map({ isLower ? record.objective < $0.value : record.objective > $0.value }) ?? true {
      best = (board.members[index].name, record.objective)
    }
  }

  mutating func note(_ message: String) { if style.isText { put(message) } }

  mutating func draw(_ board: SweepBoard) {
    let now = ContinuousClock.now
    guard style == .bar, now - lastDrawn >= .milliseconds(250) else { return }
    lastDrawn = now
    show(lines(board))
  }

  mutating func end() { if style == .bar { show([]) } }

  private func lines(_ board: SweepBoard) -> [String] {
    var head = "\(board.sweep.name): \(done) of \(count) done, \(running.count) running"
    if let best { head += ", best \(best.name) \(board.sweep.objective.monitor) \(short(best.value))" }
    if ended > 0 {
      // By the pace of this start: a member's time, with as many at once as there are jobs.
      let left = seconds / Double(ended) * Double(count - done) / Double(jobs)
      head += ", \(ProgressDisplay.duration(left)) left"
    }
    let width = columns() - 1
    let members = running.keys.sorted().prefix(16).map { "  \(board.members[$0].name)  \(running[$0] ?? "")" }
    let more = running.count > 16 ? ["  and \(running.count - 16) more"] : []
    return ([head] + members + more).map { String($0.prefix(width)) }
  }

  /// Puts lines in the place of those that were drawn before; the cursor waits at their beginning.
  private mutating func show(_ lines: [String]) {
    linesShown = lines.count
    write("\r\u{1B}[J" + lines.joined(separator: "\n") + (lines.isEmpty ? "" : "\r" + up(lines.count - 1)))
  }

  private func up(_ lines: Int) -> String { lines > 0 ? "\u{1B}[\(lines)A" : "" }

  private func put(_ line: String) { write((linesShown > 0 ? "\r\u{1B}[J" : "") + line + "\n") }

  private func columns() -> Int {
    var size = winsize()
    guard ioctl(STDERR_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return 80 }
    return Int(size.ws_col)
  }

  private func write(_ text: String) {
    let bytes = Array(text.utf8)
    _ = bytes.withUnsafeBytes { Glibc.write(STDERR_FILENO, $0.baseAddress, $0.count) }
  }
}
