public import Datasets
internal import Files

/// A first recipe for a table: what its columns are, a network and its training, chosen by what a survey has found.
public struct RecipeProposal: Sendable {
  /// What messages of it are about.
  public let path: String
  /// Lines of `columns:`, with comments.
  public let columnLines: [String]
  /// Names and what they become, in the file's order.
  public let columns: [(name: String, declaration: String, reason: String)]
  private let text: String

  /// Missing marks of texts that are usual in files, which a recipe takes for granted of features.
  private static let usualMarks = ["", "NA", "N/A", "NaN", "nan", "null", "None", "?"]

  /// Surveys a file, and proposes.
  ///
  /// - Parameters:
  ///   - targets: names, or numbers from 1; empty: columns alone are asked for.
  ///   - ignored: likewise.
  ///   - task: nil: told from the target.
  ///   - folder: where the recipe will stand: paths start there; nil: the working directory.
  /// - Throws: `DatasetError`.
  public init(
    path: String, targets: [String], ignored: [String] = [], task: ProposedTask? = nil, folder: String? = nil
  ) throws {
    var survey = try TableSurvey(of: path)
    var marks: [String]?
    // In a target `NA` is a class unless the recipe lists what is missing.
    let first = try RecipeProposal.places(targets, in: survey, "target")
    let words = first.flatMap { survey.columns[$0].texts?.counts.map(\.text) ?? [] }
      .filter { RecipeProposal.meansNothing($0) }
    let read = first.contains { survey.columns[$0].texts != nil && survey.columns[$0].gaps > 0 }
    if read || !words.isEmpty {
      marks = RecipeProposal.usualMarks + words.filter { !RecipeProposal.usualMarks.contains($0) }
      survey = try TableSurvey(of: path, dialect: survey.dialect, missingValues: marks)
    }
    try self.init(survey, targets: targets, ignored: ignored, task: task, folder: folder, missingValues: marks)
  }

  /// Proposes what the columns of a table would be, where some are targets.
  ///
  /// - Throws: `DatasetError`.
  public init(columnsOf survey: TableSurvey, targets: [String]) throws {
    do {
      try self.init(survey, targets: targets, ignored: [], task: nil, folder: nil, missingValues: nil)
    } catch _ as DatasetError {
      // Describing is for looking: a target that nothing can be learnt of is described as a feature.
      try self.init(survey, targets: [], ignored: [], task: nil, folder: nil, missingValues: nil)
    }
  }

  private static func meansNothing(_ text: String) -> Bool {
    ["na", "n/a", "nan", "-nan", "null", "?", "#n/a", "#na", "<na>", "nat"].contains(text.lowercased())
  }

