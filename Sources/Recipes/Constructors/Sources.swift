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
      for key in constructor.keys {
        guard key.namesFile || key.namesFolder, let path = value[constructor.name]?[key.name],
          let new = replacement(path)
        else { continue }
        value[constructor.name]?[key.name]?.content = .text(new)
      }
    }
  }
}

extension DataSources {
  /// Whether a path that a recipe says is that of a folder, told by the key that it stands under.
  func namesFolder(_ path: RecipeValue) -> Bool {
    let keys = path.path.split(separator: ".")
    guard keys.count > 1, let constructor = constructors.first(where: { $0.name == keys[keys.count - 2] }) else {
      return false
    }
    return constructor.keys.contains { $0.name == keys[keys.count - 1] && $0.namesFolder }
  }
}

extension Key {
  fileprivate var namesFile: Bool { if case .text(.path) = form { true } else { false } }
  fileprivate var namesFolder: Bool { if case .text(.folder) = form { true } else { false } }
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

  /// The seed of a generator; nil: the run's.
  var randomState: UInt32? { self["random_state"]?.integer.map { UInt32($0) } }
}

extension Grammar {
  /// In the order in which messages and the JSON Schema list them.
  static let sources = DataSources([.makeMoons, .makeRegression, .hdf5, .csv, .npz, .idx, .libsvm, .images])

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

  static let randomState = Key(
    "random_state", .integer(0...Int(UInt32.max)), .absent, "Seed of the generator; default: the run's seed.")
}
