import NeuralNetwork
import Recipes
import Testing
import Training

/// `inputs` of layers.
@Suite struct GraphRecipeTests {
  private func recipe(_ layers: String) -> String {
    """
    data: {train: {make_moons: {samples: 100}}}
    model:
      layers:
    \(layers.split(separator: "\n").map { "    - \($0)" }.joined(separator: "\n"))
    loss: binary_crossentropy
    optimizer: {adam: {}}
    """
  }

  private let branches = """
    dense: {units: 4, activation: tanh, name: stem}
    dense: {units: 3, name: left}
    dense: {units: 3, name: right, inputs: stem}
    add: {inputs: [left, right]}
    concatenate: {inputs: [add, stem], axis: 1}
    dense: {units: 1, activation: sigmoid}
    """

  @Test func inputsMakeAGraph() throws {
    let configuration = try parse(recipe(branches)).configuration
    #expect(
      configuration.layers.map(\.reads) == [
        [.firstInput], [.listed(0)], [.listed(0)], [.listed(1), .listed(2)], [.listed(3), .listed(0)], [.listed(4)],
      ])
    let network = try Network(input: [2], layers: configuration.layers, loss: configuration.loss)
    #expect(network.places.map(\.name) == ["stem", "left", "right", "add", "concatenate", "dense"])
    #expect(network.places.map(\.output) == [[4], [3], [3], [3], [7], [1]])
  }

  /// Direct convolutions read what the others do.
  @Test func exactKernelsChangeNothingElse() throws {
    let text = recipe(
      """
      reshape: {target_shape: [8, 8, 16]}
      conv2d: {filters: 16, kernel_size: 3, padding: same, name: stem}
      residual: {layers: [{conv2d: {filters: 16, kernel_size: 3, padding: same}}]}
      add: {inputs: [add, stem]}
      flatten
      dense: {units: 1, activation: sigmoid}
      """)
    let chosen = try parse(text).configuration
    let exact = try parse(text + "\nkernels: exact").configuration
    #expect(exact.layers.map(\.reads) == chosen.layers.map(\.reads))
    let networks = try [chosen, exact].map { try Network(input: [1024], layers: $0.layers, loss: $0.loss) }
    #expect(networks.map(\.methods) == [["winograd4x4"], []])
    #expect(networks[0].places.map(\.output) == networks[1].places.map(\.output))
  }

  /// A resolved recipe reads as itself.
  @Test func resolvedInputsAreKept() throws {
    let resolved = try parse(recipe(branches)).resolved(.checkpoint)
    #expect(resolved.contains("inputs"))
    #expect(try parse(resolved, files: .none).resolved(.checkpoint) == resolved)
  }

  @Test(arguments: [
    ("inputs: stem}", "inputs: stm}", "no layer further up is called `stm`; did you mean `stem`?"),
    ("inputs: stem}", "inputs: right}", "layer `right` reads its own output"),
    ("inputs: stem}", "inputs: dense}", "no layer further up is called `dense`"),
    ("inputs: stem}", "inputs: [stem, left]}", "has 2 inputs, but takes 1"),
    ("inputs: [left, right]", "inputs: [left]", "has 1 input, but takes 2 or more"),
    ("add: {inputs: [left, right]}", "add", "has 1 input, but takes 2 or more"),
    ("inputs: [left, right]", "inputs: [left, left]", "nothing reads the output of layer `right`"),
    ("inputs: stem}", "inputs: []}", "expected"),
    ("axis: 1", "axis: 9", "expected an integer from -8 to 8"),
  ])
  func wrongGraphsAreRefused(_ piece: String, _ replacement: String, _ message: String) {
    let found = problems(recipe(branches.replacing(piece, with: replacement)))
    #expect(found.contains { $0.contains(message) && $0.contains("model.layers.") }, "\(found)")
  }

  private let tied = """
    embedding: {input_dim: 7, output_dim: 3, name: tokens}
    dense: {units: 3}
    repeat: {times: 2, layers: [{embedding: {input_dim: 7, output_dim: 3, name: inner}}, flatten, {reshape: {target_shape: [2, 3]}}, {dense: {units: 7, tied_to: inner}}, {dense: {units: 1}}, flatten]}
    dense: {units: 7, use_bias: false, tied_to: tokens, inputs: dense, activation: sigmoid}
    """

  /// Within a copy the name is that of the copy's own layer.
  @Test func tiedLayersKnowTheirTables() throws {
    let configuration = try parse(recipe(tied.replacing("tied_to: tokens, inputs: dense", with: "tied_to: inner_1")))
      .configuration
    #expect(configuration.layers.compactMap { $0.layer.tiedTo } == ["inner", "inner_1", "inner_1"])
  }

  @Test(arguments: [
    ("tied_to: tokens", "tied_to: tokns", "no embedding further up is called `tokns`; did you mean `tokens`?"),
    ("tied_to: tokens", "tied_to: dense", "is tied to `dense`, which has no table"),
    ("units: 7, use_bias", "units: 8, use_bias", "has 8 units, but is tied to `tokens` of input_dim 7: make `units` 7"),
    ("tied_to: tokens", "tied_to: tokens, kernel_regularizer: {l2: 1}", "has no kernel of its own"),
  ])
  func wrongTiesAreRefused(_ piece: String, _ replacement: String, _ message: String) {
    let text = """
      embedding: {input_dim: 7, output_dim: 3, name: tokens}
      dense: {units: 3}
      dense: {units: 7, use_bias: false, tied_to: tokens, activation: sigmoid}
      """
    let found = problems(recipe(text.replacing(piece, with: replacement)))
    #expect(found.contains { $0.contains(message) && $0.contains("model.layers.2") }, "\(found)")
  }
}
