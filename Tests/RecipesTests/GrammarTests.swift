import Datasets
import NeuralNetwork
import Optimizers
import Testing
import Training

@testable import Recipes

/// What the grammar names must be built: a name without a builder would stop the program.
@Suite struct GrammarTests {
  @Test(arguments: Grammar.layers.names)
  func layers(_ name: String) throws {
    let merging = "{inputs: [a, b]}"
    let arguments =
      [
        "dense": "{units: 2}", "dropout": "{rate: 0}", "activation": "{function: tanh}", "add": merging,
        "concatenate": merging, "conv1d": "{filters: 2, kernel_size: 3}", "conv2d": "{filters: 2, kernel_size: [3, 1]}",
        "depthwise_conv2d": "{kernel_size: 3}", "conv2d_transpose": "{filters: 2, kernel_size: 3, strides: 2}",
        "multiply": merging, "average": merging, "maximum": merging,
        "reshape": "{target_shape: [2, -1]}", "permute": "{dims: [1]}", "embedding": "{input_dim: 3, output_dim: 2}",
        "position_embedding": "{sequence_length: 3}",
        "multi_head_attention": "{num_heads: 2, key_dim: 3}",
        "rescaling": "{scale: 2}", "spatial_dropout1d": "{rate: 0}",
        "spatial_dropout2d": "{rate: 0}", "gaussian_noise": "{stddev: 1}",
        "simple_rnn": "{units: 2}", "lstm": "{units: 2}", "gru": "{units: 2}",
        "bidirectional": "{layer: {lstm: {units: 2}}}",
        "random_translation": "{height_factor: 0.1, width_factor: [-0.1, 0.2]}",
      ][name] ?? "{}"
    let branches =
      arguments == merging ? "- dense: {units: 4, name: a}\n    - dense: {units: 4, name: b}\n    " : ""
    let recipe = try parse(small("- dense: {units: 4, activation: tanh}", "\(branches)- \(name): \(arguments)"))
    let layers = recipe.configuration.layers.dropLast()
    #expect(type(of: try #require(layers.last).layer).kind == name)
    #expect(try parse(recipe.resolved(.run)) == recipe)
  }

  @Test(arguments: Grammar.activations.names)
  func activations(_ name: String) throws {
    for text in [name, "{\(name): {}}"] {
      let recipe = try parse(small("activation: tanh", "activation: \(text)"))
      let dense = try #require(recipe.configuration.layers.first?.layer as? Dense)
      #expect(dense.activation.name == name)
      #expect(try parse(recipe.resolved(.checkpoint)) == recipe)
    }
  }

  @Test func allActivationsHaveNames() {
    // Both forms of GELU go by one name.
    #expect(Set(ActivationFunction.all.map(\.name)) == Set(Grammar.activations.names))
  }

  @Test func approximateGelu() throws {
    func function(_ text: String) throws -> ActivationFunction? {
      let recipe = try parse(small("activation: tanh", "activation: \(text)"))
      #expect(try parse(recipe.resolved(.checkpoint)) == recipe)
      return (recipe.configuration.layers.first?.layer as? Dense)?.activation
    }
    #expect(try function("gelu") == .gelu)
    #expect(try function("{gelu: {approximate: false}}") == .gelu)
    #expect(try function("{gelu: {approximate: true}}") == .approximateGelu)
  }

