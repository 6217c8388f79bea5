import Foundation
import NeuralNetwork
import Testing

/// A loss's value and gradient as Keras computed them; see `Fixtures/keras/losses/make_reference.py`.
struct KerasLossCase: Decodable, Sendable, CustomTestStringConvertible {
  struct Arguments: Decodable, Sendable {
    var alpha: Numbers?
    var gamma: Float?
    var fromLogits: Bool?
    var labelSmoothing: Float?
    var applyClassBalancing: Bool?
    var levels: [Float]?
  }

  /// One number, or a list.
  struct Numbers: Decodable, Sendable {
    let all: [Float]
    init(from decoder: any Decoder) throws {
      let container = try decoder.singleValueContainer()
      if let one = try? container.decode(Float.self) { all = [one] } else { all = try container.decode([Float].self) }
    }
  }

  let loss: String
  let arguments: Arguments
  let columns: Int
  let targetColumns: Int
  let outputs: [Float]
  let targets: [Float]
  let value: Double
  let gradient: [Double]

  var testDescription: String { "\(loss), \(columns) outputs, \(arguments)" }

  static let all: [KerasLossCase] = {
    let path = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .appending(path: "Fixtures/keras/losses/losses.json")
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    guard let data = try? Data(contentsOf: path) else { return [] }
    return (try? decoder.decode([KerasLossCase].self, from: data)) ?? []
  }()

  var made: (any Loss)? {
    let logits = arguments.fromLogits ?? false
    let smoothing = arguments.labelSmoothing ?? 0
    let gamma = arguments.gamma ?? 2
    let alpha = arguments.alpha?.all ?? [0.25]
    let made: [any Loss] = [
      BinaryCrossentropy(fromLogits: logits, labelSmoothing: smoothing),
      CategoricalCrossentropy(fromLogits: logits, labelSmoothing: smoothing),
      SparseCategoricalCrossentropy(fromLogits: logits, labelSmoothing: smoothing),
      BinaryFocalCrossentropy(
        applyClassBalancing: arguments.applyClassBalancing ?? false, alpha: alpha[0], gamma: gamma, fromLogits: logits,
        labelSmoothing: smoothing),
      CategoricalFocalCrossentropy(alpha: alpha, gamma: gamma, fromLogits: logits, labelSmoothing: smoothing),
      SparseCategoricalFocalCrossentropy(alpha: alpha, gamma: gamma, fromLogits: logits, labelSmoothing: smoothing),
      KLDivergence(), Poisson(), Hinge(), SquaredHinge(), MeanAbsolutePercentageError(), MeanSquaredLogarithmicError(),
      CosineSimilarity(), Quantile(levels: arguments.levels ?? []),
    ]
    return made.first { type(of: $0).name == loss }
  }
}

@Suite struct KerasLossTests {
  @Test func theFileIsThere() { #expect(Set(KerasLossCase.all.map(\.loss)).count == 14) }

  @Test(arguments: KerasLossCase.all)
  func valueAndGradientAreThoseOfKeras(_ subject: KerasLossCase) throws {
    let loss = try #require(subject.made)
    let rows = subject.outputs.count / subject.columns
    let gradient = Floats(repeating: .nan, count: subject.outputs.count)
    let sum = loss.sum(
      outputs: Floats(subject.outputs).matrix(rows, subject.columns),
      targets: Floats(subject.targets).matrix(rows, subject.targetColumns),
      gradient: gradient.mutableMatrix(rows, subject.columns))
    #expect(abs(sum - subject.value) <= 2e-5 * max(abs(subject.value), 0.1), "\(sum), Keras \(subject.value)")
    expectClose(gradient.array, subject.gradient, tolerance: 5e-5, "gradient")
  }
}
