/// Edits of layers that read sequences, and of those within `bidirectional`.
extension EditedLayers {
  /// `layer`'s own kind and arguments; of one that runs another both ways, those of that one.
  private func inner(_ layer: Layer) -> (kind: String, arguments: RecipeValue, isWithin: Bool) {
    if let inner = layer.arguments["layer"]?.choice { return (inner.name, inner.arguments, true) }
    return (layer.kind, layer.arguments, false)
  }

  private mutating func set(_ index: Int, _ kind: String, _ arguments: RecipeValue) {
    if layers[index].arguments["layer"] != nil {
      layers[index].arguments["layer"]?.content = .map([.init(key: kind, value: arguments)])
    } else {
      layers[index].kind = kind
      layers[index].arguments = arguments
    }
  }

  private func isRecurrent(_ arguments: RecipeValue) -> Bool { arguments["recurrent_initializer"] != nil }

  /// Keys whose values belong to the kind of a layer, not to its place.
  private static let own = [
    "activation", "recurrent_activation", "kernel_initializer", "recurrent_initializer", "bias_initializer",
  ]

  /// Layers without gates become `kind`, with the width, the place and the name that they had.
  mutating func useRecurrent(_ kind: String, in name: String?) {
    for index in layers.indices where layers[index].isCalled(name) {
      let (old, arguments, isWithin) = inner(layers[index])
      guard isRecurrent(arguments), arguments["recurrent_activation"] == nil, old != kind,
        let units = arguments["units"]?.integer,
        var made = RecipeValue.made(
          "{\(kind): {units: \(units)}}", .map(isWithin ? Grammar.recurrentLayers.form : Grammar.layers.form))?
          .choice?.arguments
      else { continue }
      for key in ["name", "inputs"] where arguments[key] != nil { made[key] = arguments[key] }
      for entry in made.entries where !EditedLayers.own.contains(entry.key) {
        made[entry.key] = arguments[entry.key] ?? entry.value
      }
      for entry in arguments.entries where entry.key.hasSuffix("_regularizer") { made[entry.key] = entry.value }
      // Who reads it by the name that it had of itself must find it.
      if !isWithin, made["name"] == nil, let called = layers[index].names.first, isRead(called) {
        made["name"] = RecipeValue.made(called, .text(.layerName))
      }
      set(index, kind, made)
    }
  }

  private func isRead(_ name: String) -> Bool {
    layers.contains { layer in
      guard let inputs = layer.arguments["inputs"] else { return false }
      return (inputs.list ?? [inputs]).contains { $0.text == name }
    }
  }

  private mutating func edit(_ name: String?, _ change: (inout RecipeValue) -> Void) {
    for index in layers.indices where layers[index].isCalled(name) {
      var (kind, arguments, _) = inner(layers[index])
      guard isRecurrent(arguments) else { continue }
      change(&arguments)
      set(index, kind, arguments)
    }
  }

  mutating func openForgetGates(in name: String?) {
    edit(name) { arguments in
      guard arguments["unit_forget_bias"] != nil else { return }
      arguments["unit_forget_bias"]?.content = .boolean(true)
      // A bias of another start than zeros would not be what the gate starts with.
      arguments["use_bias"]?.content = .boolean(true)
    }
  }

  mutating func startRecurrentKernels(_ initializer: String, in name: String?) {
    let made = RecipeValue.made(initializer, .map(Grammar.initializers.form))
    edit(name) { $0["recurrent_initializer"] = made }
  }

  /// The gradient goes back through at most so many steps; where a layer has fewer already it keeps them.
  mutating func truncate(to times: Int) {
    edit(nil) { arguments in
      guard let now = arguments["truncate"]?.integer, now == 0 || now > times else { return }
      arguments["truncate"]?.content = .integer(times)
    }
  }
}

extension RecipeValue {
  /// Of an optimizer: its rate rises to where it started over so many steps. False where it rises already.
  mutating func warmUp(_ steps: Int) -> Bool {
    guard let name = choice?.name, let rate = self[name]?["learning_rate"] else { return false }
    if let constant = rate.number {
      let made = RecipeValue.made(
        "{\(name): {learning_rate: {constant: {initial_learning_rate: \(constant), warmup_steps: \(steps)}}}}",
        .map(Grammar.optimizer))
      guard let schedule = made?[name]?["learning_rate"] else { return false }
      self[name]?["learning_rate"] = schedule
      return true
    }
    guard let (schedule, arguments) = rate.choice, arguments["initial_learning_rate"] != nil,
      arguments["warmup_target"] == nil, arguments["warmup_steps"]?.integer ?? 0 == 0
    else { return false }
    self[name]?["learning_rate"]?[schedule]?["warmup_steps"] = RecipeValue(
      content: .integer(steps), place: arguments.place, path: "\(arguments.path).warmup_steps")
    return true
  }
}
