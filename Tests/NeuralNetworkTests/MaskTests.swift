import Kernels
import NeuralNetwork
import Testing

/// Positions that do not count: padding changes neither loss nor gradient.
@Suite struct MaskTests {
  private static let vocabulary = 6
  /// Ids of three sentences of 4, 2 and 3 words, and the targets.
  private static let sentences: [[Float]] = [[3, 1, 5, 2], [4, 4], [1, 2, 3]]
  private static let answers: [[Float]] = [[1, 0, 2, 2], [0, 1], [2, 1, 0]]

  private struct Outcome {
    var loss = ShardLoss()
    var evaluated = ShardLoss()
    var gradient: [Float] = []
    var right = 0.0
  }

  private static func layers(_ masked: Bool, end: [ListedLayer]) -> [ListedLayer] {
    [
      ListedLayer(Embedding(inputDim: vocabulary, outputDim: 4, maskZero: masked, name: "words")),
      ListedLayer(Dense(units: 4, activation: .tanh, name: "inner")),
      ListedLayer(Add(), inputs: ["words", "inner"]), ListedLayer(LayerNormalization()),
    ] + end
  }

  private static func run(
    _ network: Network, inputs: [[Float]], targets: [Float], rows: Int, weight: Double? = nil
  ) -> Outcome {
    let parameters = Floats(repeating: 0, count: network.layout.trainableCount)
    let state = Floats(repeating: 0, count: network.layout.stateCount)
    network.initialize(trainable: parameters.mutable, state: state.mutable, seed: 4)
    let workspace = Workspace(
      network: network, rows: rows, targetColumns: targets.count / rows, training: true, separate: true)
    for (number, input) in inputs.enumerated() { workspace.input(number, rows: rows).vector.copy(from: input) }
    workspace.targets(rows: rows).vector.copy(from: targets)
    let gradient = Floats(repeating: .nan, count: network.layout.trainableCount)
    let statistics = Floats(repeating: 0, count: network.layout.stateCount)
    var outcome = Outcome()
    outcome.loss = network.computeGradient(
      parameters: parameters.vector, state: state.vector, workspace: workspace, rows: rows,
      training: TrainingPass(key: 1, step: 0, firstRow: 0, positionWeight: weight), gradient: gradient.mutable,
      statistics: statistics.mutable)
    outcome.gradient = network.layout.trainable.flatMap { gradient.vector[$0.range].array }
    outcome.evaluated = network.evaluate(
      parameters: parameters.vector, state: state.vector, workspace: workspace, rows: rows)
    let outputs = network.byPosition(network.applyLink(workspace: workspace, rows: rows))
    var sums = [0.0, 0.0]
    sums.withUnsafeMutableBufferPointer { sums in
      let targets = network.byPosition(workspace.targets(rows: rows).readOnly)
      guard let mask = network.mask(of: workspace, rows: rows) else {
        return Accuracy().add(outputs: outputs, targets: targets, weights: nil, to: sums)
      }
      mask.eachRun { Accuracy().add(outputs: outputs.rows($0), targets: targets.rows($0), weights: nil, to: sums) }
    }
    outcome.right = sums[0]
    return outcome
  }

  private static func padded(_ rows: [[Float]], to length: Int, left: Bool, with value: Float = 0) -> [Float] {
    rows.flatMap { row -> [Float] in
      let padding = Array(repeating: value, count: length - row.count)
      return left ? padding + row : row + padding
    }
  }

  /// Each sentence alone, without padding: sums over their words.
  private static func alone(_ end: [ListedLayer], answers: [[Float]]) throws -> Outcome {
    var sum = Outcome()
    for (sentence, answer) in zip(sentences, answers) {
      let network = try Network(
        input: [sentence.count], layers: layers(false, end: end), loss: SparseCategoricalCrossentropy())
      let one = run(network, inputs: [sentence], targets: answer, rows: 1)
      let positions = Double(network.positions)
      sum.loss.loss += one.loss.loss * positions
      sum.right += one.right
      let scaled = one.gradient.map { $0 * Float(positions) }
      sum.gradient = sum.gradient.isEmpty ? scaled : zip(sum.gradient, scaled).map(+)
    }
    return sum
  }

  @Test(arguments: [4, 7], [false, true])
  func paddedPositionsCountForNothing(length: Int, left: Bool) throws {
    let end = [ListedLayer(Dense(units: 3, activation: .softmax))]
    let network = try Network(
      input: [length], layers: MaskTests.layers(true, end: end), loss: SparseCategoricalCrossentropy())
    #expect(network.maskInputs == [0])
    // A target that stands at padding may be anything.
    let found = MaskTests.run(
      network, inputs: [MaskTests.padded(MaskTests.sentences, to: length, left: left)],
      targets: MaskTests.padded(MaskTests.answers, to: length, left: left, with: 2), rows: 3)
    let expected = try MaskTests.alone(end, answers: MaskTests.answers)
    #expect(found.loss.positions == 9)
    // A row's share is the mean over its positions: the engine divides by the three rows.
    #expect(abs(found.loss.loss / 3 - expected.loss.loss / 9) < 1e-6)
    #expect(abs(found.evaluated.loss - expected.loss.loss) < 1e-5)
    #expect(found.right == expected.right)
    expectClose(
      found.gradient.map { $0 / 3 }, expected.gradient.map { Double($0) / 9 }, tolerance: 1e-6, "gradient")
    // The batch that the rows belong to has 18 positions that count, in six rows.
    let part = MaskTests.run(
      network, inputs: [MaskTests.padded(MaskTests.sentences, to: length, left: left)],
      targets: MaskTests.padded(MaskTests.answers, to: length, left: left), rows: 3, weight: 6.0 / 18)
    #expect(abs(part.loss.loss - expected.loss.loss / 3) < 1e-6)
  }

