internal import Glibc
internal import GradientHealth

/// A remedy's edits on a recipe's document. Each says whether it is of use to this recipe at all: layers are only taken
/// out of, or put into, a chain.
extension RecipeValue {
  mutating func apply(_ edit: Remedy.Edit) -> Bool {
    switch edit {
    case .learningRate(let factor): return self["optimizer"]?.scaleRates(by: factor) ?? false
    case .constantLearningRate(let rate): return self["optimizer"]?.setRate(rate) ?? false
    case .reduceOnPlateau(let patience): return reduceOnPlateau(patience)
    case .optimizer(let name, let rate): return useOptimizer(name, rate)
    case .clip(let norm): return self["optimizer"]?.clip(norm) ?? false
    case .suitedInitializers(let layer):
      return editLayers {
        $0.suitInitializers(in: layer)
        $0.startRecurrentKernels("orthogonal", in: layer)
      }
    case .activation(let name, let layer): return editLayers { $0.setActivation(name, in: layer) }
    case .batchNormalization: return editLayers { $0.normalise() }
    case .shortcuts(let depth): return addShortcuts(from: depth)
    case .hiddenLayers(let count): return editLayers { $0.keepHidden(count) }
    case .outputScale(let mean, let deviation): return scaleOutput(mean, deviation)
    case .penalties(let factor): return editLayers { $0.scalePenalties(by: factor) }
    case .dropout(let most): return editLayers { $0.limitDropout(to: most) }
    case .recurrentLayer(let kind, let layer): return editLayers { $0.useRecurrent(kind, in: layer) }
    case .forgetBias(let layer): return editLayers { $0.openForgetGates(in: layer) }
    case .recurrentInitializer(let name, let layer): return editLayers { $0.startRecurrentKernels(name, in: layer) }
    case .truncation(let times): return editLayers { $0.truncate(to: times) }
    case .warmup(let steps): return self["optimizer"]?.warmUp(steps) ?? false
    case .standardScaling: return setText("data", "scaling", "standard")
    case .skipRows(let rows): return skipRows(rows)
    case .rollback: return setText("health", "on_blowup", "rollback")
    case .earlyStopping(let patience): return stopEarly(patience)
    case .epochs(let factor): return scaleEpochs(by: factor)
    }
  }

  /// A part of a recipe from YAML, complete with defaults; nil: the form does not take it.
  static func made(_ yaml: String, _ form: Form) -> RecipeValue? {
    guard let node = try? RecipeNode.parse(yaml, file: "a remedy", place: .start) else { return nil }
    var checker = Checker()
    let value = checker.value(node, form, "")
    return checker.issues.isEmpty ? value : nil
  }

  /// To two significant digits, as a person would write it.
  static func rounded(_ number: Double) -> Double {
    guard number.isFinite, number != 0 else { return number }
    let exponent = Int(log10(abs(number)).rounded(.down)) - 1
    return Double("\(Int((number / pow(10, Double(exponent))).rounded()))e\(exponent)") ?? number
  }

  // MARK: Data and run

  private mutating func setText(_ section: String, _ key: String, _ text: String) -> Bool {
    guard self[section]?[key] != nil else { return false }
    self[section]?[key]?.content = .text(text)
    return true
  }

  private mutating func skipRows(_ rows: [Int]) -> Bool {
    guard var data = self["data"] else { return false }
    let known = data["skip_rows"]?.list?.compactMap(\.integer) ?? []
    let all = Set(known + rows).sorted()
    data["skip_rows"] = RecipeValue.made(
      "[\(all.map { "\($0)" }.joined(separator: ", "))]", .list(.integer(Grammar.natural), atLeast: 1))
    self["data"] = data
    return true
  }

  private mutating func stopEarly(_ patience: Int) -> Bool {
    guard self["data"]?["validation"] != nil, self["training"]?["early_stopping"] == nil,
      let form = Grammar.training.key("early_stopping")?.form
    else { return false }
    self["training"]?["early_stopping"] = .made(
      "{monitor: validation_loss, patience: \(patience), restore_best: true}", form)
    return true
  }

  private mutating func scaleEpochs(by factor: Double) -> Bool {
    guard let epochs = self["training"]?["epochs"]?.integer else { return false }
    let wanted = Double(epochs) * factor
    guard wanted < Double(Grammar.count.upperBound) else { return false }
    self["training"]?["epochs"]?.content = .integer(max(1, Int(wanted)))
    return true
  }
}
