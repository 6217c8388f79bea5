public import Datasets
internal import Files
internal import NeuralNetwork
public import Training

/// A run as a YAML file describes it, complete and checked.
public struct Recipe: Sendable {
  /// Whether the files that a recipe names must be there.
  public enum FileCheck: Sendable {
    /// They are looked for, and their absolute paths go into the configuration.
    case mustExist
    /// Paths stay as written: for a recipe that is read out of a checkpoint to look at it.
    case none
  }

  public enum ResolvedForm: Sendable {
    /// For the run's directory: absolute paths, everything of this machine.
    case run
    /// For checkpoints: paths as written, nothing that belongs to the machine.
    case checkpoint
  }

  public let configuration: TrainingConfiguration
  let values: RecipeValue
  /// What error messages call its text.
  let file: String
  /// Absolute paths of the files that the recipe names, by the paths in `values`.
  let found: [String: String]

  /// - Parameters:
  ///   - overrides: `key.path=value`, values in YAML.
  ///   - via: given the way to read the file, has the text, perhaps from elsewhere.
  /// - Throws: `RecipeError`, with everything that is wrong.
  public static func load(
    path: String, overrides: [String] = [], files: FileCheck = .mustExist,
    via: (_ read: () throws -> String) throws -> String = { try $0() }
  ) throws -> Recipe {
    let text = try via { try FilePaths.read(path) }
    return try parse(text, file: path, folder: FilePath.split(path).folder, overrides: overrides, files: files)
  }

  /// - Parameters:
  ///   - file: what error messages call the text; also the run's default name.
  ///   - folder: where relative paths are looked for before the working directory.
  public static func parse(
    _ text: String, file: String, folder: String?, overrides: [String] = [], files: FileCheck = .mustExist
  ) throws -> Recipe {
    try read(RecipeNode.parse(text, file: file), file: file, folder: folder, overrides: overrides, files: files)
  }

  /// The same of a recipe that has been read as YAML.
  static func read(
    _ node: RecipeNode, file: String, folder: String?, overrides: [String], files: FileCheck
  ) throws -> Recipe {
    var root = node
    var checker = Checker()
    guard case .map = root.content else {
      checker.issues.add(
        root.place, "", root.isNull ? "the recipe is empty" : "expected a recipe (a map of keys), found \(root.found)")
      throw checker.issues.error(file: file)
    }
    if case .map(let entries) = root.content, entries.contains(where: { $0.key == "recipe" }),
      !entries.contains(where: { $0.key == "model" })
    {
      checker.issues.add(root.place, "", "this is a sweep, and no recipe: `cairn sweep` takes it")
      throw checker.issues.error(file: file)
    }
    for (index, override) in overrides.enumerated() {
      if let problem = root.apply(override: override, number: index + 1) {
        checker.issues.add(problem.place, problem.path, problem.message)
      }
    }
    guard var values = checker.value(root, .map(Grammar.recipe), "") else {
      throw checker.issues.error(file: file)
    }
    if values["name"] == nil, checker.issues.found.allSatisfy({ $0.path != "name" }) {
      values.nameAfter(file: file, issues: &checker.issues)
    }
    var checks = Checks(recipe: values, issues: checker.issues)
    checks.run()

    let written = values["paths_as_written"]
    values["paths_as_written"] = nil
    var found: [String: String] = [:]
    values.mapPaths { path in
      guard let text = path.text else { return nil }
      let original = RecipeValue.original(of: path, text, written)
      let target = Grammar.sources.target(of: path)
      switch files == .mustExist ? FilePaths(folder: folder).find(text, target) : .found(text) {
      case .found(let absolute): found[original] = absolute
      case .directory(let place):
        checks.issues.add(path.place, path.path, "expected a file, found the directory \(place)")
      case .missing(let places):
        checks.issues.add(
          path.place, path.path,
          "no such \(target.rawValue) `\(text)`; looked for \(places.joined(separator: " and "))",
          isMissingFile: true)
      }
      return original
    }
    try checks.issues.throwIfAny(file: file)
    return Recipe(
      configuration: TrainingConfiguration(values, paths: { found[$0] ?? $0 }), values: values, file: file, found: found
    )
  }

  /// An override that sets a key to a text, whatever YAML would take it for: `--name 2024`.
  public static func override(_ keyPath: String, text: String) -> String { "\(keyPath)=\(YAMLText.quoted(text))" }

  /// The recipe as YAML with all defaults written out; parsing it gives the same recipe.
  ///
  /// The same recipe gives the same bytes. `.checkpoint` holds nothing of the machine.
  /// - Parameter shards: what `training.shards: auto` came to; nil: as the recipe says.
  public func resolved(_ form: ResolvedForm, shards: Int? = nil) -> String { document(form, shards: shards).yaml }

  /// What `resolved` writes.
  func document(_ form: ResolvedForm, shards: Int? = nil) -> RecipeValue {
    var values = values
    if let shards {
      values["training"]?["shards"]?.content = .integer(shards)
    }
    switch form {
    case .checkpoint: values["training"]?["workers"] = nil
    case .run:
      var written: [RecipeValue.Entry] = []
      values.mapPaths { path in
        guard let text = path.text, let absolute = found[text], absolute != text else { return nil }
        written.append(.init(key: path.path, value: path))
        return absolute
      }
      if !written.isEmpty {
        values["paths_as_written"] = RecipeValue(content: .map(written), place: .start, path: "paths_as_written")
      }
    }
    return values
  }
}

