internal import Checkpointing
internal import Files
internal import GradientHealth
internal import Recipes
internal import Reports
internal import Sweeps

extension SweepFolder {
  func create() throws { try FileContents.makeFolders(path) }

  /// The sweep's members where all have ended; nil: some have not.
  ///
  /// - Throws: `CommandError` where they are not what their records tell.
  func ended(_ sweep: SweepRecipe) throws -> SweepBoard? {
    let board = try SweepBoard(self, sweep)
    board.readAll()
    guard board.records.allSatisfy({ $0?.state.isFinal ?? false }) else { return nil }
    try board.requireAsRecorded()
    return board
  }

  /// Makes the folder the sweep's, or sees that it is.
  ///
  /// - Parameters:
  ///   - mayGoOn: whether a sweep that was begun may be gone on with though nobody works on it.
  ///   - hasOthers: whether other processes work on it.
  /// - Returns: the sweep, with what the first process has decided.
  /// - Throws: `CommandError`, `RecipeError`, `FileError`.
  func adopt(_ sweep: SweepRecipe, mayGoOn: Bool, hasOthers: Bool) throws -> SweepRecipe {
    if RunCatalog.isRun(path) {
      throw CommandError(.cannotCreate, "\(path): holds a run: give the sweep another name")
    }
    guard FilePath.exists(recipePath) else {
      let names = try FolderListing.names(in: path)
      if let member = names.first(where: { Member(name: $0) != nil }) {
        throw CommandError(
          .cannotCreate,
          "\(path): holds members of a sweep, such as \(member), but no sweep.yaml: put it back, or remove the members")
      }
      try FileContents.publish(Array(sweep.stored.utf8), at: recipePath)
      return sweep
    }
    let stored = try stored()
    if let difference = sweep.difference(from: stored) {
      throw CommandError(
        .badData,
        "\(path): holds another sweep: \(difference); give this one another name, or remove that folder")
    }
    if !mayGoOn, !hasOthers {
      let draws = try draws(sweep)
      let records = records(draws, sweep.repetition)
      let hasBegun = draws.flatMap { sweep.repetition.members(of: $0.id) }.contains {
        FilePath.exists(directory(of: $0).recipePath)
      }
      if hasBegun, records.contains(where: { !($0?.state.isFinal ?? false) }) {
        let done = records.count { $0?.state.isFinal ?? false }
        throw CommandError(
          .cannotCreate,
          "\(path): holds this sweep already, \(done) of \(counted(records.count, "member")) done; --resume to go on with it"
        )
      }
    }
    var adopted = sweep
    adopted.shards = stored.shards
    try FileContents.publishIfNew(adopted.stored, at: recipePath)
    return adopted
  }
}
