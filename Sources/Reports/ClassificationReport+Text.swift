public import JSON

extension ClassificationReport {
  /// Classes above which the matrix is told by its largest errors.
  private static let widest = 20

  /// Tables for a person: the figures, and the confusion matrix, a line for each class that rows are; of many classes the
  /// most frequent errors.
  public var text: String { TextTable.render(figuresTable) + "\n\n" + confusionText }

  public var json: JSONValue {
    [
      "rows": .integer(rows), "accuracy": .number(accuracy), "macro": Self.json(macro), "weighted": Self.json(weighted),
      "classes": .array(
        zip(names, classes).map { name, figures in
          .object([("class", .string(name))] + Self.members(figures))
        }),
      "confusion_matrix": .array(confusion.map { .array($0.map(Self.amount)) }),
    ]
  }

  private var figuresTable: [[String]] {
    func line(_ name: String, _ figures: Figures) -> [String] {
      [name] + [figures.precision, figures.recall, figures.f1].map { short($0) } + [short(figures.support, digits: 7)]
    }
    return [["class", "precision", "recall", "f1", "support"]] + zip(names, classes).map(line)
      + [["accuracy", "", "", short(accuracy), short(macro.support, digits: 7)]]
      + [line("macro average", macro), line("weighted average", weighted)]
  }

  private var confusionText: String {
    if names.count <= Self.widest {
      let lines = zip(names, confusion).map { name, line in [name] + line.map { short($0, digits: 7) } }
      return "confusion matrix: a line for what rows are, a column for what they were taken for\n"
        + TextTable.render([[""] + names] + lines)
    }
    let errors = confusion.indices.flatMap { kind in
      confusion.indices.filter { $0 != kind && confusion[kind][$0] > 0 }.map { (kind, $0, confusion[kind][$0]) }
    }.sorted { ($1.2, $0.0, $0.1) < ($0.2, $1.0, $1.1) }.prefix(Self.widest)
    if errors.isEmpty { return "confusion matrix: no row was taken for what it is not" }
    return "confusion matrix: the most frequent errors (all with --json)\n"
      + TextTable.render(
        [["is", "taken for", "rows"]] + errors.map { [names[$0.0], names[$0.1], short($0.2, digits: 7)] })
  }

  private static func members(_ figures: Figures) -> [(String, JSONValue)] {
    [
      ("precision", .number(figures.precision)), ("recall", .number(figures.recall)), ("f1", .number(figures.f1)),
      ("support", amount(figures.support)),
    ]
  }

  private static func json(_ figures: Figures) -> JSONValue { .object(members(figures)) }

  /// Numbers of rows are whole; sums of weights need not be.
  private static func amount(_ value: Double) -> JSONValue {
    Int(exactly: value).map { .integer($0) } ?? .number(value)
  }
}
