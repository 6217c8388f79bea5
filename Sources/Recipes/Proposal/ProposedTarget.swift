internal import Datasets

/// What the network is to answer.
public enum ProposedTask: String, Sendable, CaseIterable {
  case classes, values
}

/// The rules for targets.
struct ProposedTarget {
  let task: ProposedTask
  /// Columns of the target: one where they are classes.
  let columns: [TableSurvey.Column]
  /// Outputs of the network.
  let outputs: Int
  let reason: String
  /// Rows that have no target, and must be left out.
  let gaps: Int

  /// Whole numbers that count from 0 or 1 without a hole are classes up to here; more are quantities.
  static let mostClassNumbers = 20
  /// Rows a class, on average, below which whole numbers are quantities.
  static let fewestOfClass = 10
  /// Texts of more values are no classes that could be learnt.
  static let mostClasses = 1000

  init(_ columns: [TableSurvey.Column], in survey: TableSurvey, task asked: ProposedTask?) throws {
    self.columns = columns
    gaps = columns.map(\.gaps).max() ?? 0
    func refuse(_ problem: String, expected: String? = nil, remedy: String? = nil) -> DatasetError {
      DatasetError(.arguments, at: survey.path, problem, expected: expected, remedy: remedy)
    }
    for column in columns where column.distinct < 2 {
      let name = ProposalText.shown(column.name)
      throw refuse(
        column.present == 0
          ? "the target \(name) is missing in every row" : "the target \(name) is the same in every row",
        expected: "two values or more")
    }
    if columns.count > 1 {
      if let text = columns.first(where: { $0.numbers == nil }) {
        throw refuse(
          "the target \(ProposalText.shown(text.name)) holds texts, and there are several targets",
          expected: "several targets that are all numbers, or one of classes", remedy: "write a recipe for each target")
      }
      if asked == .classes {
        throw refuse("several targets cannot be classes", remedy: "write a recipe for each target")
      }
      (task, outputs, reason) = (.values, columns.count, "\(columns.count) columns of numbers: values")
      return
    }
    let column = columns[0]
    switch column.contents {
    case .texts(let texts):
      if asked == .values {
        let odd = texts.counts[0].text
        throw refuse(
          "the target \(ProposalText.shown(column.name)) holds texts such as \(ProposalText.shown(odd)), which are no values"
        )
      }
      guard column.distinct <= ProposedTarget.mostClasses, column.distinct * 2 <= column.present else {
        throw refuse(
          "the target \(ProposalText.shown(column.name)) holds \(column.distinct) different texts in \(column.present) rows",
          expected: "at most \(ProposedTarget.mostClasses) classes, and two rows of each on average",
          remedy: "is it meant to be a feature, or numbers that are written with units?")
      }
      (task, outputs, reason) = (.classes, column.distinct, "texts, which are classes")
    case .numbers(let numbers):
      let counts = numbers.counts
      let isDense =
        numbers.areWhole && !counts.isEmpty && counts.count <= ProposedTarget.mostClassNumbers
        && (numbers.minimum == 0 || numbers.minimum == 1)
        && Int(numbers.maximum - numbers.minimum) == counts.count - 1
        && column.present >= ProposedTarget.fewestOfClass * counts.count
      let isPair = numbers.areWhole && counts.count == 2
      let other = isDense || isPair ? ProposedTask.values : .classes
      if let asked { task = asked } else { task = isDense || isPair ? .classes : .values }
      if task == .classes, counts.isEmpty || counts.count * 2 > column.present {
        throw refuse(
          "the target \(ProposalText.shown(column.name)) holds \(column.distinct) different numbers in \(column.present) rows",
          expected: "two rows of each class on average")
      }
      let hint =
        task == other ? "as asked" : "if they are \(other.rawValue), make the recipe with --task \(other.rawValue)"
      if task == .classes {
        outputs = counts.count
        reason = "\(counts.count) whole numbers from \(ProposalText.number(numbers.minimum)) on: classes; \(hint)"
      } else {
        outputs = 1
        reason =
          numbers.areWhole && counts.count <= ProposedTarget.mostClassNumbers && !counts.isEmpty
          ? "\(counts.count) whole numbers: values; \(hint)" : "numbers: values"
      }
    }
  }

  var declaration: String { task == .classes ? ClassColumn.word : "{number: {scaling: standard}}" }
}
