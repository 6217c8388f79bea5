internal import Files
internal import Recipes
internal import Reports
internal import Sweeps
internal import Training

extension SweepOutline {
  /// More members than anybody trains: a folder that asks for them is passed over, rather than filling the memory.
  private static let most = 2_000_000

  /// What the sweep in a folder says; nil: there is none, or none that can be read. Its data need not be there.
  static func read(_ path: String) -> SweepOutline? { try? SweepOutline(reading: SweepFolder(path: path)) }

  /// - Throws: `RecipeError`, `FileError`.
  init(reading folder: SweepFolder) throws {
    let sweep = try SweepRecipe.load(path: folder.recipePath, files: .none)
    let perDraw = sweep.repetition.seeds.multipliedReportingOverflow(by: sweep.repetition.folds ?? 1)
    let members = sweep.rule.count.multipliedReportingOverflow(by: perDraw.partialValue)
    if perDraw.overflow || members.overflow || members.partialValue > SweepOutline.most {
      throw CommandError(.badData, "\(folder.recipePath): more than \(SweepOutline.most) members")
    }
    let draws = try folder.draws(sweep)
    let variations = Dictionary(sweep.variations.map { ($0.key, $0.range) }) { first, _ in first }
    let keys = sweep.keys(of: draws).map { key in
      let range = variations[key]
      return Key(key, choices: (range as? ChoiceRange)?.all, isLogarithmic: range?.isLogarithmic ?? false)
    }
    self.init(
      name: sweep.name, keys: keys, draws: draws, repetition: sweep.repetition, objective: sweep.objective,
      epochs: sweep.base.configuration.epochs)
    description = sweep.description
    pruning = sweep.pruning.map { $0.needsAll ? "halving" : "median" }
  }
}

extension SweepWatch {
  /// The sweep in a folder.
  ///
  /// - Throws: what is wrong with it: `RecipeError`, `FileError`.
  static func open(_ folder: SweepFolder, asksForLocks: Bool = true) throws -> SweepWatch {
    if let watch = SweepWatch(path: folder.path, asksForLocks: asksForLocks, read: SweepOutline.read) {
      watch.look()
      return watch
    }
    _ = try SweepOutline(reading: folder)
    throw CommandError(.badData, "\(folder.recipePath): cannot be read")
  }
}
