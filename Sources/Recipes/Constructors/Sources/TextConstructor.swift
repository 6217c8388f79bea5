internal import Datasets

extension Constructor<DataSource> {
  static var text: Constructor {
    Constructor(
      "text",
      keys: [
        Key(
          "path", .oneOrMore(.text(.fileOrFolder)), .required,
          "A file, a folder, whose files are read in the order of their names, or a list of these; relative to the recipe's folder."
        ),
        Key("sequence_length", .integer(Grammar.extent), .required, "Tokens of a sample."),
        Key(
          "stride", .integer(Grammar.extent), .absent,
          "Tokens from the beginning of a sample to that of the next; default: sequence_length."),
        Key("tokens", .word(of: TextTokens.self), "bytes", "What the text is cut into."),
      ], summary: "Texts, to predict the next token at every position."
    ) {
      DataSource(
        TextSource(
          paths: $0.list("path").compactMap(\.text), sequenceLength: $0.integer("sequence_length"),
          stride: $0["stride"]?.integer, tokens: $0.word("tokens")))
    }
  }
}
