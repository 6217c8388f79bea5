internal import ArgumentParser
internal import Dispatch
internal import Glibc
internal import Reports
internal import Synchronization

struct Watch: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Shows a run while it trains: loss, gradient norm, layers, what happened.",
    discussion: """
      On a terminal a panel that follows its size; q or Ctrl-C ends it, and so does the end of the run. Elsewhere one line
      a change. The run is only read: it does not notice. The recent loss is the mean over the last half second or so.

      Example:
        cairn watch digits
        cairn watch digits --once
      """)

  @Argument(help: ArgumentHelp("A run's directory or name.", valueName: "run"))
  var target: String

  @Option(help: "The folder that holds the runs.")
  var checkpoints: String = RunDirectory.defaultParent

  @Flag(help: "Prints the panel once and ends.")
  var once = false

  func run() throws {
    let directory = try RunDirectory(naming: target, parent: checkpoints)
    let catalog = RunCatalog(directory: checkpoints, recipe: RunRecipe.read)
    let name = directory.path.split(separator: "/").last.map(String.init) ?? target
    guard let live = LiveRun(path: directory.path, name: name, catalog: catalog) else {
      throw CommandError(.noInput, "\(directory.path): holds neither `events.jsonl` nor `recipe.yaml`: no run")
    }
    _ = live.look()
    if once {
      for line in WatchPanel.lines(live, width: StandardOutput.columns ?? 100, height: 60) {
        try StandardOutput.line(TerminalScreen.text(line, color: false))
      }
      return
    }
    if let screen = TerminalScreen() { try follow(live, on: screen) } else { try follow(live) }
  }

  /// The panel, until the run ends or the user has seen enough; its last state stays on the screen.
  private func follow(_ live: LiveRun, on screen: TerminalScreen) throws {
    let signals = WatchSignals()
    var lastLook = ContinuousClock.now
    var isStale = true
    while signals.ending == 0 {
      if ContinuousClock.now - lastLook > .milliseconds(500) {
        lastLook = .now
        _ = live.look()
        isStale = true
      }
      if signals.takeStop() {
        screen.restore()
        kill(getpid(), SIGSTOP)
        screen.take()
        isStale = true
      }
      if signals.takeResize() || isStale {
        let size = screen.size
        screen.draw(WatchPanel.lines(live, width: size.width, height: size.height))
        isStale = false
      }
      if live.record.state != .running { break }
      let key = screen.key(within: 100)
      if key == UInt8(ascii: "q") || key == UInt8(ascii: "Q") { break }
    }
    let size = screen.size
    screen.restore()
    for line in WatchPanel.lines(live, width: size.width, height: 60) {
      try StandardOutput.line(TerminalScreen.text(line, color: getenv("NO_COLOR") == nil))
    }
  }

  /// Lines for a file or a pipe: events as they come, and at most one row of figures a second.
  private func follow(_ live: LiveRun) throws {
    for event in live.events { try StandardOutput.line(Watch.line(event)) }
    var shown = -1
    while !StandardOutput.isAbandoned {
      if let row = live.rows.last, live.record.step != shown {
        try StandardOutput.line(WatchPanel.plainLine(row))
        shown = live.record.step ?? -1
      }
      if live.record.state != .running { break }
      sleep(1)
      let change = live.look()
      for event in live.events.suffix(change.events) { try StandardOutput.line(Watch.line(event)) }
    }
    try StandardOutput.line("\(live.record.name) \(live.record.stateText)")
  }

  private static func line(_ event: LiveEvent) -> String { "\(event.time) \(event.kind): \(event.message)" }
}

/// Signals while the panel is up, as marks that its loop reads.
private struct WatchSignals {
  private final class Marks: Sendable {
    let resized = Atomic<Bool>(false)
    let stopped = Atomic<Bool>(false)
    let ended = Atomic<Int32>(0)
  }

  private let marks = Marks()
  private let sources: [any DispatchSourceSignal]

  init() {
    let queue = DispatchQueue(label: "cairn.watch.signals")
    sources = [SIGWINCH, SIGTSTP, SIGINT, SIGTERM, SIGHUP].map { [marks] number in
      signal(number, SIG_IGN)
      let source = DispatchSource.makeSignalSource(signal: number, queue: queue)
      source.setEventHandler {
        switch number {
        case SIGWINCH: marks.resized.store(true, ordering: .relaxed)
        case SIGTSTP: marks.stopped.store(true, ordering: .relaxed)
        default: marks.ended.store(number, ordering: .relaxed)
        }
      }
      source.resume()
      return source
    }
  }

  /// The signal that asks for the end; 0: none.
  var ending: Int32 { marks.ended.load(ordering: .relaxed) }
  func takeResize() -> Bool { marks.resized.exchange(false, ordering: .relaxed) }
  func takeStop() -> Bool { marks.stopped.exchange(false, ordering: .relaxed) }
}
