import GradientHealth
import Testing

@testable import Recipes

/// Remedies for layers that read sequences, as edits of a recipe.
@Suite struct RecurrentRemedyTests {
  private static func recipe(_ layers: String, optimizer: String = "{adam: {learning_rate: 0.001}}") throws -> Recipe {
    try Recipe.parse(
      """
      name: run
      data: {train: {make_adding: {samples: 90, length: 20}}}
      model:
        layers:
      \(layers.split(separator: "\n").map { "    - \($0)" }.joined(separator: "\n"))
      loss: mean_squared_error
      optimizer: \(optimizer)
      """, file: "run.yaml", folder: nil)
  }

  /// What is removed and added, in order, without the keys around; nil: it changes nothing.
  private func changes(_ edit: Remedy.Edit, _ recipe: Recipe) throws -> String? {
    guard let remedy = RecipeRemedy(Remedy("", edit), for: recipe) else { return nil }
    // What is printed is a recipe.
    #expect(try Recipe.parse(remedy.recipe.resolved(.run), file: "mended.yaml", folder: nil) == remedy.recipe)
    return remedy.diff.split(separator: "\n").filter { !$0.hasPrefix("  ") }.map { line in
      line.prefix(2) + line.dropFirst(2).drop { $0 == " " || $0 == "-" }
    }.joined(separator: "\n")
  }

