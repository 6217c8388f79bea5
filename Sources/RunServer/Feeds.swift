internal import Reports

/// The feeds that are listened to, one a run and one a part of the table.
actor Feeds {
  private enum Subject: Hashable {
    case run(path: String)
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

    func path(of name: String, in runs: ServedRuns) -> String? { runs.path(of: name) }
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

  /// nil: there is no such run.
  func run(_ name: String) async -> Feed? {
    guard let path = await lookup.path(of: name, in: runs) else { return nil }
    if let feed = open[.run(path: path)] { return feed }
    guard let run = LiveRun(path: path, name: name, catalog: runs.catalog) else { return nil }
    return keep(Feed(RunFeedSource(run), every: .milliseconds(500)), as: .run(path: path))
  }

  private func keep(_ feed: Feed, as subject: Subject) -> Feed {
    if open.count >= Feeds.maximum { open = open.filter { !$0.value.isIdle } }
    open[subject] = feed
    return feed
  }
}
