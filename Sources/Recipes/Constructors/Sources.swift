internal import Datasets

/// Kinds of data sources: `{name: {arguments}}`, training and validation data alike.
struct DataSources: Sendable {
  fileprivate let constructors: [Constructor<DataSource>]

  init(_ constructors: [Constructor<DataSource>]) { self.constructors = constructors }

  var names: [String] { constructors.map(\.name) }

  var keys: [Key] {
    constructors.map { constructor in
      Key(
        constructor.name,
        .map(
          MapForm(
            what: "arguments of `\(constructor.name)`", keys: constructor.keys, definition: constructor.name)),
        .absent, constructor.summary)
    }
  }

  /// Makes the source that a value names.
  ///
  /// - Parameter paths: where a file is that the recipe calls so.
  func build(_ value: RecipeValue, paths: (String) -> String) -> DataSource {
    var value = value
    value.mapSourcePaths { $0.text.map(paths) }
    let (name, arguments) = value.chosen
    guard let constructor = constructors.first(where: { $0.name == name }) else {
      preconditionFailure("`\(arguments.path)` was not read by the form of sources: it has no `\(name)`")
    }
    return constructor.build(arguments)
  }

  /// Replaces paths of files in a value that names a source by what `replacement` returns; nil leaves a path alone.
  func mapPaths(of value: inout RecipeValue, _ replacement: (RecipeValue) -> String?) {
    for constructor in constructors {
      for key in constructor.keys where key.form.target != nil {
        value[constructor.name]?[key.name]?.mapTexts(replacement)
      }
    }
  }
}

extension DataSources {
  /// What a path that a recipe says may name, told by the key that it stands under, perhaps in a list.
  func target(of path: RecipeValue) -> FilePaths.Target {
    var keys = path.path.split(separator: ".")
    if keys.last.map({ Int($0) != nil }) ?? false { keys.removeLast() }
    guard keys.count > 1, let constructor = constructors.first(where: { $0.name == keys[keys.count - 2] }) else {
      return .file
    }
    return constructor.keys.first { $0.name == keys[keys.count - 1] }?.form.target ?? .file
  }
}

extension Form {
  /// Of a path, or of paths, what they may name; nil: this is none.
  fileprivate var target: FilePaths.Target? {
    switch self {
    case .text(.path): .file
    case .text(.folder): .folder
    case .text(.fileOrFolder): .either
    case .oneOrMore(let element): element.target
    default: nil
    }
  }
}

extension RecipeValue {
  /// Replaces a text, or each text of a list, by what `replacement` returns; nil leaves it alone.
  fileprivate mutating func mapTexts(_ replacement: (RecipeValue) -> String?) {
    if case .list(var values) = content {
      for index in values.indices { values[index].mapTexts(replacement) }
      content = .list(values)
    } else if let new = replacement(self) {
      content = .text(new)
    }
  }
}

extension RecipeValue {
  /// Replaces paths in a data source by what `replacement` returns; nil leaves a path alone.
  mutating func mapSourcePaths(_ replacement: (RecipeValue) -> String?) {
    Grammar.sources.mapPaths(of: &self, replacement)
  }

  /// The arrays that a source's inputs stand in.
  var inputArrays: InputArrays {
    let features = value("features")
    if let array = features.text { return InputArrays(array) }
    return InputArrays(named: features.entries.map { .init($0.key, $0.value.text ?? "") })
  }

  /// The rows that a source is asked for.
  var rowRange: RowRange { RowRange(from: self["rows"]?["from"]?.integer, to: self["rows"]?["to"]?.integer) }

  /// The windows that samples are; nil: each row is one.
  var seriesWindows: SeriesWindows? {
    self["windows"].map {
      SeriesWindows(
        length: $0.integer("length"), horizon: $0.integer("horizon"), stride: $0.integer("stride"), by: $0["by"]?.text)
    }
  }

  /// Where lengths stand; nil: all positions count.
  var lengthArrays: LengthArrays? {
    self["lengths"].map { lengths in
      lengths.text.map { LengthArrays($0) }
        ?? LengthArrays(named: lengths.entries.map { .init($0.key, $0.value.text ?? "") })
    }
  }

  /// The seed of a generator; nil: the run's.
  var randomState: UInt32? { self["random_state"]?.integer.map { UInt32($0) } }
}

extension Grammar {
  /// In the order in which messages and the JSON Schema list them.
  static let sources = DataSources([
    .makeMoons, .makeRegression, .makeAdding, .hdf5, .csv, .npz, .idx, .libsvm, .images, .text,
  ])

  static let path = Key("path", .text(.path), .required, "The file; relative to the recipe's folder.")

  static let rows = Key(
    "rows",
    .map(
      MapForm(
        what: "a range of rows",
        keys: [
          Key("from", .integer(0...(1 << 53)), .absent, "First row, from 0."),
          Key("to", .integer(steps), .absent, "The row after the last."),
        ])), .absent, "A half-open range of the file's rows.")

  static let windows = Key(
    "windows",
    .map(
      MapForm(
        what: "windows over rows",
        keys: [
          Key("length", .integer(extent), .required, "Rows of a sample."),
          Key("horizon", .integer(extent), "1", "The target is that many rows after the sample's last."),
          Key("stride", .integer(extent), "1", "Rows from the beginning of a sample to that of the next."),
          Key(
            "by", .text(.column), .absent,
            "The column, dataset or array that says which series a row belongs to; default: all rows are one."),
        ], definition: "windows")), .absent, "Samples are so many consecutive rows, to predict a later one.")

  static let lengths = Key(
    "lengths", .textOrNamed(.notEmpty), .absent,
    "Where it stands how many positions of each row count; of inputs with names: {input: name, ...}.")

  static let randomState = Key(
    "random_state", .integer(0...Int(UInt32.max)), .absent, "Seed of the generator; default: the run's seed.")
}