  @Test func anAverageLeavesPaddingOut() throws {
    let end = [ListedLayer(GlobalAveragePooling1D()), ListedLayer(Dense(units: 3, activation: .softmax))]
    let answers: [[Float]] = [[1], [0], [2]]
    let network = try Network(
      input: [6], layers: MaskTests.layers(true, end: end), loss: SparseCategoricalCrossentropy())
    #expect(network.maskInputs.isEmpty)
    let found = MaskTests.run(
      network, inputs: [MaskTests.padded(MaskTests.sentences, to: 6, left: true)], targets: answers.flatMap { $0 },
      rows: 3)
    let expected = try MaskTests.alone(end, answers: answers)
    #expect(abs(found.loss.loss - expected.loss.loss) < 1e-6)
    expectClose(found.gradient, expected.gradient.map(Double.init), tolerance: 1e-6, "gradient")
  }

  /// Two inputs with masks of their own meet: a position counts where either does.
  @Test func differentMasksAreJoined() throws {
    let layers = [
      ListedLayer(Embedding(inputDim: 6, outputDim: 4, maskZero: true, name: "words"), inputs: ["word"]),
      ListedLayer(Embedding(inputDim: 3, outputDim: 4, maskZero: true, name: "kinds"), inputs: ["kind"]),
      ListedLayer(Add(), inputs: ["words", "kinds"]), ListedLayer(Dense(units: 3, activation: .softmax)),
    ]
    let network = try Network(
      inputs: [NetworkInput("word", [4], isWhole: true), NetworkInput("kind", [4], isWhole: true)], layers: layers,
      loss: SparseCategoricalCrossentropy())
    #expect(network.maskInputs == [0, 1])
    let found = MaskTests.run(
      network, inputs: [[3, 0, 1, 0], [0, 2, 1, 0]], targets: [1, 2, 0, 1], rows: 1)
    #expect(found.loss.positions == 3)
    let plain =
      [
        ListedLayer(Embedding(inputDim: 6, outputDim: 4, name: "words"), inputs: ["word"]),
        ListedLayer(Embedding(inputDim: 3, outputDim: 4, name: "kinds"), inputs: ["kind"]),
      ] + layers[2...]
    let whole = try Network(
      inputs: [NetworkInput("word", [3], isWhole: true), NetworkInput("kind", [3], isWhole: true)], layers: plain,
      loss: SparseCategoricalCrossentropy())
    let expected = MaskTests.run(whole, inputs: [[3, 0, 1], [0, 2, 1]], targets: [1, 2, 0], rows: 1)
    #expect(abs(found.loss.loss - expected.loss.loss) < 1e-6)
    expectClose(found.gradient, expected.gradient.map(Double.init), tolerance: 1e-6, "gradient")
  }

  /// An input of the data that says which times of another count.
  @Test func anInputIsTheMaskOfAnother() throws {
    let layers = [ListedLayer(Dense(units: 2, activation: .tanh)), ListedLayer(Dense(units: 3, activation: .softmax))]
    let network = try Network(
      inputs: [NetworkInput("features", [4, 2]), NetworkInput("features/mask", [4], isWhole: true)], layers: layers,
      loss: SparseCategoricalCrossentropy())
    #expect(network.maskInputs == [1])
    let x = draws(8, stream: 3)
    let found = MaskTests.run(network, inputs: [x, [1, 1, 1, 0]], targets: [1, 2, 0, 1], rows: 1)
    let short = try Network(input: [3, 2], layers: layers, loss: SparseCategoricalCrossentropy())
    let expected = MaskTests.run(short, inputs: [Array(x[..<6])], targets: [1, 2, 0], rows: 1)
    #expect(abs(found.loss.loss - expected.loss.loss) < 1e-6)
    expectClose(found.gradient, expected.gradient.map(Double.init), tolerance: 1e-6, "gradient")
  }

  /// As in Keras, whose layers of the same names do not support masks.
  @Test func whoLosesAMaskIsNamed() throws {
    let layers = MaskTests.layers(
      true, end: [ListedLayer(RMSNormalization(name: "rms")), ListedLayer(Dense(units: 3, activation: .softmax))])
    let network = try Network(input: [4], layers: layers, loss: SparseCategoricalCrossentropy())
    #expect(network.maskInputs.isEmpty && network.losingMasks == ["rms"])
    let plain = try Network(
      input: [4], layers: MaskTests.layers(false, end: [ListedLayer(Flatten())]), loss: MeanSquaredError())
    #expect(plain.losingMasks.isEmpty)
  }

  @Test func nothingThatCountsGivesNothing() throws {
    let end = [ListedLayer(Dense(units: 3, activation: .softmax))]
    let network = try Network(
      input: [2], layers: MaskTests.layers(true, end: end), loss: SparseCategoricalCrossentropy())
    let found = MaskTests.run(network, inputs: [[0, 0]], targets: [1, 2], rows: 1)
    #expect(found.loss.loss == 0 && found.loss.positions == 0 && found.gradient.allSatisfy { $0 == 0 })
  }
}
