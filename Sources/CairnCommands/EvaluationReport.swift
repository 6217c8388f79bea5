internal import Datasets
internal import JSON
internal import NeuralNetwork
internal import Reports
internal import Training

/// Predictions beside what the rows are: by class or by target, of all rows and by group.
struct EvaluationReport {
  enum Figures {
    case classes(ClassificationReport)
    case values(RegressionReport)
  }

  let whole: Figures
  /// What the groups are told by; nil: there are none.
  private let column: String?
  private let groups: [(name: String, figures: Figures)]

  /// - Throws: `CommandError` where the outputs are neither classes nor values, or not all of them count.
  static func check(_ predictor: Predictor, _ configuration: TrainingConfiguration) throws {
    guard predictor.model.network.maskInputs.isEmpty else {
      throw CommandError(.usage, "--confusion, --by: expected a network without a mask, which leaves out positions")
    }
    let empty = Predictions(
      [], shape: predictor.model.network.output.extents, loss: configuration.loss, classNames: [], targetNames: [])
    guard empty.classes != nil || TargetRole(configuration.loss.targets) == .values else {
      throw CommandError(
        .usage,
        "--confusion, --by: expected outputs that are probabilities of classes, one of which a row is, or values; under "
          + "the run's loss they are neither")
    }
  }

  /// - Parameters:
  ///   - targets: of the rows of `made`, row-major: the number of a class, a column for each class, or values.
  ///   - weights: of each row; empty: each counts for 1.
  ///   - groups: the group of each row; nil: all are one.
  /// - Throws: `CommandError` where a target of two classes is neither.
  init(_ made: Predictions, targets: [Float], weights: [Float], by groups: TextColumn?) throws {
    let compared = try Compared(made, targets: targets, weights: weights)
    whole = compared.figures(nil)
    column = groups?.name
    guard let groups else {
      self.groups = []
      return
    }
    var rows: [ExactText: [Int]] = [:]
    for (row, cell) in groups.cells.enumerated() { rows[ExactText(cell), default: []].append(row) }
    self.groups = EvaluationReport.sorted(rows.keys.map(\.text)).map { name in
      (name, compared.figures(rows[ExactText(name)] ?? []))
    }
  }

  /// Numbers by what they are, anything else as text.
  private static func sorted(_ names: [String]) -> [String] {
    let byText = names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    let numbers = byText.compactMap { Double($0) }.filter { !$0.isNaN }
    guard numbers.count == byText.count else { return byText }
    return zip(numbers, byText).enumerated().sorted { ($0.1.0, $0.0) < ($1.1.0, $1.0) }.map { $0.1.1 }
  }

  /// - Parameter isFull: whether every figure is told, and not those of groups alone.
  func text(inFull isFull: Bool) -> String {
    var parts = isFull ? [whole.text] : []
    if let column {
      let lines = groups.flatMap { name, figures in figures.lines.map { [shown(name)] + $0 } }
      parts.append(TextTable.render([[column] + whole.heading] + lines))
      for (name, figures) in isFull ? groups : [] {
        if case .classes(let report) = figures { parts.append("\(column): \(shown(name))\n\(report.text)") }
      }
    }
    return parts.joined(separator: "\n\n") + "\n"
  }

  func added(to document: JSONValue) -> JSONValue {
    let document = document.adding(whole.key, whole.json)
    guard let column else { return document }
    let groups = groups.map { name, figures in
      JSONValue.object([("group", .string(name)), (figures.key, figures.json)])
    }
    return document.adding("by", ["column": .string(column), "groups": .array(groups)])
  }

  private func shown(_ group: String) -> String { group.isEmpty ? "(empty)" : group }
}

extension EvaluationReport.Figures {
  var key: String {
    switch self {
    case .classes: "classification"
    case .values: "regression"
    }
  }

  var json: JSONValue {
    switch self {
    case .classes(let report): report.json
    case .values(let report): report.json
    }
  }

  var text: String {
    switch self {
    case .classes(let report): report.text
    case .values(let report): report.text
    }
  }

  /// Of a table with a line for each group, or for each group's targets.
  var heading: [String] {
    switch self {
    case .classes: ["rows", "accuracy", "precision", "recall", "f1", "weighted f1"]
    case .values: ["rows", "target", "rmse", "mae", "r2"]
    }
  }

  var lines: [[String]] {
    switch self {
    case .classes(let report):
      let means = [report.macro.precision, report.macro.recall, report.macro.f1, report.weighted.f1]
      return [["\(report.rows)"] + ([report.accuracy] + means).map { short($0) }]
    case .values(let report):
      return report.targets.map {
        ["\(report.rows)", $0.name] + [$0.rmse, $0.mae, $0.r2].map { short($0, digits: 6) }
      }
    }
  }
}

/// Predictions and targets in one form.
private struct Compared {
  private enum Content {
    /// Numbers of classes, `[rows, positions]`.
    case classes(targets: [Int], predictions: [Int], names: [String])
    /// `[rows, names.count]`.
    case values(targets: [Float], predictions: [Float], names: [String])
  }

  private let content: Content
  private let weights: [Float]
  private let rows: Int
  /// Things compared of a row: its positions.
  private let width: Int

  init(_ made: Predictions, targets: [Float], weights: [Float]) throws {
    (rows, self.weights) = (made.rows, weights)
    guard let classes = made.classes else {
      let names = made.columns
      width = names.count
      // One target for several outputs, as for quantiles: each is compared with it.
      let isShared = targets.count == made.rows && names.count > 1
      let values = isShared ? targets.flatMap { [Float](repeating: $0, count: names.count) } : targets
      content = .values(targets: values, predictions: made.values, names: names)
      return
    }
    width = made.positions
    let count = made.rows * made.positions
    let numbers: [Int]
    if targets.count == count {
      if let other = targets.first(where: { $0 != $0.rounded() || $0 < 0 || Int($0) >= classes.names.count }) {
        throw CommandError(
          .badData,
          "--confusion, --by: expected targets that are numbers of classes, found \(other), which is between two")
      }
      numbers = targets.map { Int($0) }
    } else {
      // A column for each class: the largest, the first of equals.
      let columns = targets.count / max(1, count)
      numbers = (0..<count).map { place in
        let own = targets[place * columns..<(place + 1) * columns]
        return own.indices.reduce(own.startIndex) { targets[$1] > targets[$0] ? $1 : $0 } - own.startIndex
      }
    }
    content = .classes(targets: numbers, predictions: classes.numbers.map { Int($0) }, names: classes.names)
  }

  /// - Parameter chosen: rows; nil: all.
  func figures(_ chosen: [Int]?) -> EvaluationReport.Figures {
    func values<Value>(_ all: [Value]) -> [Value] {
      chosen.map { $0.flatMap { all[$0 * width..<($0 + 1) * width] } } ?? all
    }
    let own = weights.isEmpty ? [] : (chosen.map { $0.map { weights[$0] } } ?? weights)
    switch content {
    case .classes(let targets, let predictions, let names):
      return .classes(
        ClassificationReport(
          targets: values(targets), predictions: values(predictions), names: names,
          weights: own.flatMap { [Float](repeating: $0, count: width) }))
    case .values(let targets, let predictions, let names):
      return .values(
        RegressionReport(targets: values(targets), predictions: values(predictions), names: names, weights: own))
    }
  }
}