  @Test(arguments: Grammar.initializers.names)
  func initializers(_ name: String) throws {
    for text in [name, "{\(name): {}}"] {
      let recipe = try parse(small("activation: tanh", "kernel_initializer: \(text)"))
      #expect(try parse(recipe.resolved(.checkpoint)) == recipe)
    }
    let defaults: [String: Initializer] = [
      "constant": .constant(0), "random_uniform": .randomUniform(), "random_normal": .randomNormal(),
      "truncated_normal": .truncatedNormal(), "orthogonal": .orthogonal(),
    ]
    let dense =
      try parse(small("activation: tanh", "kernel_initializer: \(name)")).configuration.layers[0].layer as? Dense
    if let expected = defaults[name] { #expect(dense?.kernelInitializer == expected) }
  }

  @Test(arguments: Grammar.losses.names)
  func losses(_ name: String) throws {
    let activation = name.contains("categorical") ? "softmax" : "sigmoid"
    let text = small("units: 1, activation: sigmoid", "units: 3, activation: \(activation)")
      .replacing("loss: binary_crossentropy", with: "loss: \(name)")
    let recipe = try parse(text)
    #expect(type(of: recipe.configuration.loss).name == name)
    #expect(try parse(recipe.resolved(.checkpoint)) == recipe)
    guard name.hasSuffix("crossentropy") else { return }
    let logits = try parse(
      text.replacing("activation: \(activation)", with: "activation: linear"),
      overrides: ["loss.\(name).from_logits=true"])
    #expect(logits.configuration.loss.fusedActivation == nil)
  }

  @Test(arguments: Grammar.metrics.names)
  func metrics(_ name: String) throws {
    #expect(try parse(small(more: "metrics: [\(name)]")).configuration.metrics.map(\.name) == [name])
  }

  /// Bare names stay as they are, so that recipes without arguments keep their text.
  @Test func metricsWithArguments() throws {
    let text = "metrics: [accuracy, {top_k_categorical_accuracy: {k: 3}}, {mean_pinball_loss: {alpha: 0.25}}]"
    let recipe = try parse(small(more: text))
    let metrics = recipe.configuration.metrics
    #expect(metrics.map(\.name) == ["accuracy", "top_k_categorical_accuracy", "mean_pinball_loss"])
    #expect((metrics[1] as? TopKCategoricalAccuracy)?.k == 3 && (metrics[2] as? MeanPinballLoss)?.alpha == 0.25)
    #expect(try parse(recipe.resolved(.checkpoint)) == recipe)
    let bare = try parse(small(more: "metrics: [accuracy, top_k_categorical_accuracy, log_loss, mean_pinball_loss]"))
    #expect(
      bare.resolved(.checkpoint).contains(
        "metrics: [accuracy, top_k_categorical_accuracy, log_loss, mean_pinball_loss]\n"))
    #expect((bare.configuration.metrics[1] as? TopKCategoricalAccuracy)?.k == 5)
    let monitored = problems(
      small(
        more: """
          metrics: [{top_k_categorical_accuracy: {k: 3}}]
          training: {early_stopping: {monitor: validation_top_k_categorical_accuracy}}
          """))
    #expect(monitored.count == 1 && monitored[0].contains("no `data.validation`"))
  }

  @Test(arguments: Grammar.optimizers.names)
  func optimizers(_ name: String) throws {
    let recipe = try parse(
      small("adam: {learning_rate: 0.01}", "\(name): {learning_rate: 0.5, weight_decay: 0.25}\n  clip_norm: 3"))
    let optimizer = recipe.configuration.optimizer
    #expect(optimizer.name == name)
    #expect(optimizer.learningRate == .constant(0.5))
    #expect(optimizer.clipping == .norm(3))
    #expect("\(optimizer.transforms)".contains("0.25"))
    #expect(try parse(recipe.resolved(.checkpoint)) == recipe)
  }

  @Test(arguments: Grammar.optimizers.names)
  func weightsThatDoNotDecay(_ name: String) throws {
    let decay = "weight_decay: 0.25, exclude_from_weight_decay: [bias, gamma]"
    let recipe = try parse(small("adam: {learning_rate: 0.01}", "\(name): {\(decay)}\n  clip_norm: 3"))
    let transforms = recipe.configuration.optimizer.transforms
    for (weight, decays) in [("kernel", true), ("bias", false), ("gamma", false), ("beta", true)] {
      #expect(transforms.last?.applies(to: weight) == decays, "\(weight)")
      #expect(transforms.dropLast().allSatisfy { $0.applies(to: weight) })
    }
    #expect(try parse(recipe.resolved(.checkpoint)) == recipe)
  }