extension Recipe {
  /// What `body` gives; where a layer does not fit the data or the layers that it reads, the error says where that layer
  /// stands in the recipe.
  ///
  /// - Throws: `RecipeError` for a `NetworkError` of a layer of this recipe; what `body` throws.
  public func locating<Result>(_ body: () throws -> Result) throws -> Result {
    do {
      return try body()
    } catch let error as NetworkError {
      let layers = values.expandedLayers.layers
      guard let number = error.layer, layers.indices.contains(number) else { throw error }
      let value = layers[number].value
      throw RecipeError(
        kind: .badRecipe,
        issues: [.init(place: value.place.text(file: file), keyPath: value.path, message: error.description)])
    }
  }
}

extension Recipe: Equatable {
  /// Whether both say the same, wherever their files are.
  public static func == (left: Recipe, right: Recipe) -> Bool { left.values == right.values }
}

/// `--data`: a path of a data file, or a YAML data source like a recipe's `data.train`.
///
/// A CSV file that is named by its path alone has no `targets`: which columns they are is for the caller to say. Nor has an
/// IDX file, as they stand in another one.
/// - Parameter known: a source whose options a file of the same format has, where it is named by its path alone; a file whose
///   name says nothing is one of this format (HDF5 where that is a generator).
/// - Throws: `RecipeError`.
public func parseDataSource(_ text: String, folder: String?, like known: DataSource? = nil) throws -> DataSource {
  let paths = FilePaths(folder: folder)
  let format = DataSource.Format(path: text)
  if case .directory(let path) = paths.find(text) {
    let path = FilePath.withoutClosingSlashes(path)
    if let known, known.kind.readsFolder, let source = known.reading(path: path, nil) { return source }
    return DataSource(ImageSource(path: path))
  }
  if let format {
    guard case .found(let path) = paths.find(text) else {
      throw RecipeError(
        kind: .missingFile, issues: [.init(place: "--data", keyPath: "", message: "no such file `\(text)`")])
    }
    return known?.reading(path: path, format) ?? DataSource(path: path, format)
  }
  if let known {
    if case .found(let path) = paths.find(text) {
      return known.reading(path: path, nil) ?? DataSource(path: path, .hdf5)
    }
    if !text.contains(":") { return DataSource(path: text, .hdf5) }
  }
  if !text.contains(where: { ":{\n".contains($0) }), !Grammar.source.choices.contains(text) {
    guard case .found = paths.find(text) else {
      throw RecipeError(
        kind: .missingFile, issues: [.init(place: "--data", keyPath: "", message: "no such file `\(text)`")])
    }
    let message =
      "the name `\(text)` does not say which format the file has: expected an ending of .h5, .hdf5, .npz, .csv, .tsv, .libsvm, "
      + ".svm, .svmlight, .idx or ubyte, or a source as in a recipe, such as '{csv: {path: \(text), targets: [y]}}'"
    throw RecipeError(kind: .badRecipe, issues: [.init(place: "--data", keyPath: "", message: message)])
  }
  var checker = Checker()
  var source = checker.value(try RecipeNode.parse(text, file: "--data"), .map(Grammar.source), "")
  var found: [String: String] = [:]
  source?.mapSourcePaths { path in
    guard let text = path.text else { return nil }
    let target = Grammar.sources.target(of: path)
    if case .found(let absolute) = paths.find(text, target) {
      found[text] = absolute
    } else {
      checker.issues.add(
        path.place, path.path, "no such \(target.rawValue) `\(text)`", isMissingFile: true)
    }
    return nil
  }
  guard let source, checker.issues.isEmpty else { throw checker.issues.error(file: "--data") }
  return Grammar.sources.build(source) { found[$0] ?? $0 }
}

extension RecipeValue {
  /// Names the run after the recipe's file.
  fileprivate mutating func nameAfter(file: String, issues: inout IssueList) {
    let last = FilePath.split(file).name
    let name = last.lastIndex(of: ".").map { String(last[..<$0]) } ?? last
    guard TextRule.isRunName(name) else {
      return issues.add(place, "", "missing key `name`: the file's name, `\(last)`, gives none")
    }
    let entry = Entry(key: "name", value: RecipeValue(content: .text(name), place: place, path: "name"))
    content = .map([entry] + entries)
  }

  /// What the first recipe said where a run's recipe has an absolute path, unless somebody changed that since.
  fileprivate static func original(of path: RecipeValue, _ text: String, _ written: RecipeValue?) -> String {
    guard path.place.override == nil, let original = written?[path.path]?.text,
      FilePath.split(original).name == FilePath.split(text).name
    else { return text }
    return original
  }

  /// Replaces paths in the recipe by what `replacement` returns; nil leaves a path alone.
  fileprivate mutating func mapPaths(_ replacement: (RecipeValue) -> String?) {
    for key in ["train", "validation"] { self["data"]?[key]?.mapSourcePaths(replacement) }
    if let weights = self["model"]?["initial_weights"], let new = replacement(weights) {
      self["model"]?["initial_weights"]?.content = .text(new)
    }
  }
}
