internal import ArgumentParser
internal import Dispatch
internal import Glibc
internal import Reports
internal import Synchronization

struct Watch: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Shows a run or a sweep while it trains: loss, gradient norm, layers, what happened.",
    discussion: """
      On a terminal a panel that follows its size; q or Ctrl-C ends it, and so does the end of the run. Elsewhere one line
      a change. The run is only read: it does not notice. The recent loss is the mean over the last half second or so.
      Of a sweep: its members at work, and the best draws; it ends when nobody works on it.

      Example:
        cairn watch digits
        cairn watch moons-search
        cairn watch digits --once
      """)

  @Argument(help: ArgumentHelp("A run's or a sweep's directory or name.", valueName: "run|sweep"))
  var target: String

  @Option(help: "The folder that holds the runs.")
  var checkpoints: String = RunDirectory.defaultParent

  @Flag(help: "Prints the panel once and ends.")
  var once = false

  func run() throws {
    if let sweep = SweepFolder(naming: target, parent: checkpoints) {
      return try watch(try SweepWatch.open(sweep))
    }
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
    try follow(on: screen) {
      _ = live.look()
      return live.record.state == .running
    } lines: {
      WatchPanel.lines(live, width: $0, height: $1)
    }
  }

  /// - Parameters:
  ///   - look: reads what is new, and says whether more may come.
  ///   - lines: the panel for a width and a height.
  private func follow(
    on screen: TerminalScreen, look: () -> Bool, lines: (_ width: Int, _ height: Int) -> [WatchPanel.Line]
  ) throws {
    let signals = WatchSignals()
    var lastLook = ContinuousClock.now
    var goesOn = look()
    var isStale = true
    while signals.ending == 0 {
      if ContinuousClock.now - lastLook > .milliseconds(500) {
        lastLook = .now
        goesOn = look()
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
        screen.draw(lines(size.width, size.height))
        isStale = false
      }
      if !goesOn { break }
      let key = screen.key(within: 100)
      if key == UInt8(ascii: "q") || key == UInt8(ascii: "Q") { break }
    }
    let size = screen.size
    screen.restore()
    for line in lines(size.width, 60) {
      try StandardOutput.line(TerminalScreen.text(line, color: getenv("NO_COLOR") == nil))
    }
  }

  // MARK: Sweeps

  /// Between two members a process holds none for a moment.
  private static let patience = Duration.seconds(3)

  private func watch(_ sweep: SweepWatch) throws {
    if once {
      for line in SweepPanelText.lines(sweep.state, width: StandardOutput.columns ?? 100, height: 60) {
        try StandardOutput.line(TerminalScreen.text(line, color: false))
      }
      return
    }
    var lastHeld = ContinuousClock.now
    func look() -> Bool {
      sweep.look()
      if !sweep.state.running.isEmpty { lastHeld = .now }
      return !sweep.state.isComplete && .now - lastHeld < Watch.patience
    }
    if let screen = TerminalScreen() {
      return try follow(on: screen, look: look) { SweepPanelText.lines(sweep.state, width: $0, height: $1) }
    }
    // Elsewhere a line a member that has ended.
    var told = sweep.state.states
    try StandardOutput.line(SweepPanelText.plainLine(sweep.state))
    while look(), !StandardOutput.isAbandoned {
      try tell(sweep.state, &told)
      usleep(500_000)
    }
    try tell(sweep.state, &told)
    try StandardOutput.line(SweepPanelText.plainLine(sweep.state))
  }

  private func tell(_ state: SweepState, _ told: inout [SweepState.MemberState]) throws {
    for index in state.states.indices {
      let now = state.states[index]
      if index < told.count, told[index] == now { continue }
      if let line = SweepPanelText.memberLine(state, index) { try StandardOutput.line(line) }
    }
    told = state.states
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
