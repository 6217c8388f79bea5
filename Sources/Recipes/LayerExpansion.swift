internal import NeuralNetwork

/// A layer of a recipe after `repeat`, `residual` and lists in lists have been written out in full.
struct ExpandedLayer {
  /// `{dense: {...}}`, its name with the suffix of its copy; the `add` that ends a `residual` stands where that does.
  var value: RecipeValue
  /// As the run calls it.
  let name: String
  let reads: [ListedLayer.Reading]
  /// Number of the layer among those that are written; nil: an `add` that nobody wrote.
  let written: Int?

  var listed: ListedLayer { ListedLayer(Grammar.layers.build(value), reads: reads) }
}

/// `model.layers` as the network has it: a pure function of what is written.
///
/// Without `inputs` a layer reads the current tensor: what the layer before made, at first the data's first input. `repeat`
/// stands for its layers, `times` times; names within get _1, _2, ... from the second copy on, counted over all copies where
/// repetitions nest, and `inputs` within mean the own copy's layers where it has some of that name. `residual` stands for its layers, those of `shortcut`, which start where
/// it started too, and an `add` of both paths, the shortcut first. `input` makes one of the data's inputs current.
struct LayerExpansion {
  /// Above it a list is refused: what `times: 1000` within `times: 1000` would make.
  static let mostLayers = 10_000

  private(set) var layers: [ExpandedLayer] = []
  private(set) var issues: [(value: RecipeValue, message: String)] = []

  private let inputs: [String]
  private var current: ListedLayer.Reading
  private var numbers: [String: Int] = [:]
  private var unnamed: [String: Int] = [:]
  private var written = 0
  /// How often each written layer has been there.
  private var copies: [Int: Int] = [:]
  /// Of each repetition around, outermost first: the layers of the copy at hand by the names that they were given.
  private var scopes: [[String: Int]] = []
  private var isTooLong = false

  /// - Parameters:
  ///   - list: `model.layers`, perhaps incomplete: what the reader has refused is passed over.
  ///   - inputs: names of the data's inputs.
  init(_ list: [RecipeValue], inputs: [String] = [LayerExpansion.soleInput]) {
    self.inputs = inputs
    current = LayerExpansion.reading(of: inputs[0], among: inputs)
    expand(list)
    if let last = list.last, LayerExpansion.endsWithInput(last) {
      issues.append((last, "the last layer is the network's output; an `input` needs layers that read it"))
    }
  }

  /// What the input of data with one that nobody named is called.
  static let soleInput = "features"

  /// One input alone may be called anything.
  private static func reading(of input: String, among inputs: [String]) -> ListedLayer.Reading {
    inputs.count == 1 ? .firstInput : .named(input)
  }

  private static func endsWithInput(_ value: RecipeValue) -> Bool {
    if let list = value.list { return list.last.map(endsWithInput) ?? false }
    guard let (kind, arguments) = value.choice else { return false }
    if kind == "repeat" { return arguments["layers"]?.list?.last.map(endsWithInput) ?? false }
    return kind == "input"
  }

  private mutating func expand(_ list: [RecipeValue]) {
    for value in list {
      if isTooLong { return }
      if let inner = value.list {
        expand(inner)
        continue
      }
      guard let (kind, arguments) = value.choice else { continue }
      switch kind {
      case "repeat": repetition(arguments)
      case "residual": residual(arguments)
      case "input":
        guard let name = arguments["name"], let text = name.text else { continue }
        if inputs.contains(text) {
          current = LayerExpansion.reading(of: text, among: inputs)
        } else {
          issues.append((name, "the data have no input `\(text)`" + NearestName.hint(for: text, among: inputs)))
        }
      default: layer(value, kind, arguments)
      }
    }
  }

  private mutating func repetition(_ arguments: RecipeValue) {
    guard let times = arguments["times"]?.integer, let layers = arguments["layers"]?.list else { return }
    let first = written
    for _ in 0..<times {
      written = first
      scopes.append([:])
      expand(layers)
      scopes.removeLast()
      if isTooLong { return }
    }
  }

  private mutating func residual(_ arguments: RecipeValue) {
    let start = current
    expand(arguments["layers"]?.list ?? [])
    let inner = current
    current = start
    expand(arguments["shortcut"]?.list ?? [])
    let add = RecipeValue(
      content: .map([
        .init(key: Add.kind, value: RecipeValue(content: .map([]), place: arguments.place, path: arguments.path))
      ]), place: arguments.place, path: arguments.path)
    append(add, Add.kind, reads: [current, inner], explicit: nil, written: nil)
  }

