internal import Datasets

extension Grammar {
  /// What a column of a table may be.
  static let columns = Registry<any ColumnDeclaration>(
    "a column", [.number, .category, .classes, .weight, .ignore], definition: "column")
}

extension Constructor<any ColumnDeclaration> {
  static var number: Constructor {
    Constructor(
      NumberColumn.word,
      keys: [
        Key(
          "missing",
          .scalarOr(
            .word(["refuse", "mean", "median"]),
            MapForm(
              what: "what stands for a missing value",
              keys: [Key("constant", .number(.any), .required, "This number does.")])), "refuse",
          "What stands for a missing value, fitted on the training rows: refuse, mean, median, or {constant: x}."),
        Key("indicator", .boolean, "false", "Whether a column 0/1 is added that says where values are missing."),
        Key(
          "scaling", .word(of: NumberScaling.Method.self), .absent,
          "What is done to the numbers; default: what data.scaling says. Of a target: none, standard or min_max."),
      ], summary: "Numbers."
    ) {
      let missing: NumberColumn.Missing =
        if let constant = $0["missing"]?["constant"]?.number {
          .constant(constant)
        } else {
          switch $0["missing"]?.text {
          case "mean": .mean
          case "median": .median
          default: .refuse
          }
        }
      return NumberColumn(
        missing: missing, indicator: $0.boolean("indicator"),
        scaling: $0["scaling"]?.text.flatMap { NumberScaling.Method(rawValue: $0) })
    }
  }

  static var category: Constructor {
    Constructor(
      CategoryColumn.word,
      keys: [
        Key(
          "encoding", .word(of: CategoryColumn.Encoding.self), "one_hot",
          "one_hot: a column 0/1 for each value; index: an input called as the column, for an embedding; 0 is everything else."
        ),
        Key("min_count", .integer(Grammar.count), "1", "Training rows below which a value is part of everything else."),
        Key(
          "unseen", .word(of: CategoryColumn.Unseen.self), "zeros",
          "Of one_hot: whether there is a column for everything else, also where no training row is; else all are 0."),
      ], summary: "Texts, each of which is a category."
    ) {
      CategoryColumn(
        encoding: $0.word("encoding"), minCount: $0.integer("min_count"), unseen: $0.word("unseen"))
    }
  }

  static var classes: Constructor {
    Constructor(
      ClassColumn.word,
      keys: [
        Key(
          "order", .list(.text(.cell), atLeast: 2), .absent,
          "The classes by number; default: sorted as text, numbers as numbers.")
      ], summary: "A target whose cells are names of classes."
    ) { ClassColumn(order: $0["order"]?.list?.compactMap(\.text) ?? []) }
  }

  static var weight: Constructor {
    Constructor(WeightColumn.word, summary: "What each row counts for: a number from 0 on.") { _ in WeightColumn() }
  }

  static var ignore: Constructor {
    Constructor(IgnoredColumn.word, summary: "Nothing is made of the column.") { _ in IgnoredColumn() }
  }
}
