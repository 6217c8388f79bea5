internal import Checkpointing
internal import Files
internal import Glibc
internal import Threads

/// The runs of a folder. Nothing is kept between two looks: the runs' own folders are all there is.
public struct RunCatalog: Sendable {
  public let directory: String
  /// What the recipe at a path says; nil: there is none, or none that can be read.
  private let recipe: @Sendable (_ path: String) -> RunRecipe?

  public init(directory: String, recipe: @escaping @Sendable (_ path: String) -> RunRecipe?) {
    self.directory = directory
    self.recipe = recipe
  }

  /// The names of the folders that hold a run, in order; the folder's own if it holds one itself.
  ///
  /// - Throws: `FileError`.
  public func names() throws -> [String] {
    if RunCatalog.isRun(directory) { return [ownName] }
    return try FolderListing.names(in: directory).filter {
      !$0.hasPrefix(".") && RunCatalog.isRun("\(directory)/\($0)")
    }
  }

  /// Where runs may be, by name: every folder, without a look into it.
  func candidates() -> [(name: String, path: String)] {
    if RunCatalog.isRun(directory) { return [(ownName, directory)] }
    let names = (try? FolderListing.names(in: directory)) ?? []
    return names.filter { !$0.hasPrefix(".") }.map { ($0, "\(directory)/\($0)") }
  }

  /// Where the run of a name is.
  public func path(of name: String) -> String {
    RunCatalog.isRun(directory) && name == ownName ? directory : "\(directory)/\(name)"
  }

  private var ownName: String { directory.split(separator: "/").last.map(String.init) ?? directory }

  /// Whether a folder holds what a run leaves.
  public static func isRun(_ path: String) -> Bool {
    access("\(path)/events.jsonl", F_OK) == 0 || access("\(path)/recipe.yaml", F_OK) == 0
  }

  /// Every run, by name. A folder that is no run, or cannot be read, is passed over.
  ///
  /// - Parameter withRecipes: whether each run's recipe is read too.
  /// - Throws: `FileError` if the folder cannot be listed.
  public func runs(withRecipes: Bool = false) throws -> [RunRecord] {
    var status = stat()
    if stat(directory, &status) != 0 { throw FileError(operation: "open", path: directory, code: errno) }
    if RunCatalog.isRun(directory) {
      return [run(path: directory, name: ownName, withRecipe: withRecipes)].compactMap(\.self)
    }
    let names = try FolderListing.names(in: directory).filter { !$0.hasPrefix(".") }
    var found = [RunRecord?](repeating: nil, count: names.count)
    found.withUnsafeMutableBufferPointer { found in
      // Each index is written by one iteration.
      nonisolated(unsafe) let places = found
      ConcurrentLoop.run(names.count) { index in
        places[index] = run(path: "\(directory)/\(names[index])", name: names[index], withRecipe: withRecipes)
      }
    }
    return found.compactMap(\.self)
  }

  /// One run; nil: the folder is none.
  public func run(path: String, name: String, withRecipe: Bool = false) -> RunRecord? {
    var reader = RunLogReader(path: path, name: name)
    defer { reader.close() }
    reader.readOn()
    let found = record(reader, withRecipe: withRecipe)
    guard found?.ending == RunDeath.ending else { return found }
    // The process may have written its last line and let go of the lock since the log was read.
    reader.readOn()
    return record(reader, withRecipe: withRecipe)
  }

  /// What follows from a log that has been read; nil: the folder holds no run.
  func record(_ reader: RunLogReader, withRecipe: Bool = false) -> RunRecord? {
    let (events, path) = (reader.events, reader.path)
    guard reader.isThere || access("\(path)/recipe.yaml", R_OK) == 0 else { return nil }
    var record = finish(events, path: path)
    if record.state == .running, let row = RowStream.lastRow(in: path), row.step > record.step ?? 0 {
      record.step = row.step
    }
    if withRecipe || !events.tellsTags, let recipe = recipe(of: path) {
      record.recipe = recipe.keys
      if !events.tellsTags { recipe.complete(&record) }
    }
    return record
  }

  func recipe(of path: String) -> RunRecipe? { recipe("\(path)/recipe.yaml") }

  /// What is known of the last process that trained in a folder if it ended without a word; nil: it did not.
  public static func epitaph(ofRunAt path: String) -> String? {
    let record = RunCatalog(directory: path) { _ in nil }.run(path: path, name: "")
    return record?.ending == RunDeath.ending ? record?.endingMessage : nil
  }

  /// The record that follows from a run's events, and from whether a process trains there.
  func finish(_ events: RunEvents, path: String) -> RunRecord {
    var events = events
    let began = events.processBegan
    let holder = RunLock.holder(directory: path)
    // Between the last event and the end of the process the lock is still held, and between the start of a process that
    // goes on with a run and its first event the log still tells of the one before.
    let isRunning = holder != nil && !(events.hasEnded && events.record.process.map(String.init) == holder)
    var record = events.finish(now: isRunning ? UTCTime.now : nil)
    if isRunning {
      record.state = .running
    } else if events.isOpen {
      let death = RunDeath(record, began: began, row: RowStream.lastRow(in: path))
      (record.ending, record.endingMessage) = (RunDeath.ending, death.sentence)
    }
    return record
  }
}
