internal import Datasets
internal import GradientHealth
internal import HDF5Storage
internal import JSON
internal import Recipes
internal import Reports

/// What `dataset describe` says of a CSV file's columns, texts too.
struct TableDescription {
  let source: DataSource
  private let survey: TableSurvey
  private let proposal: RecipeProposal
  /// Columns from 1.
  private let targets: Set<Int>

  /// Most frequent values that are told of a column of texts.
  private static let most = 5

  /// nil: the data are no rows of a CSV file.
  ///
  /// - Parameter isPath: whether how the file is written is to be found out.
  /// - Throws: `DatasetError`.
  init?(of data: DataSource, isPath: Bool) throws {
    guard var csv = data.kind as? CSVSource, csv.windows == nil else { return nil }
    if isPath { csv = CSVSource(path: csv.path, targets: [], try CSVDialect(of: csv.path)) }
    source = DataSource(csv)
    let survey = try TableSurvey(of: csv)
    self.survey = survey
    let names = csv.targets.map { if case .name(let name) = $0 { name } else { "\($0)" } }
    targets = Set(
      csv.targets.compactMap { target in
        switch target {
        case .number(let number): number
        case .name(let name): survey.columns.first { Array($0.name.utf8) == Array(name.utf8) }?.number
        }
      })
    proposal = try RecipeProposal(columnsOf: survey, targets: names)
  }

  /// Whether there are features that `DatasetDescription` cannot tell of.
  var hasTexts: Bool { survey.columns.contains { $0.texts != nil && !targets.contains($0.number) } }

  /// Of so many columns the block is left to `recipe new`, which writes it to a file.
  private static let mostColumns = 100

  func printColumns() throws {
    if survey.columns.count > TableDescription.mostColumns {
      return try StandardOutput.line("\ncolumns: `cairn recipe new` writes what they would be")
    }
    for line in [""] + proposal.columnLines { try StandardOutput.line(line.printable()) }
  }

  func printText() throws {
    try StandardOutput.line("\(counted(survey.rows, "row")), \(counted(survey.columns.count, "column"))")
    var table = [["column", "min", "max", "mean", "deviation", "missing", ""]]
    for column in survey.columns {
      guard let numbers = column.numbers else { continue }
      table.append([
        column.name, short(numbers.minimum), short(numbers.maximum), short(numbers.mean),
        short(numbers.standardDeviation), String(column.gaps),
        column.gaps == 0 && column.distinct == 1 ? "constant" : "",
      ])
    }
    if table.count > 1 { try StandardOutput.line(TextTable.render(table)) }
    var texts = [["column", "values", "missing", "most frequent"]]
    for column in survey.columns {
      guard let own = column.texts else { continue }
      let frequent = own.counts.prefix(TableDescription.most)
        .map { "\(cut($0.text)) \($0.rows)" }.joined(separator: ", ")
      texts.append([
        column.name, String(column.distinct), String(column.gaps),
        frequent + (column.distinct > TableDescription.most ? ", ..." : ""),
      ])
    }
    if texts.count > 1 { try StandardOutput.line((table.count > 1 ? "\n" : "") + TextTable.render(texts)) }
    try printColumns()
  }

  private func cut(_ text: String) -> String { text.count > 40 ? text.prefix(40) + "..." : text }

  /// Of each column what it is, and what a recipe would say of it.
  var columns: JSONValue {
    .array(
      zip(survey.columns, proposal.columns).map { column, proposed in
        var members: [JSONValue.Member] = [
          .init(key: "name", value: .string(column.name)), .init(key: "column", value: .string(proposed.declaration)),
          .init(key: "reason", value: .string(proposed.reason)),
          .init(key: "distinct", value: .integer(column.distinct)),
          .init(key: "missing", value: .integer(column.gaps)),
        ]
        switch column.contents {
        case .numbers(let numbers):
          members += [
            .init(key: "min", value: .number(numbers.minimum)), .init(key: "max", value: .number(numbers.maximum)),
            .init(key: "mean", value: .number(numbers.mean)),
            .init(key: "std", value: .number(numbers.standardDeviation)),
          ]
        case .texts(let texts):
          members.append(
            .init(
              key: "most_frequent",
              value: .array(
                texts.counts.prefix(TableDescription.most).map {
                  ["value": .string($0.text), "rows": .integer($0.rows)]
                })))
        }
        return .object(members)
      })
  }

  func printJSON() throws {
    let document: JSONValue = ["rows": .integer(survey.rows), "columns": columns]
    try StandardOutput.line(document.text)
  }
}

extension JSONValue {
  /// An object with one member more.
  func adding(_ key: String, _ value: JSONValue) -> JSONValue {
    guard case .object(let members) = self else { return self }
    return .object(members + [Member(key: key, value: value)])
  }
}