  @Test func aSimpleLayerBecomesOneWithGates() throws {
    let recipe = try Self.recipe(
      "simple_rnn: {units: 32, return_sequences: true, name: first, activation: relu, recurrent_initializer: {orthogonal: {gain: 1.5}}}\n"
        + "simple_rnn: {units: 16}\ndense: {units: 1}")
    let remedy = try #require(RecipeRemedy(Remedy("", .recurrentLayer("lstm", in: nil)), for: recipe)?.recipe)
    let layers = try #require(remedy.values["model"]?["layers"]?.list)
    let first = try #require(layers[0]["lstm"])
    #expect(
      first["units"]?.integer == 32 && first["return_sequences"]?.boolean == true && first["name"]?.text == "first")
    // What suited the other layer does not suit this one: it starts as Keras would have it.
    #expect(first["activation"]?.choice?.name == "tanh" && first["unit_forget_bias"]?.boolean == true)
    #expect(first["recurrent_initializer"]?["orthogonal"]?["gain"]?.number == 1)
    #expect(layers[1]["lstm"]?["units"]?.integer == 16 && layers[1]["lstm"]?["return_sequences"]?.boolean == false)
    #expect(layers[2]["dense"] != nil)
    // One by its name; one that has gates already, none.
    let one = try #require(RecipeRemedy(Remedy("", .recurrentLayer("gru", in: "simple_rnn")), for: recipe)?.recipe)
    #expect(one.values["model"]?["layers"]?.list?.map { $0.chosen.name } == ["simple_rnn", "gru", "dense"])
    #expect(RecipeRemedy(Remedy("", .recurrentLayer("gru", in: nil)), for: remedy) == nil)
  }

  /// A layer that others read by the name that it has of itself keeps it.
  @Test func readersFindTheLayer() throws {
    let recipe = try Self.recipe(
      "simple_rnn: {units: 4, return_sequences: true}\ndense: {units: 4}\nadd: {inputs: [simple_rnn, dense]}\n"
        + "simple_rnn: {units: 4}\ndense: {units: 1}")
    let remedy = try #require(RecipeRemedy(Remedy("", .recurrentLayer("lstm", in: nil)), for: recipe)?.recipe)
    #expect(remedy.values["model"]?["layers"]?.list?[0]["lstm"]?["name"]?.text == "simple_rnn")
  }

  @Test func whatBidirectionalRunsIsEdited() throws {
    let recipe = try Self.recipe("bidirectional: {layer: {simple_rnn: {units: 4}}}\ndense: {units: 1}")
    let edited = try #require(
      RecipeRemedy(Remedy("", .recurrentLayer("lstm", in: "bidirectional")), for: recipe)?.recipe)
    let layer = edited.values["model"]?["layers"]?.list?[0]
    #expect(layer?["bidirectional"]?["layer"]?["lstm"]?["units"]?.integer == 4)
    let shut = try Self.recipe(
      "bidirectional: {layer: {lstm: {units: 4, unit_forget_bias: false}}}\ndense: {units: 1}")
    #expect(try changes(.forgetBias(in: nil), shut) == "- unit_forget_bias: false\n+ unit_forget_bias: true")
  }

  @Test func forgetBiasInitializerAndTruncation() throws {
    let shut = try Self.recipe("lstm: {units: 4, unit_forget_bias: false}\ndense: {units: 1}")
    #expect(try changes(.forgetBias(in: "lstm"), shut) == "- unit_forget_bias: false\n+ unit_forget_bias: true")
    let open = try Self.recipe(
      "lstm: {units: 4}\ngru: {units: 3}\ndense: {units: 1}".replacing(
        "units: 4", with: "units: 4, return_sequences: true"))
    #expect(try changes(.forgetBias(in: nil), open) == nil)
    #expect(try changes(.truncation(10), open) == "- truncate: 0\n+ truncate: 10\n- truncate: 0\n+ truncate: 10")
    let wild = try Self.recipe(
      "simple_rnn: {units: 4, recurrent_initializer: {orthogonal: {gain: 1.5}}, truncate: 5}\ndense: {units: 1}")
    #expect(try changes(.recurrentInitializer("orthogonal", in: nil), wild) == "- gain: 1.5\n+ gain: 1.0")
    #expect(try changes(.truncation(10), wild) == nil)
  }

  @Test func ratesWarmUp() throws {
    let layers = "simple_rnn: {units: 4}\ndense: {units: 1}"
    let constant = try Self.recipe(layers)
    let warmed = try #require(RecipeRemedy(Remedy("", .warmup(steps: 300)), for: constant)?.recipe)
    #expect(try changes(.warmup(steps: 300), constant)?.contains("warmup_steps: 300") == true)
    let cosine = try Self.recipe(
      layers, optimizer: "{adam: {learning_rate: {cosine_decay: {initial_learning_rate: 0.01, decay_steps: 100}}}}")
    #expect(try changes(.warmup(steps: 300), cosine)?.contains("+ warmup_steps: 300") == true)
    #expect(try changes(.warmup(steps: 500), warmed) == nil)
  }

  /// All that detectors propose for a run of a simple layer leaves a recipe.
  @Test func everythingThatIsProposedIsARecipe() throws {
    let recipe = try Self.recipe("simple_rnn: {units: 4}\ndense: {units: 1}")
    let edits: [Remedy.Edit] = [
      .recurrentLayer("lstm", in: "simple_rnn"), .recurrentLayer("gru", in: "simple_rnn"), .clip(1),
      .optimizer("adam", learningRate: 0.01), .truncation(25), .warmup(steps: 100),
    ]
    for edit in edits { #expect(try changes(edit, recipe) != nil, "\(edit)") }
  }

  /// What is for kernels of dense layers leaves recurrent ones as they are.
  @Test func editsOfKernelsPassOverRecurrentLayers() throws {
    let recipe = try Self.recipe(
      "simple_rnn: {units: 4, return_sequences: true}\nsimple_rnn: {units: 4}\ndense: {units: 3, activation: tanh}\ndense: {units: 1}"
    )
    for edit in [Remedy.Edit.batchNormalization, .activation("relu", in: nil), .suitedInitializers(in: nil)] {
      let mended = RecipeRemedy(Remedy("", edit), for: recipe)?.recipe ?? recipe
      let layers = try #require(mended.values["model"]?["layers"]?.list)
      let before = try #require(recipe.values["model"]?["layers"]?.list)
      #expect(layers[0] == before[0] && layers[1] == before[1])
    }
    #expect(RecipeRemedy(Remedy("", .shortcuts(from: 1)), for: recipe) == nil)
    let deep = try Self.recipe("dense: {units: 3}\ndense: {units: 3}\nsimple_rnn: {units: 4}\ndense: {units: 1}")
    #expect(RecipeRemedy(Remedy("", .hiddenLayers(1)), for: deep) == nil)
  }
}
