internal import JSON
internal import Reports
internal import Synchronization

/// What a feed looks at. Used by its feed alone.
protocol FeedSource: AnyObject {
  /// The page that listens to the feed; nil: there is nothing to be seen any more.
  func page() -> String?
  /// Everything, for a listener that begins, as server-sent events.
  func snapshot() -> String
  /// What is new since the last look, for those who had the rest; empty: nothing.
  func look() -> String
}

/// One look at the files twice a second, however many listen; nobody listens: none. All listeners get the same bytes.
///
/// It has a thread of its own for its files: a run whose files are huge, or hang, holds up only those who look at it.
actor Feed {
  private let executor = FileExecutor("cairn.serve.feed")
  nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }
  /// Who listens, or waits for a page.
  private nonisolated let users = Atomic<Int>(0)
  private let source: any FeedSource
  private let interval: Duration
  private var listeners: [Int: AsyncStream<[UInt8]>.Continuation] = [:]
  private var next = 0
  private var looking: Task<Void, Never>?
  private var lastSent = ContinuousClock.now
  /// What may wait for a listener that is slow; one that is slower is let go, and begins again with a snapshot.
  private static let backlog = 64

  init(_ source: sending any FeedSource, every interval: Duration) {
    self.source = source
    self.interval = interval
  }

  /// Asked without waiting for the feed's thread.
  nonisolated var isIdle: Bool { users.load(ordering: .relaxed) == 0 }

  /// The page as things stand.
  nonisolated func page() async -> String? {
    users.wrappingAdd(1, ordering: .relaxed)
    defer { users.wrappingSubtract(1, ordering: .relaxed) }
    return await currentPage()
  }

  private func currentPage() -> String? {
    send(source.look())
    return source.page()
  }

  /// Server-sent events from now on: a snapshot, then what changes.
  nonisolated func listen() async -> AsyncStream<[UInt8]> {
    users.wrappingAdd(1, ordering: .relaxed)
    return await begin()
  }

  private func begin() -> AsyncStream<[UInt8]> {
    let (stream, continuation) = AsyncStream.makeStream(
      of: [UInt8].self, bufferingPolicy: .bufferingOldest(Feed.backlog))
    send(source.look())  // so that those who listen already, and the new one, stand at the same place
    continuation.yield(Array(("retry: 2000\n\n" + source.snapshot()).utf8))
    let number = next
    next += 1
    listeners[number] = continuation
    continuation.onTermination = { [weak self] _ in Task { await self?.leave(number) } }
    if looking == nil {
      looking = Task { [weak self, interval] in
        while !Task.isCancelled {
          try? await Task.sleep(for: interval)
          guard let self else { return }
          await self.look()
        }
      }
    }
    return stream
  }

  private func leave(_ number: Int) {
    users.wrappingSubtract(1, ordering: .relaxed)
    listeners[number] = nil
    guard listeners.isEmpty else { return }
    looking?.cancel()
    looking = nil
  }

  private func look() {
    send(source.look())
    // A comment now and then shows a listener that has gone: writing to it fails.
    if ContinuousClock.now - lastSent > .seconds(10) { send(": still here\n\n") }
  }

  private func send(_ text: String) {
    guard !text.isEmpty, !listeners.isEmpty else { return }
    lastSent = .now
    let bytes = Array(text.utf8)
    for (number, listener) in listeners {
      if case .dropped = listener.yield(bytes) {
        listener.finish()
        listeners[number] = nil
      }
    }
  }
}

/// One event of a stream; `data` is on one line.
func serverSentEvent(_ name: String, _ data: String) -> String { "event: \(name)\ndata: \(data)\n\n" }

/// A run's series, events and state.
final class RunFeedSource: FeedSource {
  private let run: LiveRun

  init(_ run: LiveRun) { self.run = run }

  func page() -> String? { RunPage.html(run.record) }

  func snapshot() -> String { serverSentEvent("snapshot", run.snapshot) }

  func look() -> String {
    let change = run.look()
    if change.isEmpty { return "" }
    return change.isReset ? snapshot() : serverSentEvent("update", run.update(change))
  }
}

/// The rows of a part of the table, and the sweeps above it.
final class TableFeedSource: FeedSource {
  private let catalog: SharedCatalog
  private let directory: String
  private let view: TableView
  private var rows: [String: String] = [:]
  private var order: [String] = []
  private var part: TableView.Part?
  private var sweeps = Markup.empty

  init(_ catalog: SharedCatalog, directory: String, view: TableView) {
    self.catalog = catalog
    self.directory = directory
    self.view = view
  }

  func page() -> String? {
    part.map { TablePage.html($0, sweeps: sweeps, view: view, directory: directory) }
  }

  func snapshot() -> String { serverSentEvent("rows", message(set: order, gone: [], sweeps: true)) }

  func look() -> String {
    let (runs, sweeps) = catalog.look()
    let part = view.part(of: runs)
    self.part = part
    var found: [String: String] = [:]
    for run in part.shown { found[run.name] = TablePage.row(run).text }
    let before = (rows: rows, sweeps: self.sweeps)
    self.sweeps = TablePage.sweeps(sweeps.filter { view.holds($0.name) })
    (rows, order) = (found, part.shown.map(\.name))
    let changed = order.filter { before.rows[$0] != found[$0] }
    let gone = before.rows.keys.filter { found[$0] == nil }
    let hasSweeps = self.sweeps != before.sweeps
    if changed.isEmpty && gone.isEmpty && !hasSweeps { return "" }
    return serverSentEvent("rows", message(set: changed, gone: gone, sweeps: hasSweeps))
  }

  private func message(set: [String], gone: [String], sweeps hasSweeps: Bool) -> String {
    let message: JSONValue = [
      "set": .array(set.map { .array([.string($0), .string(rows[$0] ?? "")]) }),
      "gone": .array(gone.map { .string($0) }),
    ]
    return (hasSweeps ? message.adding("sweeps", .string(sweeps.text)) : message).text
  }
}
