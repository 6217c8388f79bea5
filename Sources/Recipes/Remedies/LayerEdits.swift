/// A recipe's layers as they are written, for edits. A layer is known by its arguments: one with a `kernel_initializer` has
/// a kernel, which edits of kernels are for unless it is one of several, as in recurrent layers and attention. One within `repeat` is edited in all its copies.
struct EditedLayers {
  struct Layer {
    var kind: String
    var arguments: RecipeValue
    /// As the run calls it and its copies.
    let names: [String]

    var hasKernel: Bool { arguments["kernel_initializer"] != nil && !readsSequences }
    /// Whether what becomes of a time depends on others: such a layer is not to be left out like one of many.
    var readsSequences: Bool {
      ["recurrent_initializer", "num_heads", "merge_mode"].contains { arguments[$0] != nil }
    }
    var activation: String? { arguments["activation"]?.choice?.name ?? arguments["function"]?.choice?.name }

    func isCalled(_ name: String?) -> Bool { name.map(names.contains) ?? true }
  }

  var layers: [Layer]
  /// Each layer reads the one before it, and stands where it runs: layers may be put in and taken out.
  let isChain: Bool
  private let written: [RecipeValue]

  /// - Parameter recipe: complete.
  init?(_ recipe: RecipeValue) {
    written = recipe["model"]?["layers"]?.list ?? []
    let expansion = recipe.expandedLayers
    guard expansion.issues.isEmpty, !expansion.layers.isEmpty else { return nil }
    var names: [Int: [String]] = [:]
    for layer in expansion.layers { if let number = layer.written { names[number, default: []].append(layer.name) } }
    let leaves = EditedLayers.leaves(of: written)
    layers = leaves.enumerated().map { number, leaf in
      Layer(kind: leaf.chosen.name, arguments: leaf.chosen.arguments, names: names[number] ?? [])
    }
    isChain =
      leaves.count == written.count && expansion.layers.count == written.count
      && leaves.allSatisfy { $0.chosen.arguments["inputs"] == nil }
  }

  var list: [RecipeValue] {
    let values = layers.map { layer in
      RecipeValue(
        content: .map([.init(key: layer.kind, value: layer.arguments)]), place: layer.arguments.place,
        path: layer.arguments.path)
    }
    if isChain { return values }
    var rest = values[...]
    return EditedLayers.replacing(written, &rest)
  }

  /// The layers of a list in the order in which they are written.
  private static func leaves(of list: [RecipeValue]) -> [RecipeValue] {
    list.flatMap { value -> [RecipeValue] in
      if let inner = value.list { return leaves(of: inner) }
      guard let (kind, arguments) = value.choice else { return [] }
      guard let parts = parts[kind] else { return [value] }
      return parts.flatMap { leaves(of: arguments[$0]?.list ?? []) }
    }
  }

  /// The same list with the next of `values` in each layer's place.
  private static func replacing(_ list: [RecipeValue], _ values: inout ArraySlice<RecipeValue>) -> [RecipeValue] {
    list.map { value in
      var value = value
      if let inner = value.list {
        value.content = .list(replacing(inner, &values))
      } else if let kind = value.choice?.name {
        guard let parts = parts[kind] else { return values.popFirst() ?? value }
        for part in parts {
          guard let inner = value[kind]?[part]?.list else { continue }
          value[kind]?[part]?.content = .list(replacing(inner, &values))
        }
      }
      return value
    }
  }

  /// Keys of what is no layer itself whose lists hold layers, in the order in which they run.
  private static let parts = ["repeat": ["layers"], "residual": ["layers", "shortcut"], "input": []]

  /// The function that a kernel layer's output goes through, by itself or in the next layer.
  private func function(of index: Int) -> String {
    let own = layers[index].activation ?? "linear"
    guard own == "linear" else { return own }
    for later in layers[(index + 1)...] {
      if later.hasKernel { return own }
      if later.arguments["function"] != nil { return later.activation ?? own }
    }
    return own
  }

  private var output: Int? { layers.lastIndex(where: \.hasKernel) }
  private var hidden: [Int] { layers.indices.filter { layers[$0].hasKernel && $0 != output } }

  private static func initializer(_ name: String, _ key: String) -> RecipeValue? {
    .made(name, .map(key == "bias_initializer" ? Grammar.biasInitializers.form : Grammar.initializers.form))
  }

  /// Glorot's for functions that are odd around zero or nearly so, He's for those that cut one side off.
  static func suited(_ activation: String) -> String {
    switch activation {
    case "sigmoid", "tanh", "softsign", "hard_sigmoid", "linear", "softmax", "log_softmax": "glorot_uniform"
    case "selu": "lecun_normal"
    default: "he_normal"
    }
  }

  private static func isSuited(_ initializer: String, to activation: String) -> Bool {
    initializer.hasPrefix(suited(activation).prefix(3)) || initializer == "orthogonal"
  }

  // MARK: Edits

