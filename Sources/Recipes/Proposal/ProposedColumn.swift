internal import Datasets

/// What a column of a table becomes in a proposed recipe, and why.
struct ProposedColumn {
  enum Part: Equatable {
    /// Floats of the input `features`.
    case features(width: Int)
    /// An input of the column's name, of so many values.
    case index(values: Int)
    case target
    case nothing
  }

  let column: TableSurvey.Column
  /// In flow style, as it stands behind the column's name.
  let declaration: String
  let part: Part
  /// What was found, and what follows from it.
  let reason: String
}

/// The rules for columns that are features. Each number stands beside its reason.
enum ColumnRules {
  /// One-hot up to here: as many floats are no burden for the first layer, and the linear path sees each value. Beyond, an
  /// embedding has fewer weights than a layer above so many columns.
  static let mostOneHot = 40
  /// An embedding learns nothing of a value that few rows have: such values share one vector.
  static let fewestOfIndex = 5
  /// Of texts: where this share of the rows has a value of its own, the column names rows.
  static let identityShare = 0.9
  /// Of texts with many values: rows must share values, or there is nothing to look up.
  static let fewestCovered = 0.3
  /// Columns of fewer rows cannot be told from names of rows.
  static let fewestRows = 20

  /// - Parameters:
  ///   - kept: columns that are used, by their place: one that tells the same as another is left out.
  ///   - targets: places of the targets.
  static func proposed(
    _ column: TableSurvey.Column, of survey: TableSurvey, targets: [Int], kept: Set<Int>, isIgnored: Bool,
    task: ProposedTask
  ) -> ProposedColumn {
    func ignored(_ reason: String) -> ProposedColumn {
      ProposedColumn(column: column, declaration: IgnoredColumn.word, part: .nothing, reason: reason)
    }
    if isIgnored { return ignored("left out as asked") }
    if column.present == 0 { return ignored("left out: no row has a value") }
    if column.distinct == 1, column.gaps == 0 { return ignored("left out: the same in every row") }
    let first = column.sameAs ?? column.number - 1
    if let target = targets.first(where: { (survey.columns[$0].sameAs ?? $0) == first }) {
      return ignored("left out: tells the same as the target \(ProposalText.shown(survey.columns[target].name))")
    }
    if first != column.number - 1, kept.contains(first) {
      return ignored("left out: tells the same as \(ProposalText.shown(survey.columns[first].name)) in every row")
    }
    if let reason = identity(column) { return ignored("left out: \(reason)") }
    switch column.contents {
    case .numbers(let numbers): return number(column, numbers, task)
    case .texts(let texts): return category(column, texts, ignored)
    }
  }

  private static func number(_ column: TableSurvey.Column, _ numbers: TableSurvey.Numbers, _ task: ProposedTask)
    -> ProposedColumn
  {
    // Values that grow with an outlier need it as it is: the clip of `robust` holds such predictions down.
    let scaling: NumberScaling.Method = task == .values ? .standard : .robust
    let hasGaps = column.gaps > 0
    // The median stands in where new data have gaps too: without it they would be refused.
    let declaration = "{number: {missing: median, \(hasGaps ? "indicator: true, " : "")scaling: \(scaling.rawValue)}}"
    return ProposedColumn(
      column: column, declaration: declaration, part: .features(width: hasGaps ? 2 : 1),
      reason: ProposalText.facts(column))
  }

  private static func category(
    _ column: TableSurvey.Column, _ texts: TableSurvey.Texts, _ ignored: (String) -> ProposedColumn
  ) -> ProposedColumn {
    if texts.dates > 0.9 {
      return ignored(
        "left out: dates, which are no quantity as texts; columns such as year, month and weekday could be used")
    }
    let facts = ProposalText.facts(column)
    if column.distinct <= mostOneHot {
      return ProposedColumn(
        column: column, declaration: CategoryColumn.word, part: .features(width: column.distinct + 1), reason: facts)
    }
    let levels = texts.counts.filter { $0.rows >= fewestOfIndex }
    let covered = levels.reduce(0) { $0 + $1.rows }
    if Double(covered) < fewestCovered * Double(column.present) {
      return ignored(
        "left out: texts of \(column.distinct) different values, few of which stand in \(fewestOfIndex) rows or more")
    }
    guard column.reference != SampleSchema.features else {
      return ignored("left out: an input of its own cannot be called \(SampleSchema.features); rename the column")
    }
    return ProposedColumn(
      column: column, declaration: "{category: {encoding: index, min_count: \(fewestOfIndex)}}",
      part: .index(values: levels.count + 1),
      reason: "\(facts); \(levels.count) in \(fewestOfIndex) rows or more, the rest is one value")
  }

  /// Why the column names rows rather than telling of them; nil: it does not.
  private static func identity(_ column: TableSurvey.Column) -> String? {
    guard column.rows >= fewestRows else { return nil }
    let share = Double(column.distinct) / Double(max(column.present, 1))
    switch column.contents {
    case .texts where share >= identityShare && column.distinct > mostOneHot:
      return "\(column.distinct) different texts in \(column.present) rows name rows, or are free text"
    case .texts: return nil
    case .numbers(let numbers):
      guard numbers.areWhole, column.distinct > 1 else { return nil }
      if share == 1, column.gaps == 0, numbers.rise, !looksLikeYears(numbers) {
        return "whole numbers that rise from row to row number the rows"
      }
      // Half: a file may have several rows of a customer.
      if share >= 0.5, namesRows(column.name) {
        return "its name and \(column.distinct) different values say an identity"
      }
      return nil
    }
  }

  private static func looksLikeYears(_ numbers: TableSurvey.Numbers) -> Bool {
    numbers.minimum >= 1500 && numbers.maximum <= 2200
  }

  /// `id`, `customer_id`, `customerId`, `Individual ID`; what R and pandas write above row numbers.
  static func namesRows(_ name: String) -> Bool {
    let lower = name.lowercased()
    if ["", "id", "idx", "index", "row", "rownames", "row_names", "unnamed: 0", "uuid", "guid"].contains(lower) {
      return true
    }
    if lower.hasSuffix("id"), let before = lower.dropLast(2).last, "_-. ".contains(before) { return true }
    let end = Array(name.suffix(3))
    return end.count == 3 && end[0].isLowercase && (end[1] == "I") && (end[2] == "d" || end[2] == "D")
  }
}
