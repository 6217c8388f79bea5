internal import Reports
internal import Synchronization

/// The list of runs that all tables look at.
final class SharedCatalog: Sendable {
  private struct State {
    let watch: CatalogWatch
    let sweepsWatch: SweepsWatch
    var runs: [RunRecord] = []
    var sweeps: [(name: String, state: SweepState)] = []
    var looked: ContinuousClock.Instant?
    var cost = Duration.zero
  }

  private let state: Mutex<State>

  init(_ runs: ServedRuns) {
    state = Mutex(
      State(
        watch: CatalogWatch(runs.catalog) { runs.path(of: $0) != nil },
        sweepsWatch: SweepsWatch(directory: runs.catalog.directory) { name, _ in
          runs.path(ofSweep: name).flatMap { runs.watch(sweepAt: $0) }
        }))
  }

  /// Every run, the newest first, and the sweeps by name. A list that took long to make stands for five times as long: of a hundred thousand
  /// folders, each has to be asked whether it has changed.
  func look() -> (runs: [RunRecord], sweeps: [(name: String, state: SweepState)]) {
    state.withLock { state in
      let began = ContinuousClock.now
      if let looked = state.looked, began - looked < state.cost * 5 { return (state.runs, state.sweeps) }
      state.runs = state.watch.look()
      state.sweeps = state.sweepsWatch.look(state.watch.others)
      let ended = ContinuousClock.now
      (state.looked, state.cost) = (ended, ended - began)
      return (state.runs, state.sweeps)
    }
  }
}

/// Which part of the table a page shows.
struct TableView: Hashable, Sendable {
  /// Only runs that hold this text, in whatever case; empty: all.
  var text = ""
  /// From 1.
  var page = 1

  /// Rows of a page: a browser is quick with so many.
  static let rows = 500

  /// - Parameter query: `find` and `page` of an address.
  init(_ query: [String: String]) {
    text = String((query["find"] ?? "").prefix(100))
    page = max(1, query["page"].flatMap { Int($0) } ?? 1)
  }

  /// The address of another page of the same view.
  func address(page: Int) -> String {
    let words = (text.isEmpty ? [] : ["find=\(Page.percentEncoded(text))"]) + (page == 1 ? [] : ["page=\(page)"])
    return words.isEmpty ? "" : "?" + words.joined(separator: "&")
  }

  struct Part {
    var shown: ArraySlice<RunRecord>
    /// That hold the text, and that there are.
    var found: Int
    var all: Int
    var pages: Int { max(1, (found + TableView.rows - 1) / TableView.rows) }
  }

  func part(of runs: [RunRecord]) -> Part {
    let wanted = text.lowercased()
    let found = wanted.isEmpty ? runs : runs.filter { TableView.holds(wanted, $0) }
    let start = page > found.count / TableView.rows + 1 ? found.count : (page - 1) * TableView.rows
    return Part(shown: found[start..<min(start + TableView.rows, found.count)], found: found.count, all: runs.count)
  }

  /// Whether a sweep is shown above this part.
  func holds(_ sweep: String) -> Bool { text.isEmpty ? page == 1 : sweep.lowercased().contains(text.lowercased()) }

  private static func holds(_ wanted: String, _ run: RunRecord) -> Bool {
    ([run.name, run.state.rawValue, run.description, run.started ?? ""] + run.tags + run.findings)
      .contains { $0.lowercased().contains(wanted) }
  }
}
