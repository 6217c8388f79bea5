import GradientHealth
import NeuralNetwork
import Testing
import Training

@testable import Recipes

/// Remedies as edits of a whole recipe: what they change, and that what comes of it is a recipe.
@Suite struct RemedyTests {
  private static let text = """
    name: run
    data:
      train: {make_regression: {samples: 100, features: 3}}
      validation: {fraction: 0.2}
    model:
      layers:
        - dense: {units: 8, activation: sigmoid, kernel_initializer: {random_normal: {stddev: 2}}, bias_initializer: ones}
        - dropout: {rate: 0.9}
        - dense: {units: 6, kernel_initializer: he_normal, kernel_regularizer: {l2: 30}}
        - activation: {function: relu}
        - dense: {units: 4, activation: tanh, name: third}
        - dense: {units: 1}
    loss: mean_squared_error
    optimizer:
      sgd: {learning_rate: {piecewise_constant_decay: {boundaries: [5], values: [0.1, 2.0]}}}
      clip_norm: 0.001
    """

  private static func recipe(_ text: String = text) throws -> Recipe {
    try Recipe.parse(text, file: "run.yaml", folder: nil)
  }

  /// The edit alone on the recipe above: what is removed and added, in order, without the keys around.
  @Test(arguments: [
    (Remedy.Edit.learningRate(times: 0.1), "- values: [0.1, 2.0]\n+ values: [0.01, 0.2]"),
    (
      .constantLearningRate(0.0314159),
      "- learning_rate:\n- piecewise_constant_decay:\n- boundaries: [5]\n- values: [0.1, 2.0]\n+ learning_rate: 0.031"
    ),
    (.clip(nil), "- clip_norm: 0.001"), (.clip(1), "- clip_norm: 0.001\n+ global_clip_norm: 1.0"),
    (
      .suitedInitializers(in: nil),
      "- kernel_initializer:\n- random_normal:\n- mean: 0.0\n- stddev: 2.0\n- bias_initializer: ones\n"
        + "+ kernel_initializer: glorot_uniform\n+ bias_initializer: zeros"
    ),
    (
      .activation("relu", in: "third"),
      "- activation: tanh\n+ activation: relu\n- kernel_initializer: glorot_uniform\n+ kernel_initializer: he_normal"
    ),
    (.penalties(times: 1e-6), "- l2: 30.0\n+ l2: 3.0e-05"),
    (.penalties(times: 0), "- kernel_regularizer:\n- l1: 0.0\n- l2: 30.0"),
    (.dropout(atMost: 0.2), "- rate: 0.9\n+ rate: 0.2"), (.standardScaling, "- scaling: none\n+ scaling: standard"),
    (.skipRows([7, 3]), "+ skip_rows: [3, 7]"), (.epochs(times: 10), "- epochs: 1\n+ epochs: 10"),
    (
      .outputScale(mean: 1e6, deviation: 400),
      "- kernel_initializer: glorot_uniform\n- bias_initializer: zeros\n+ kernel_initializer:\n+ random_normal:\n"
        + "+ mean: 0.0\n+ stddev: 200.0\n+ bias_initializer:\n+ constant:\n+ value: 1000000.0\n- sgd:\n- learning_rate:\n"
        + "- piecewise_constant_decay:\n- boundaries: [5]\n- values: [0.1, 2.0]\n- momentum: 0.0\n- nesterov: false\n"
        + "+ adam:\n+ learning_rate: 0.003\n+ beta_1: 0.9\n+ beta_2: 0.999\n+ epsilon: 1.0e-07\n+ amsgrad: false"
    ),
    (
      .earlyStopping(patience: 4),
      "+ early_stopping:\n+ monitor: validation_loss\n+ patience: 4\n+ min_delta: 0.0\n+ mode: auto\n+ restore_best: true"
    ),
  ])
  func anEditChangesThis(_ edit: Remedy.Edit, _ expected: String) throws {
    let remedy = try #require(RecipeRemedy(Remedy("", edit), for: try RemedyTests.recipe()))
    let changes = remedy.diff.split(separator: "\n").filter { !$0.hasPrefix("  ") }.map { line in
      line.prefix(2) + line.dropFirst(2).drop { $0 == " " || $0 == "-" }
    }
    #expect(changes.joined(separator: "\n") == expected)
    try expectValid(remedy, of: try RemedyTests.recipe())
  }

