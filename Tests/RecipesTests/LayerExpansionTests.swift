import GradientHealth
import NeuralNetwork
import Testing
import Training

@testable import Recipes

/// `repeat`, `residual`, `input` and lists in lists.
@Suite struct LayerExpansionTests {
  private static func recipe(_ layers: String, data: String = "make_moons: {samples: 100}") -> String {
    """
    name: graph
    data: {train: {\(data)}}
    model:
      layers:
    \(layers.split(separator: "\n").map { "    \($0)" }.joined(separator: "\n"))
    loss: mean_squared_error
    optimizer: {adam: {}}
    """
  }

  private static func graph(_ layers: String) throws -> [String] {
    let network = try Network(
      inputs: [NetworkInput("features", [2])], layers: parse(recipe(layers)).configuration.layers,
      loss: MeanSquaredError())
    return network.places.map { place in
      let read = place.inputs.map { value in
        switch value {
        case .input(let number): "#\(number)"
        case .output(let node, _): network.places[node].name
        }
      }
      return "\(place.name)(\(read.joined(separator: ",")))"
    }
  }

  @Test func aResidualAddsItsInput() throws {
    let found = try LayerExpansionTests.graph(
      """
      - dense: {units: 4, name: stem}
      - residual: {layers: [{dense: {units: 4}}, {dense: {units: 4}}]}
      - residual: {layers: [{dense: {units: 3}}], shortcut: [{dense: {units: 3, name: short}}]}
      - residual: {layers: [{dense: {units: 3}}, {residual: {layers: [{dense: {units: 3}}]}}]}
      - dense: {units: 1}
      """)
    #expect(
      found == [
        "stem(#0)", "dense(stem)", "dense_1(dense)", "add(stem,dense_1)", "short(add)", "dense_2(add)",
        "add_1(short,dense_2)", "dense_3(add_1)", "dense_4(dense_3)", "add_2(dense_3,dense_4)", "add_3(add_1,add_2)",
        "dense_5(add_3)",
      ])
  }

  /// The data's input itself may be what is added.
  @Test func aResidualMayStandFirst() throws {
    #expect(
      try LayerExpansionTests.graph("- residual: {layers: [{dense: {units: 2}}]}\n- dense: {units: 1}") == [
        "dense(#0)", "add(#0,dense)", "dense_1(add)",
      ])
  }

  /// Names are counted over all copies; `inputs` mean the own copy, from outside the first.
  @Test func copiesHaveNamesOfTheirOwn() throws {
    let found = try LayerExpansionTests.graph(
      """
      - dense: {units: 4, name: stem}
      - repeat:
          times: 2
          layers:
            - dense: {units: 4, name: a}
            - repeat: {times: 2, layers: [{dense: {units: 4, name: b}}, {add: {inputs: [a, b, stem], name: c}}]}
            - activation: {function: tanh, name: e}
            - add: {inputs: [b, c, e], name: d}
      - add: {inputs: [d_1, b, b_3]}
      """)
    #expect(
      found == [
        "stem(#0)", "a(stem)", "b(a)", "c(a,b,stem)", "b_1(c)", "c_1(a,b_1,stem)", "e(c_1)", "d(b,c,e)", "a_1(d)",
        "b_2(a_1)", "c_2(a_1,b_2,stem)", "b_3(c_2)", "c_3(a_1,b_3,stem)", "e_1(c_3)", "d_1(b_2,c_2,e_1)",
        "add(d_1,b,b_3)",
      ])
  }

  @Test func unnamedCopiesCountOn() throws {
    #expect(
      try LayerExpansionTests.graph(
        "- repeat: {times: 3, layers: [{dense: {units: 2}}, {activation: {function: tanh}}]}\n- dense: {units: 1}")
        == [
          "dense(#0)", "activation(dense)", "dense_1(activation)", "activation_1(dense_1)", "dense_2(activation_1)",
          "activation_2(dense_2)", "dense_3(activation_2)",
        ])
  }

  /// An alias of a list stands for its elements, and the recipe of the run shows what is written.
  @Test func listsInListsAreSplicedIn() throws {
    let text = LayerExpansionTests.recipe(
      """
      - &block
        - dense: {units: 4}
        - [{activation: {function: tanh}}, {dropout: {rate: 0.5}}]
      - *block
      - residual: {layers: *block}
      - dense: {units: 1}
      """)
    let recipe = try parse(text)
    #expect(
      recipe.configuration.layers.map { type(of: $0.layer).kind } == [
        "dense", "activation", "dropout", "dense", "activation", "dropout", "dense", "activation", "dropout", "add",
        "dense",
      ])
    let resolved = recipe.resolved(.checkpoint)
    #expect(resolved.contains("residual") && !resolved.contains("add:"))
    #expect(try parse(resolved, files: .none) == recipe)
    #expect(try parse(resolved, files: .none).resolved(.checkpoint) == resolved)
  }

  /// `activation: relu` says the function alone.
  @Test func anActivationMayBeItsFunction() throws {
    let recipe = try parse(
      LayerExpansionTests.recipe(
        "- activation: tanh\n- activation: {leaky_relu: {negative_slope: 0.5}}\n- activation: {function: relu, name: x}"
      ))
    #expect(
      recipe.configuration.layers.map { $0.layer.traits.activation } == [.tanh, .leakyRelu(negativeSlope: 0.5), .relu])
    #expect(try parse(recipe.resolved(.checkpoint), files: .none) == recipe)
    let found = problems(LayerExpansionTests.recipe("- activation: tanhh\n- activation: {name: x}\n- activation"))
    #expect(
      found.count == 3 && found[0].contains(":5:19: model.layers.0.activation.function: ")
        && found[0].contains("`tanh`"))
    #expect(found.dropFirst().allSatisfy { $0.contains("missing key `function`") }, "\(found)")
  }

  @Test func overridesReachLayersWithin() throws {
    let text = LayerExpansionTests.recipe(
      "- repeat: {times: 2, layers: [{dense: {units: 4}}, [{dense: {units: 4}}]]}\n- dense: {units: 1}")
    let recipe = try parse(
      text,
      overrides: [
        "model.layers.0.repeat.times=3", "model.layers.0.repeat.layers.1.0.dense.units=5",
        "model.layers.1.dense.units=2",
      ])
    #expect(recipe.configuration.layers.compactMap { $0.layer.traits.units } == [4, 5, 4, 5, 4, 5, 2])
  }

  @Test(arguments: [
    ("- repeat: {times: 2, layers: [{dense: {units: 2, inputs: stm}}]}\n- dense: {units: 1}", ":5:62:", "`stm`"),
    ("- repeat: {times: 0, layers: [{dense: {units: 2}}]}\n- dense: {units: 1}", ":5:23:", "from 1 to 10000"),
    ("- repeat: {layers: [{dense: {units: 2}}]}\n- dense: {units: 1}", ":5:", "missing key `times`"),
    ("- repeat: {times: 2, layers: []}\n- dense: {units: 1}", ":5:", "a list of 1 or more"),
    ("- residual: {shortcut: [{dense: {units: 2}}]}\n- dense: {units: 1}", ":5:", "missing key `layers`"),
    ("- residual: {layers: [{dense: {unit: 2}}]}\n- dense: {units: 1}", ":5:36:", "did you mean `units`?"),
    ("- residul: {layers: [{dense: {units: 2}}]}\n- dense: {units: 1}", ":5:", "did you mean `residual`?"),
    ("- []\n- dense: {units: 1}", ":5:", "a list of 1 or more"),
    ("- input: {name: ports}\n- dense: {units: 1}", ":5:21:", "the data have no input `ports`"),
    ("- dense: {units: 1}\n- input: {name: features}", ":6:", "an `input` needs layers"),
    (
      "- repeat: {times: 1000, layers: [{repeat: {times: 1000, layers: [{dense: {units: 2}}]}}]}", ":5:",
      "more than 10000 layers"
    ),
    (
      "- dense: {units: 1, name: a_1}\n- repeat: {times: 2, layers: [{dense: {units: 1, name: a}}]}", ":6:",
      "both called `a_1`"
    ),
    (
      "- dense: {units: 1, name: a}\n- dense: {units: 1, inputs: a}\n- dense: {units: 1, inputs: a}", ":6:",
      "nothing reads"
    ),
  ])
  func wrongListsAreRefusedAtTheirPlace(_ layers: String, _ place: String, _ words: String) {
    let found = problems(LayerExpansionTests.recipe(layers))
    #expect(found.contains { $0.contains("recipe.yaml" + place) && $0.contains(words) }, "\(found)")
    // Said once, however many copies are wrong.
    #expect(Set(found).count == found.count)
  }

  /// Layers within are edited where they stand; nothing is put into or taken out of a list that is no chain.
  @Test func remediesReachLayersWithin() throws {
    let recipe = try parse(
      LayerExpansionTests.recipe(
        """
        - dense: {units: 4, activation: sigmoid}
        - repeat: {times: 2, layers: [{residual: {layers: [{dense: {units: 4, activation: sigmoid}}]}}]}
        - [{dense: {units: 4, activation: sigmoid, name: late}}]
        - dense: {units: 1}
        """))
    let relu = try #require(RecipeRemedy(Remedy("", .activation("relu", in: "dense_2")), for: recipe)?.recipe)
    #expect(
      relu.configuration.layers.compactMap { $0.layer.traits.activation?.name } == [
        "sigmoid", "relu", "relu", "sigmoid", "linear",
      ])
    let late = try #require(RecipeRemedy(Remedy("", .activation("relu", in: "late")), for: recipe)?.recipe)
    #expect(
      late.configuration.layers.compactMap { $0.layer.traits.activation?.name } == [
        "sigmoid", "sigmoid", "sigmoid", "relu", "linear",
      ])
    #expect(RecipeRemedy(Remedy("", .batchNormalization), for: recipe) == nil)
    #expect(RecipeRemedy(Remedy("", .hiddenLayers(1)), for: recipe) == nil)
  }
}