  mutating func suitInitializers(in name: String?) {
    for index in layers.indices where layers[index].hasKernel && layers[index].isCalled(name) {
      let function = function(of: index)
      let now = layers[index].arguments["kernel_initializer"]?.choice?.name ?? ""
      // Glorot's does for an output layer whatever its function.
      let suits = EditedLayers.isSuited(now, to: function) || index == output && now.hasPrefix("he_")
      if !suits {
        layers[index].arguments["kernel_initializer"] = EditedLayers.initializer(
          index == output ? "glorot_uniform" : EditedLayers.suited(function), "kernel_initializer")
      }
      if layers[index].arguments["bias_initializer"] != nil, index != output {
        layers[index].arguments["bias_initializer"] = EditedLayers.initializer("zeros", "bias_initializer")
      }
    }
  }

  mutating func setActivation(_ function: String, in name: String?) {
    let new = RecipeValue.made(function, .map(Grammar.activations.form))
    for index in hidden where layers[index].isCalled(name) {
      guard self.function(of: index) != function else { continue }
      if layers[index].activation != "linear" {
        layers[index].arguments["activation"] = new
      } else if let later = layers[(index + 1)...].firstIndex(where: { $0.hasKernel || $0.arguments["function"] != nil }
      ),
        !layers[later].hasKernel
      {
        layers[later].arguments["function"] = new
      } else {
        layers[index].arguments["activation"] = new
      }
      layers[index].arguments["kernel_initializer"] = EditedLayers.initializer(
        EditedLayers.suited(function), "kernel_initializer")
      if layers[index].arguments["bias_initializer"] != nil {
        layers[index].arguments["bias_initializer"] = EditedLayers.initializer("zeros", "bias_initializer")
      }
    }
  }

  /// Between each hidden kernel and its function. Moving statistics follow within some ten steps, so that short runs
  /// have them, too.
  mutating func normalise() {
    guard isChain, !layers.contains(where: { $0.kind.hasSuffix("normalization") }) else { return }
    guard
      let normalization = RecipeValue.made("{batch_normalization: {momentum: 0.9}}", .map(Grammar.layers.form))?.choice
    else { return }
    let linear = RecipeValue.made("linear", .map(Grammar.activations.form))
    for index in hidden.reversed() {
      var added = [Layer(kind: normalization.name, arguments: normalization.arguments, names: [])]
      if let function = layers[index].arguments["activation"], layers[index].activation != "linear",
        var activation = RecipeValue.made("{activation: {function: relu}}", .map(Grammar.layers.form))?.choice
      {
        activation.arguments["function"] = function
        layers[index].arguments["activation"] = linear
        added.append(Layer(kind: activation.name, arguments: activation.arguments, names: []))
      }
      layers.insert(contentsOf: added, at: index + 1)
    }
  }

  /// Takes whole blocks out of the middle: a hidden kernel with all that follows it up to the next.
  mutating func keepHidden(_ count: Int) {
    let hidden = hidden
    guard isChain, hidden.count > count, count > 0, let output,
      !layers[hidden[count]..<output].contains(where: \.readsSequences)
    else { return }
    layers.removeSubrange(hidden[count]..<output)
  }

  mutating func scalePenalties(by factor: Double) {
    for index in layers.indices {
      for key in ["kernel_regularizer", "bias_regularizer", "activity_regularizer"] {
        guard let penalty = layers[index].arguments[key] else { continue }
        guard factor > 0 else {
          layers[index].arguments[key] = nil
          continue
        }
        for norm in ["l1", "l2"] {
          if let value = penalty[norm]?.number, value > 0 {
            layers[index].arguments[key]?[norm]?.content = .number(RecipeValue.rounded(value * factor))
          }
        }
      }
    }
  }

  mutating func limitDropout(to most: Double) {
    for index in layers.indices {
      if let rate = layers[index].arguments["rate"]?.number, layers[index].kind.contains("dropout"), rate > most {
        layers[index].arguments["rate"]?.content = .number(most)
      }
    }
  }

  /// The last kernel's bias at the targets' mean, its weights of their size.
  mutating func scaleOutput(_ mean: Double, _ deviation: Double) {
    guard let output else { return }
    let width = layers[..<output].last { $0.hasKernel }?.arguments["units"]?.integer ?? 1
    let size = RecipeValue.rounded(max(deviation, 1e-30) / Double(width).squareRoot())
    layers[output].arguments["kernel_initializer"] = EditedLayers.initializer(
      "{random_normal: {mean: 0, stddev: \(YAMLText.number(size))}}", "kernel_initializer")
    if layers[output].arguments["bias_initializer"] != nil {
      layers[output].arguments["bias_initializer"] = EditedLayers.initializer(
        "{constant: {value: \(YAMLText.number(Double(Float(mean))))}}", "bias_initializer")
    }
  }
}

extension RecipeValue {
  /// Of a recipe.
  mutating func editLayers(_ edit: (inout EditedLayers) -> Void) -> Bool {
    guard var layers = EditedLayers(self) else { return false }
    edit(&layers)
    self["model"]?["layers"]?.content = .list(layers.list)
    return true
  }

  /// Of a recipe with targets far from 0 or from size 1: where its output starts, and steps that do not depend on it.
  mutating func scaleOutput(_ mean: Double, _ deviation: Double) -> Bool {
    guard mean.isFinite, deviation.isFinite, editLayers({ $0.scaleOutput(mean, deviation) }) else { return false }
    if ["sgd", "adagrad"].contains(self["optimizer"]?.choice?.name ?? "") { _ = useOptimizer("adam", 0.003) }
    return true
  }
}