  /// The snippet in the place of the keys of its names, as a program pastes it, is the mended recipe.
  private func expectValid(_ remedy: RecipeRemedy, of recipe: Recipe) throws {
    #expect(remedy.recipe != recipe && !remedy.diff.isEmpty)
    func keys(_ text: String) throws -> [RecipeNode.Entry] {
      guard case .map(let entries) = try RecipeNode.parse(text, file: "").content else { return [] }
      return entries
    }
    let new = try keys(remedy.snippet)
    #expect(!new.isEmpty)
    let old = try keys(recipe.resolved(.run)).filter { entry in !new.contains { $0.key == entry.key } }
    var checker = Checker()
    let root = RecipeNode(.map(old + new), place: .start)
    let values = checker.value(root, .map(Grammar.recipe), "")
    #expect(checker.issues.isEmpty && values == remedy.recipe.values)
    #expect(try Recipe.parse(remedy.recipe.resolved(.run), file: "mended.yaml", folder: nil) == remedy.recipe)
  }

  @Test func layersAreTakenOutAndPutIn() throws {
    let recipe = try RemedyTests.recipe()
    let fewer = try #require(RecipeRemedy(Remedy("", .hiddenLayers(1)), for: recipe)?.recipe)
    #expect(fewer.configuration.layers.map(\.layer.kindName) == ["Dense", "Dropout", "Dense"])
    let normalised = try #require(RecipeRemedy(Remedy("", .batchNormalization), for: recipe)?.recipe)
    #expect(
      normalised.configuration.layers.map(\.layer.kindName) == [
        "Dense", "BatchNormalization", "Activation", "Dropout", "Dense", "BatchNormalization", "Activation", "Dense",
        "BatchNormalization", "Activation", "Dense",
      ])
    #expect(RecipeRemedy(Remedy("", .batchNormalization), for: normalised) == nil)
  }

  private static func shortcuts(_ layers: String, from depth: Int = 1) throws -> Recipe? {
    let recipe = try RemedyTests.recipe(
      """
      name: run
      data: {train: {make_moons: {samples: 90}}}
      model:
        layers: [\(layers)]
      loss: mean_squared_error
      optimizer: {sgd: {}}
      """)
    return RecipeRemedy(Remedy("", .shortcuts(from: depth)), for: recipe)?.recipe
  }

  /// Classes of the layers as they run; an add ends each block.
  private func kinds(_ recipe: Recipe?) -> String {
    (recipe?.configuration.layers ?? []).map { type(of: $0.layer).kind.replacing("batch_normalization", with: "norm") }
      .joined(separator: " ")
  }

  @Test func clippingIsNeverLoosened() throws {
    let recipe = try RemedyTests.recipe(
      """
      name: run
      data: {train: {make_moons: {samples: 90}}}
      model: {layers: [{dense: {units: 1, activation: sigmoid}}]}
      loss: binary_crossentropy
      optimizer: {sgd: {}, global_clip_norm: 1.0}
      """)
    #expect(RecipeRemedy(Remedy("", .clip(30)), for: recipe) == nil)
    #expect(RecipeRemedy(Remedy("", .clip(0.5)), for: recipe) != nil)
  }

  @Test func shortcutsGoAroundLayersOfOneWidth() throws {
    let dense = "{dense: {units: 8, activation: relu}}"
    let out = "{dense: {units: 1, activation: sigmoid}}"
    // The first has another input, the last is the output; pairs, and one that is left over.
    let seven = try Self.shortcuts(Array(repeating: dense, count: 6).joined(separator: ", ") + ", " + out)
    #expect(kinds(seven) == "dense norm dense dense add norm dense dense add norm dense add dense")
    // What follows a kernel goes with it; another width is no block; a network with normalization gets no more of it.
    let mixed = try Self.shortcuts(
      "\(dense), layer_normalization, \(dense), {dropout: {rate: 0.1}}, {dense: {units: 4}}, {dense: {units: 4}}, \(out)"
    )
    #expect(kinds(mixed) == "dense layer_normalization dense dropout add dense dense add dense")
    #expect(try Self.shortcuts("\(dense), \(out)") == nil)
    #expect(try Self.shortcuts("\(dense), \(dense), \(dense), \(out)", from: 3) != nil)
    #expect(try Self.shortcuts("\(dense), \(dense), \(dense), \(out)", from: 4) == nil)
    #expect(try Self.shortcuts("{dense: {units: 8}}, {dense: {units: 4}}, {dense: {units: 4}}") == nil, "the output's")
  }

  @Test func shortcutsOfRepetitions() throws {
    let out = "{dense: {units: 1, activation: sigmoid}}"
    func repeated(_ times: Int, _ layers: String, after before: String = "") -> String {
      "\(before){repeat: {times: \(times), layers: [\(layers)]}}, \(out)"
    }
    let dense = "{dense: {units: 8, activation: relu}}"
    // The first copy reads two features.
    #expect(kinds(try Self.shortcuts(repeated(5, dense))) == "dense norm dense dense add norm dense dense add dense")
    #expect(
      kinds(try Self.shortcuts(repeated(4, dense, after: dense + ", ")))
        == "dense norm dense dense add norm dense dense add dense")
    #expect(
      kinds(try Self.shortcuts(repeated(3, dense, after: dense + ", ")))
        == "dense norm dense add norm dense add norm dense add dense")
    #expect(
      kinds(try Self.shortcuts(repeated(2, "\(dense), {dropout: {rate: 0.1}}, \(dense)", after: dense + ", ")))
        == "dense norm dense dropout dense add norm dense dropout dense add dense")
    let named = "{dense: {units: 8, name: a}}"
    #expect(try Self.shortcuts(repeated(5, named)) == nil)
    #expect(
      kinds(try Self.shortcuts(repeated(2, named, after: dense + ", "))) == "dense norm dense add norm dense add dense")
  }

  @Test func shortcutsOfConvolutions() throws {
    func convolution(_ filters: Int, _ more: String = "padding: same") -> String {
      "{conv2d: {filters: \(filters), kernel_size: 3, \(more)}}"
    }
    let ends = "global_average_pooling2d, {dense: {units: 1, activation: sigmoid}}"
    let start = "{reshape: {target_shape: [2, 1, 1]}}"
    // Pooling keeps the channels; strides and `valid` do not keep the positions.
    let found = try Self.shortcuts(
      [
        start, convolution(4), convolution(4), "{max_pooling2d: {pool_size: [2, 1]}}", convolution(4),
        convolution(4, "padding: same, strides: 2"), convolution(4, "padding: same"), convolution(8),
        convolution(8, "padding: valid"), ends,
      ].joined(separator: ", "))
    #expect(
      kinds(found)
        == "reshape conv2d norm conv2d add max_pooling2d norm conv2d add conv2d norm conv2d add conv2d conv2d "
        + "global_average_pooling2d dense")
  }

  /// Steps without effect are not told; a remedy without any is none.
  @Test func noRemedyWithoutEffect() throws {
    let recipe = try RemedyTests.recipe()
    #expect(RecipeRemedy(Remedy("", .rollback), for: recipe) == nil)
    #expect(RecipeRemedy(Remedy("", .hiddenLayers(9)), for: recipe) == nil)
    #expect(RecipeRemedy(Remedy("", .reduceOnPlateau(patience: 3)), for: recipe) == nil, "it has a schedule")
    let both = Remedy([.init("Go back.", .rollback), .init("Scale.", .standardScaling)])
    #expect(RecipeRemedy(both, for: recipe)?.text == "Scale.")
    let adam = try RemedyTests.recipe(
      RemedyTests.text.replacing("sgd: {learning_rate: {", with: "adam: {learning_rate: {"))
    #expect(RecipeRemedy(Remedy("", .optimizer("adam", learningRate: 0.003)), for: adam) != nil, "its rate rises to 2")
  }

  @Test func layersOfABranchingNetworkStay() throws {
    let recipe = try RemedyTests.recipe(
      """
      name: run
      data: {train: {make_moons: {samples: 90}}}
      model:
        layers:
          - dense: {units: 4, activation: tanh, name: left}
          - dense: {units: 4, activation: tanh, name: right}
          - add: {inputs: [left, right]}
          - dense: {units: 1}
      loss: mean_squared_error
      optimizer: {sgd: {}}
      """)
    #expect(RecipeRemedy(Remedy("", .batchNormalization), for: recipe) == nil)
    #expect(RecipeRemedy(Remedy("", .hiddenLayers(1)), for: recipe) == nil)
    let relu = try #require(RecipeRemedy(Remedy("", .activation("relu", in: "right")), for: recipe))
    #expect(relu.diff.contains("he_normal") && relu.recipe.configuration.layers.count == 4)
    try expectValid(relu, of: recipe)
  }

  @Test func numbersAreThoseOfTheChanges() throws {
    let recipe = try RemedyTests.recipe()
    func finding(_ edits: [Remedy.Edit]) -> Finding {
      Finding(.plateau, .warning, message: "", cause: "", remedies: edits.map { Remedy("why", $0) })
    }
    let all = RecipeRemedy.all(
      of: [finding([.rollback, .standardScaling, .clip(1)]), finding([.clip(1), .clip(nil)])], for: recipe)
    #expect(all.map { $0.map(\.number) } == [[1, 2], [2, 3]])
  }

  @Test func aDiffShowsWhereItStands() {
    let before = "a:\n  - b:\n      c: 1\n      d: 2\n  - b:\n      c: 1\n      d: 2\ne: 5\n"
    let after = "a:\n  - b:\n      c: 1\n      d: 2\n  - b:\n      c: 1\n      d: 3\ne: 5\n"
    #expect(YAMLDiff.text(from: before, to: after) == "  a:\n    - b:\n-       d: 2\n+       d: 3")
    #expect(YAMLDiff.text(from: before, to: before).isEmpty)
    #expect(YAMLDiff.text(from: "a: 1\nb: 2\n", to: "b: 2\n") == "- a: 1")
  }
}

extension Layer {
  fileprivate var kindName: String { "\(type(of: self))" }
}