  private mutating func layer(_ value: RecipeValue, _ kind: String, _ arguments: RecipeValue) {
    var value = value
    var explicit = arguments["name"]
    let given = explicit?.text
    let copy = copies[written, default: 0]
    copies[written] = copy + 1
    if let given, copy > 0 {
      explicit?.content = .text("\(given)_\(copy)")
      value[kind]?["name"] = explicit
    }
    let reads = arguments["inputs"]?.list?.compactMap { input -> ListedLayer.Reading? in
      guard let wanted = input.text else { return nil }
      if let found = reading(wanted) { return found }
      // Said of the first copy alone.
      if copy > 0 { return nil }
      let earlier = numbers.sorted { $0.value < $1.value }.map(\.key)
      issues.append(
        (
          input,
          wanted == given ?? automaticName(kind)
            ? "layer `\(wanted)` reads its own output; a layer reads layers further up the list"
            : "no layer further up is called `\(wanted)`"
              + NearestName.hint(for: wanted, among: earlier + (inputs.count > 1 ? inputs : []))
        ))
      return nil
    }
    if let tied = arguments["tied_to"], let wanted = tied.text {
      value[kind]?["tied_to"]?.content = .text(table(wanted, tied, isFirst: copy == 0))
    }
    append(value, kind, reads: reads ?? [current], explicit: explicit, written: written)
    written += 1
    guard let given else { return }
    for index in scopes.indices { scopes[index][given] = scopes[index][given] ?? layers.count - 1 }
  }

  /// The full name of the layer that one is tied to.
  private mutating func table(_ wanted: String, _ value: RecipeValue, isFirst: Bool) -> String {
    if case .listed(let number) = reading(wanted) { return layers[number].name }
    if isFirst {
      let tables = layers.filter { $0.value.choice?.name == Embedding.kind }.map(\.name)
      issues.append(
        (
          value,
          "no embedding further up is called `\(wanted)`" + NearestName.hint(for: wanted, among: tables)
        ))
    }
    return wanted
  }

  /// The layer of the innermost copy that has one of this name, else the data's input.
  private func reading(_ name: String) -> ListedLayer.Reading? {
    for scope in scopes.reversed() { if let number = scope[name] { return .listed(number) } }
    if let number = numbers[name] { return .listed(number) }
    return inputs.contains(name) ? LayerExpansion.reading(of: name, among: inputs) : nil
  }

  /// As Keras would call the next unnamed layer of a kind.
  private func automaticName(_ kind: String) -> String {
    let count = unnamed[kind, default: 0]
    return count == 0 ? kind : "\(kind)_\(count)"
  }

  private mutating func append(
    _ value: RecipeValue, _ kind: String, reads: [ListedLayer.Reading], explicit: RecipeValue?, written: Int?
  ) {
    let name = explicit?.text ?? automaticName(kind)
    if explicit == nil { unnamed[kind, default: 0] += 1 }
    if let other = numbers[name] {
      issues.append(
        (
          explicit ?? value,
          "layers \(other + 1) and \(layers.count + 1) are both called `\(name)`; names must differ"
        ))
    }
    numbers[name] = layers.count
    current = .listed(layers.count)
    layers.append(ExpandedLayer(value: value, name: name, reads: reads, written: written))
    if layers.count > LayerExpansion.mostLayers {
      isTooLong = true
      issues.append((value, "with all its copies the list has more than \(LayerExpansion.mostLayers) layers"))
    }
  }
}

extension RecipeValue {
  /// Of a recipe: its layers, written out in full.
  var expandedLayers: LayerExpansion {
    LayerExpansion(self["model"]?["layers"]?.list ?? [], inputs: inputNames)
  }

  /// Of a recipe: what its data's inputs are called.
  var inputNames: [String] {
    let named = self["data"]?["train"]?.choice?.arguments["features"]?.entries.map(\.key) ?? []
    // Columns of a table that are looked up are inputs beside the others.
    let columns = (self["data"]?["columns"]?.entries ?? []).filter {
      $0.value["category"]?["encoding"]?.text == "index"
    }
    return named.isEmpty ? [LayerExpansion.soleInput] + columns.map(\.key) : named
  }
}
