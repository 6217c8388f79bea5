internal import Checkpointing
internal import Files
internal import Glibc
internal import Recipes
internal import Sweeps

/// A sweep's directory on disk: `Checkpoints/<sweep>`, with a run's directory for every member.
struct SweepFolder {
  let path: String

  init(path: String) { self.path = path }

  /// - Parameter text: a sweep's directory, or its name below `parent`.
  /// - Returns: nil: there is no sweep of that name.
  init?(naming text: String, parent: String = RunDirectory.defaultParent) {
    guard let path = [text, "\(parent)/\(text)"].first(where: { FilePath.exists("\($0)/\(SweepFolder.recipeName)") })
    else { return nil }
    self.path = FilePath.withoutClosingSlashes(path)
  }

  static let recipeName = "sweep.yaml"

  var recipePath: String { "\(path)/\(SweepFolder.recipeName)" }
  var tablePath: String { "\(path)/sweep.csv" }
  var bestPath: String { "\(path)/best.yaml" }
  /// Draws that another program has told, a line each.
  var toldPath: String { "\(path)/told.jsonl" }
  func directory(of member: Member) -> RunDirectory { RunDirectory(path: "\(path)/\(member.name)") }

  /// - Throws: `RecipeError`.
  func stored() throws -> SweepRecipe { try SweepRecipe.load(path: recipePath) }

  /// Draws that were told, in order.
  func told(_ sweep: SweepRecipe) throws -> [Draw] {
    guard FilePath.exists(toldPath) else { return [] }
    let text = String(decoding: try FileContents.read(toldPath), as: UTF8.self)
    // A last line without its end is still being written.
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false).dropLast().filter { !$0.isEmpty }
    return try lines.enumerated().map { Draw(DrawID($0 + 1, isTold: true), try SweepRecipe.settings(String($1))) }
  }

  /// All draws of a sweep: its own, then those that were told.
  func draws(_ sweep: SweepRecipe) throws -> [Draw] {
    (0..<sweep.rule.count).map { Draw(DrawID($0 + 1), sweep.rule.settings(of: $0 + 1)) } + (try told(sweep))
  }

  /// What became of every member, draw by draw.
  func records(_ draws: [Draw], _ repetition: Repetition) -> [MemberRecord?] {
    draws.flatMap { repetition.members(of: $0.id) }.map { MemberRecord.read(folder: directory(of: $0).path) }
  }

  func standings(_ sweep: SweepRecipe) throws -> Standings {
    let draws = try draws(sweep)
    return Standings(
      draws, records: records(draws, sweep.repetition), repetition: sweep.repetition, objective: sweep.objective)
  }
}
