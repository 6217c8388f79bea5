internal import Datasets

extension Constructor<DataSource> {
  static var makeAdding: Constructor {
    Constructor(
      "make_adding",
      keys: [
        Key("samples", .integer(Grammar.count), "100", "Rows."),
        Key("length", .integer(2...(1 << 24)), "100", "Positions of a row."), Grammar.randomState,
      ], summary: "The adding problem: the sum of the two marked numbers of a sequence."
    ) {
      DataSource(
        AddingSource(samples: $0.integer("samples"), length: $0.integer("length"), randomState: $0.randomState))
    }
  }
}
