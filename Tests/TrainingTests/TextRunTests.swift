import Checkpointing
import Datasets
import Foundation
import Kernels
import Recipes
import Testing

@testable import Training

/// Runs over texts, and texts that they go on with.
@Suite struct TextRunTests {
  static let recipe = """
    name: text
    seed: 3
    data:
      train: {text: {path: t.txt, sequence_length: 8, stride: 4, tokens: characters}}
      validation: {fraction: 0.1}
    model:
      layers:
        - embedding: {input_dim: 12, output_dim: 6}
        - conv1d: {filters: 12, kernel_size: 3, padding: causal, activation: relu}
        - dense: {units: 12, activation: softmax}
    loss: sparse_categorical_crossentropy
    metrics: [accuracy]
    optimizer: {adam: {learning_rate: 0.02}}
    training: {epochs: 4, batch_size: 16, shards: 2, workers: 1}
    """

  /// Eleven characters: "\n", " ", a, b, d, e, n, o, r, t, u.
  static let text = String(repeating: "red tuna and two dune boats ate our bread\n", count: 30)
    .filter { "\n abdenortu".contains($0) }

  func run<R>(
    _ overrides: [String] = [], text: String = TextRunTests.text,
    _ body: (TrainingConfiguration, Checkpoint, Account) throws -> R
  ) throws -> R {
    try withTemporaryFolder { folder in
      try Data(text.utf8).write(to: URL(fileURLWithPath: folder + "/t.txt"))
      let directory = folder + "/run"
      try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
      let account = try train(Self.recipe, overrides: overrides, folder: folder, directory: directory)
      let configuration = try Recipe.parse(Self.recipe, file: "r.yaml", folder: folder, overrides: overrides)
        .configuration
      return try body(configuration, Checkpoint(verifying: try #require(account.result.checkpoint)), account)
    }
  }

  @Test func aTextTrainsAndItsVocabularyIsKept() throws {
    try run { _, checkpoint, account in
      let names = try checkpoint.classNames()
      let count = Self.text.unicodeScalars.count
      let first = Int(Double(count) * 0.9)
      #expect(account.summary.trainRows == (first - 9) / 4 + 1)
      #expect(account.epochs.last?.loss ?? 9 < 0.8 * (account.epochs.first?.loss ?? 0))
      #expect(names == Set(Self.text.unicodeScalars).sorted().map { String($0) })
      #expect(Vocabulary(names: names)?.count == 11)
    }
  }

  @Test func anyNumberOfWorkersGivesTheSameWeights() throws {
    let losses = try [1, 2, 3].map { workers in
      try run(["training.workers=\(workers)"]) { _, _, account in account.epochs.map(\.loss) }
    }
    #expect(losses[0] == losses[1] && losses[0] == losses[2])
  }

  /// The token that the network's own predictions make likeliest, window by window.
  private func greedy(_ predictor: Predictor, _ tokens: [Int32], length: Int, count: Int) throws -> [Int] {
    var tokens = tokens
    var made: [Int] = []
    for _ in 0..<count {
      let seen = Array(tokens.suffix(length))
      // What stands behind does not matter to a causal network.
      let input = seen + [Int32](repeating: 5, count: length - seen.count)
      let outputs = try predictor.predict(
        InMemorySource(
          features: input.map { Float($0) }, sampleShape: [length], targets: [], targetColumns: 0, targetKind: .values))
      let width = outputs.count / length
      let row = Array(outputs[(seen.count - 1) * width..<seen.count * width].prefix(11))
      let best = try #require(row.indices.max { row[$0] < row[$1] })
      made.append(best)
      tokens.append(Int32(best))
    }
    return made
  }

  @Test func greedyTextIsWhatPredictionsSay() throws {
    try run { configuration, checkpoint, _ in
      let predictor = try Predictor(configuration, checkpoint: checkpoint, workers: 1)
      for prompt in ["a", "red tuna and bread", "", "\n\n"] {
        let generator = try TextGenerator(
          configuration, checkpoint: checkpoint, sampling: Sampling(temperature: 0), seed: 9)
        try generator.begin(prompt, called: "--prompt")
        let made = try (0..<50).map { _ in try generator.next() }
        // Without a prompt it begins behind a line end, token 0.
        let tokens = try prompt.isEmpty ? [0] : generator.vocabulary.tokens(of: prompt, at: "prompt")
        #expect(try made == greedy(predictor, tokens, length: 8, count: 50), "\(prompt)")
      }
    }
  }

  @Test func aSeedIsAText() throws {
    try run { configuration, checkpoint, _ in
      func text(_ seed: UInt64, _ sampling: Sampling = Sampling(temperature: 1)) throws -> [Int] {
        let generator = try TextGenerator(configuration, checkpoint: checkpoint, sampling: sampling, seed: seed)
        try generator.begin("red", called: "--prompt")
        return try (0..<100).map { _ in try generator.next() }
      }
      #expect(try text(1) == text(1))
      #expect(try text(1) != text(2))
      #expect(try text(1, Sampling(temperature: 1, topK: 1)) == text(2, Sampling(temperature: 0)))
      #expect(try text(7).allSatisfy { $0 < 11 })
      let generator = try TextGenerator(configuration, checkpoint: checkpoint, sampling: Sampling(), seed: 1)
      #expect(throws: DatasetError.self) { try generator.begin("red!", called: "--prompt") }
    }
  }

  @Test(arguments: [
    ("model.layers.1={conv1d: {filters: 12, kernel_size: 3, padding: same}}", "conv1d"),
    ("model.layers.1={group_normalization: {groups: 2}}", "group_normalization"),
  ]) func whatLooksAheadCannotGoOn(_ override: String, _ layer: String) throws {
    try run([override, "training.epochs=1"]) { configuration, checkpoint, _ in
      do {
        _ = try TextGenerator(configuration, checkpoint: checkpoint, sampling: Sampling(), seed: 1)
        Issue.record("it goes on")
      } catch let error as TrainingError {
        #expect(error.description.contains("layer `\(layer)`") && error.description.contains("causal"))
      }
    }
  }

  @Test func tokensAreDrawnByTheirShares() throws {
    func token(_ logits: [Float], _ sampling: Sampling, _ uniform: Double) -> Int? {
      let buffer = AlignedBuffer(count: logits.count)
      buffer.mutable.copy(from: logits)
      var weights = [Double](repeating: 0, count: logits.count)
      return sampling.token(buffer.vector, weights: &weights, uniform: uniform)
    }
    // Shares 1/6, 2/6, 3/6.
    let logits = [Float(0), log(Float(2)), log(Float(3))]
    for (uniform, expected) in [(0, 0), (0.16, 0), (0.17, 1), (0.49, 1), (0.51, 2), (0.999, 2)] {
      #expect(token(logits, Sampling(), uniform) == expected, "\(uniform)")
    }
    // The two largest: 2/5 and 3/5.
    for (uniform, expected) in [(0, 1), (0.39, 1), (0.41, 2)] {
      #expect(token(logits, Sampling(topK: 2), uniform) == expected, "\(uniform)")
    }
    // At half the temperature 1/14, 4/14, 9/14.
    for (uniform, expected) in [(0.07, 0), (0.08, 1), (0.35, 1), (0.36, 2)] {
      #expect(token(logits, Sampling(temperature: 0.5), uniform) == expected, "\(uniform)")
    }
    #expect(token([1, 3, 3], Sampling(temperature: 0), 0.9) == 1)
    // Equals of the k-th stay.
    #expect(token([3, 1, 3], Sampling(topK: 1), 0.1) == 0 && token([3, 1, 3], Sampling(topK: 1), 0.9) == 2)
    #expect(token([1, 2], Sampling(topK: 5), 0.1) == 0)
    #expect(token([1, .nan], Sampling(), 0.5) == nil && token([1, .infinity], Sampling(), 0.5) == nil)
    #expect(token([1000, -1000], Sampling(temperature: 1e-9), 0.99999) == 0)
  }

  @Test func networksThatAreTooSmallForTheVocabulary() throws {
    let small = #expect(throws: TrainingError.self) {
      try run(["model.layers.0.embedding.input_dim=10"]) { _, _, _ in }
    }
    #expect(
      small?.description
        == "training data: the text has 11 tokens, 0 to 10; layer `embedding` takes whole numbers from 0 to 9: set its `input_dim` to 11"
    )
    let few = #expect(throws: TrainingError.self) { try run(["model.layers.2.dense.units=10"]) { _, _, _ in } }
    #expect(few?.description.contains("give the last layer 11 units") ?? false)
    #expect(throws: DatasetError.self) { try run(["data.scaling=standard"]) { _, _, _ in } }
  }
}
