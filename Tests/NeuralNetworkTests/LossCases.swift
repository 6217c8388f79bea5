import Foundation
import NeuralNetwork
import Testing

/// A loss under the gradient check, with its value once more in Double.
struct LossCase: Sendable, CustomTestStringConvertible {
  let testDescription: String
  let loss: any Loss
  /// Outputs and targets, row by row.
  let outputs: [Float]
  let targets: [Float]
  let columns: Int
  let targetColumns: Int
  /// The loss of one row.
  let reference: @Sendable (_ outputs: [Double], _ targets: [Double]) -> Double

  var rows: Int { outputs.count / columns }

  func reference(_ outputs: [Double]) -> Double {
    Reference.sum(outputs, doubles(targets), outputColumns: columns, targetColumns: targetColumns, reference)
  }

  static let rows = 9

  init(
    _ description: String, _ loss: any Loss, columns: Int, outputs: [Float], targets: [Float],
    targetColumns: Int? = nil,
    reference: @escaping @Sendable ([Double], [Double]) -> Double
  ) {
    testDescription = "\(description), \(columns) outputs"
    self.loss = loss
    self.columns = columns
    self.outputs = outputs
    self.targets = targets
    self.targetColumns = targetColumns ?? columns
    self.reference = reference
  }

  /// Every loss, from logits too where it knows them: `RegistryTests` compares with the sources.
  static let all: [LossCase] = [1, 3, 17].flatMap { columns -> [LossCase] in
    let kinds: [(Int) -> [LossCase]] = [regressions, crossentropies, smoothed, focals, scores, quantiles]
    return kinds.flatMap { $0(columns) }
  }

  private static func regressions(_ columns: Int) -> [LossCase] {
    let outputs = draws(rows * columns, stream: 41)
    let targets = draws(rows * columns, stream: 42)
    func make(
      _ description: String, _ loss: any Loss, _ element: @escaping @Sendable (Double) -> Double
    ) -> LossCase {
      LossCase(description, loss, columns: columns, outputs: outputs, targets: targets) { y, t in
        Reference.mean(y, t) { element($0 - $1) }
      }
    }
    return [
      make("mean squared error", MeanSquaredError()) { $0 * $0 },
      make("mean absolute error", MeanAbsoluteError()) { abs($0) },
      make("huber", Huber()) { abs($0) <= 1 ? $0 * $0 / 2 : abs($0) - 0.5 },
      make("huber of 0.5", Huber(delta: 0.5)) { abs($0) <= 0.5 ? $0 * $0 / 2 : 0.5 * abs($0) - 0.125 },
      make("log cosh", LogCosh()) { log(cosh($0)) },
    ]
  }

  private static func crossentropies(_ columns: Int) -> [LossCase] {
    let logits = draws(rows * columns, stream: 43, scale: 3)
    let probabilities = draws(rows * columns, stream: 44, in: 0.02...0.98)
    let soft = draws(rows * columns, stream: 45, in: 0...1)
    // Rows that do not sum to 1, some outputs beyond the cut on either side.
    let positive = draws(rows * columns, stream: 46, in: 0.05...1.3)
    let cut = positive.enumerated().map { $0.offset % 5 == 3 ? $0.element * 1e-9 : $0.element }
    let distributions = Reference.rows(doubles(soft), columns).flatMap { row in
      row.map { Float($0 / row.reduce(0, +)) }
    }
    let classes = (0..<rows).map { Float(($0 * 7 + 2) % columns) }
    return [
      LossCase(
        "binary crossentropy", BinaryCrossentropy(), columns: columns, outputs: probabilities, targets: soft,
        reference: { Reference.binaryCrossentropy($0, $1) }),
      LossCase(
        "binary crossentropy past the cut", BinaryCrossentropy(), columns: columns, outputs: cut, targets: soft,
        reference: { Reference.binaryCrossentropy($0, $1) }),
      LossCase(
        "binary crossentropy of logits", BinaryCrossentropy(fromLogits: true), columns: columns, outputs: logits,
        targets: soft, reference: { Reference.binaryCrossentropy(logits: $0, $1) }),
      LossCase(
        "categorical crossentropy", CategoricalCrossentropy(), columns: columns, outputs: positive,
        targets: distributions, reference: { Reference.categoricalCrossentropy($0, $1) }),
      LossCase(
        "categorical crossentropy past the cut", CategoricalCrossentropy(), columns: columns, outputs: cut,
        targets: distributions, reference: { Reference.categoricalCrossentropy($0, $1) }),
      LossCase(
        "categorical crossentropy of logits", CategoricalCrossentropy(fromLogits: true), columns: columns,
        outputs: logits, targets: distributions, reference: { Reference.categoricalCrossentropy(logits: $0, $1) }),
      LossCase(
        "sparse categorical crossentropy", SparseCategoricalCrossentropy(), columns: columns, outputs: positive,
        targets: classes, targetColumns: 1, reference: { Reference.sparseCategoricalCrossentropy($0, $1) }),
      LossCase(
        "sparse categorical crossentropy past the cut", SparseCategoricalCrossentropy(), columns: columns,
        outputs: cut, targets: classes, targetColumns: 1,
        reference: { Reference.sparseCategoricalCrossentropy($0, $1) }),
      LossCase(
        "sparse categorical crossentropy of logits", SparseCategoricalCrossentropy(fromLogits: true),
        columns: columns, outputs: logits, targets: classes, targetColumns: 1,
        reference: { -Reference.logSoftmax($0)[Int($1[0])] }),
    ]
  }
}
