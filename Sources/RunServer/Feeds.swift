internal import Reports

/// The feeds that are listened to, one a run and one a part of the table.
actor Feeds {
  private enum Subject: Hashable {
    case run(path: String)
    case sweep(path: String)
    case table(TableView)
  }

  private let runs: ServedRuns
  private let catalog: SharedCatalog
  /// Where the names of runs are looked up, which may take as long as the disk does.
  private let lookup = Lookup()
  private var open: [Subject: Feed] = [:]
  private static let maximum = 64

  private actor Lookup {
    private let executor = FileExecutor("cairn.serve.lookup")
    nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    func path(of name: String, of sweep: String?, in runs: ServedRuns) -> String? {
      sweep.map { runs.path(ofMember: name, in: $0) } ?? runs.path(of: name)
    }

    func path(ofSweep name: String, in runs: ServedRuns) -> String? { runs.path(ofSweep: name) }
  }

  init(_ runs: ServedRuns) {
    self.runs = runs
    catalog = SharedCatalog(runs)
  }

  func table(_ view: TableView) -> Feed {
    if let feed = open[.table(view)] { return feed }
    let source = TableFeedSource(catalog, directory: runs.catalog.directory, view: view)
    return keep(Feed(source, every: .seconds(2)), as: .table(view))
  }

  /// - Parameter sweep: that the run is a member of.
  /// - Returns: nil: there is no such run.
  func run(_ name: String, of sweep: String? = nil) async -> Feed? {
    guard let path = await lookup.path(of: name, of: sweep, in: runs) else { return nil }
    if let feed = open[.run(path: path)] { return feed }
    let whole = (sweep.map { "\($0)/" } ?? "") + name
    guard let run = LiveRun(path: path, name: whole, catalog: runs.catalog) else { return nil }
    return keep(Feed(RunFeedSource(run), every: .milliseconds(500)), as: .run(path: path))
  }

  /// nil: there is no such sweep.
  func sweep(_ name: String) async -> Feed? {
    guard let path = await lookup.path(ofSweep: name, in: runs) else { return nil }
    if let feed = open[.sweep(path: path)] { return feed }
    return keep(Feed(SweepFeedSource(runs, path: path, name: name), every: .seconds(1)), as: .sweep(path: path))
  }

  private func keep(_ feed: Feed, as subject: Subject) -> Feed {
    if open.count >= Feeds.maximum { open = open.filter { !$0.value.isIdle } }
    open[subject] = feed
    return feed
  }
}