  /// Words of the recipe are raw values of the configuration's enumerations, all of them and no others.
  @Test func words() {
    var expected = [
      "metrics": Grammar.metrics.names,
      "data.train.images.color": ImageColor.allCases.map(\.rawValue),
      "data.train.images.resize": ImageFit.allCases.map(\.rawValue),
      "data.validation.images.color": ImageColor.allCases.map(\.rawValue),
      "data.validation.images.resize": ImageFit.allCases.map(\.rawValue),
      "data.train.text.tokens": TextTokens.allCases.map(\.rawValue),
      "data.validation.text.tokens": TextTokens.allCases.map(\.rawValue),
      "kernels": ["exact"],
      "data.train.csv.decimal": [".", ","],
      "data.validation.csv.decimal": [".", ","],
      "data.columns.number.missing": ["refuse", "mean", "median"],
      "data.columns.number.scaling": NumberScaling.Method.allCases.map(\.rawValue),
      "data.columns.category.encoding": CategoryColumn.Encoding.allCases.map(\.rawValue),
      "data.columns.category.unseen": CategoryColumn.Unseen.allCases.map(\.rawValue),
      "data.scaling": ScalingMethod.allCases.map(\.rawValue),
      "data.loss_divisor": LossDivisor.allCases.map(\.rawValue),
      "data.on_bad_row": DataConfiguration.OnBadRow.allCases.map(\.rawValue),
      "training.early_stopping.mode": EarlyStopping.Mode.allCases.map(\.rawValue),
      "checkpoints.on_disk_full": CheckpointConfiguration.OnDiskFull.allCases.map(\.rawValue),
      "health.on_blowup": HealthConfiguration.OnBlowup.allCases.map(\.rawValue),
      "health.may": HealthConfiguration.Intervention.allCases.map(\.rawValue),
      "model.initialization": TrainingConfiguration.Initialization.allCases.map(\.rawValue),
      "health.on_spike": HealthConfiguration.OnSpike.allCases.map(\.rawValue),
    ]
    for layer in ["max_pooling1d", "max_pooling2d", "average_pooling1d", "average_pooling2d"] {
      expected["model.layers.\(layer).padding"] = PoolingPadding.allCases.map(\.rawValue)
    }
    for layer in ["conv1d", "conv2d", "depthwise_conv2d", "conv2d_transpose"] {
      expected["model.layers.\(layer).padding"] = ConvolutionPadding.allCases.map(\.rawValue)
        .filter { layer == "conv1d" || $0 != "causal" }
    }
    expected["model.layers.bidirectional.merge_mode"] = Bidirectional.MergeMode.allCases.map(\.rawValue)
    expected["model.layers.random_flip.mode"] = RandomFlip.Mode.allCases.map(\.rawValue)
    expected["model.layers.random_translation.fill_mode"] = RandomTranslation.FillMode.allCases.map(\.rawValue)
    #expect(words(.map(Grammar.recipe), "") == expected)
  }

  /// The words of every key that takes one, by key path.
  private func words(_ form: Form, _ path: String) -> [String: [String]] {
    switch form {
    case .word(let words, _): return [path: words]
    case .list(let element, _), .pair(let element), .oneOrMore(let element), .wordOr(_, let element),
      .offOr(let element):
      return words(element, path)
    case .scalarOr(let scalar, let map): return words(scalar, path).merging(words(.map(map), path)) { $1 }
    case .named(let form): return words(form, path)
    case .map(let map):
      return map.keys.reduce(into: [:]) { found, key in
        found.merge(words(key.form, path.isEmpty ? key.name : "\(path).\(key.name)")) { $1 }
      }
    // Within itself it is the same list.
    case .layers where !path.contains("layers."): return words(.map(Grammar.layerEntry), path)
    case .boolean, .integer, .unsigned, .number, .text, .textOrNamed, .texts, .numbers, .layers, .anything: return [:]
    }
  }

  @Test(arguments: [
    ("optimzer", "optimizer"), ("learningRate", "learning_rate"), ("lr", "learning_rate"), ("clipnorm", "clip_norm"),
    ("epoch", "epochs"), ("bacth_size", "batch_size"), ("moons", "make_moons"),
  ])
  func nearestNames(_ name: String, _ nearest: String) {
    let names = ["optimizer", "learning_rate", "clip_norm", "global_clip_norm", "epochs", "batch_size", "make_moons"]
    #expect(NearestName.nearest(to: name, among: names) == nearest)
  }

  @Test func nothingIsNear() {
    #expect(NearestName.nearest(to: "zebra", among: ["rho", "momentum", "epsilon"]) == nil)
    #expect(NearestName.nearest(to: "x", among: ["lr", "tags"]) == nil)
  }
}