  private init(
    _ survey: TableSurvey, targets: [String], ignored: [String], task: ProposedTask?, folder: String?,
    missingValues: [String]?
  ) throws {
    path = survey.path
    let targetPlaces = try RecipeProposal.places(targets, in: survey, "target")
    let ignoredPlaces = Set(try RecipeProposal.places(ignored, in: survey, "column to ignore"))
    if let both = targetPlaces.first(where: { ignoredPlaces.contains($0) }) {
      throw DatasetError(
        .arguments, at: survey.path, "\(ProposalText.shown(survey.columns[both].name)) is a target, and to be ignored")
    }
    let target =
      targets.isEmpty
      ? nil : try ProposedTarget(targetPlaces.map { survey.columns[$0] }, in: survey, task: task)
    var kept = Set<Int>()
    var proposed: [ProposedColumn] = []
    for (place, column) in survey.columns.enumerated() {
      if targetPlaces.contains(place), let target {
        let facts = ProposalText.facts(column)
        proposed.append(
          ProposedColumn(
            column: column, declaration: target.declaration, part: .target,
            reason: "the target, \(target.reason): \(facts)"))
        continue
      }
      let one = ColumnRules.proposed(
        column, of: survey, targets: targetPlaces, kept: kept, isIgnored: ignoredPlaces.contains(place),
        task: target?.task ?? .classes)
      if one.part != .nothing { kept.insert(place) }
      proposed.append(one)
    }
    columns = proposed.map { ($0.column.reference, $0.declaration, $0.reason) }
    columnLines =
      ["columns:"]
      + ProposalText.lines(columns.map { ($0.name, $0.declaration, $0.reason) }, indent: 2)
    guard let target else {
      text = ""
      return
    }
    if kept.isEmpty {
      throw DatasetError(
        .shape, at: survey.path,
        "no column is left for the features: all others are "
          + "targets, constant, names of rows or left out as asked")
    }
    var width = 0
    var lookedUp: [(name: String, values: Int)] = []
    for one in proposed {
      switch one.part {
      case .features(let own): width += own
      case .index(let values): lookedUp.append((one.column.reference, values))
      case .target, .nothing: break
      }
    }
    let rows = survey.rows - target.gaps
    let network = ProposedNetwork(lookedUp: lookedUp, width: width, rows: rows, target: target)
    let training = ProposedTraining(rows: rows, target: target)
    var lines = RecipeProposal.heading(survey, target)
    lines += ["data:", "  train:", "    csv:"]
    lines.append("      path: \(ProposalText.scalar(RecipeProposal.relative(survey.path, to: folder)))")
    lines.append("      targets: [\(target.columns.map { ProposalText.scalar($0.selector) }.joined(separator: ", "))]")
    if survey.dialect.delimiter != "," {
      lines.append("      delimiter: \(YAMLText.quoted(String(survey.dialect.delimiter)))")
    }
    if survey.dialect.decimal != "." { lines.append("      decimal: \",\"") }
    if !survey.dialect.header {
      lines.append("      header: false            # columns are called by their numbers from 1")
    }
    if let missingValues {
      lines.append(
        "      missing_values: [\(missingValues.map { YAMLText.quoted($0) }.joined(separator: ", "))]  # in the target too"
      )
    }
    lines += columnLines.map { "  " + $0 }
    if target.gaps > 0 {
      lines.append("  on_bad_row: skip        # \(target.gaps) of \(survey.rows) rows have no target")
    }
    if let fraction = training.fraction {
      let isStratified = target.task == .classes
      lines.append(
        "  validation: {fraction: \(fraction)\(isStratified ? ", stratify: true" : "")}  # held back to tell when to stop"
          + (isStratified ? ", of each class in proportion" : ""))
    } else {
      lines += ProposalText.comment(
        "All rows are trained on. How good it is on others: train with --name check --set 'data.validation={fraction: 0.2}' "
          + "beside it, and evaluate that.", indent: 2)
    }
    lines += [""] + network.lines() + [""] + training.lines()
    text = lines.joined(separator: "\n") + "\n"
  }

  /// The recipe; empty where no target was asked for.
  public var recipe: String { text }

  /// The first line of every such recipe of the same file and targets.
  public static let headingStart = "# A first recipe for "

  private static func heading(_ survey: TableSurvey, _ target: ProposedTarget) -> [String] {
    let names = target.columns.map { ProposalText.shown($0.name) }.joined(separator: ", ")
    return [
      "\(headingStart)\(ProposalText.shown(FilePath.split(survey.path).name)), by `cairn recipe new`: \(survey.rows) rows, "
        + "\(survey.columns.count) columns, to predict \(names)."
    ]
      + ProposalText.comment(
        "Behind each column stands what was found in it. All that is fitted (medians, scaling, categories) is fitted to the training rows."
      ) + [""]
  }

  /// Places of columns by name, or by number from 1 where no column has that name.
  private static func places(_ names: [String], in survey: TableSurvey, _ what: String) throws -> [Int] {
    try names.map { name in
      let found = survey.columns.indices.filter { Array(survey.columns[$0].name.utf8) == Array(name.utf8) }
      if found.count == 1 { return found[0] }
      if found.count > 1 {
        throw DatasetError(
          .missingName, at: survey.path, "\(found.count) columns are named `\(name)`",
          remedy: "give the column's number from 1")
      }
      if let number = Int(name), survey.columns.indices.contains(number - 1) { return number - 1 }
      let all = survey.columns.map(\.name)
      throw DatasetError(
        .missingName, at: survey.path, "the \(what) `\(name)` is no column of the file",
        found: all.prefix(30).quoted(", ") + (all.count > 30 ? ", ..." : ""),
        remedy: NearestName.nearest(to: name, among: all).map { "did you mean `\($0)`?" })
    }
  }

  /// The path as a recipe in a folder says it; without a folder as it is.
  private static func relative(_ path: String, to folder: String?) -> String {
    guard let folder else { return path }
    let file = FilePaths.absolute(path).split(separator: "/")
    let base = FilePaths.absolute(folder + "/x").split(separator: "/").dropLast()
    let common = zip(file, base).prefix { $0 == $1 }.count
    return (Array(repeating: "..", count: base.count - common) + file[common...].map(String.init)).joined(
      separator: "/")
  }
}
