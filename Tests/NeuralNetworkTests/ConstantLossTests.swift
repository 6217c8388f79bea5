import Foundation
import Kernels
import NeuralNetwork
import Testing

/// The loss of the best constant, against a search over constants with the loss itself.
@Suite struct ConstantLossTests {
  private func mean(_ loss: any Loss, _ constant: [Float], _ targets: [Float]) -> Double {
    let columns = constant.count
    let rows = targets.count / columns
    let outputs = (0..<rows).flatMap { _ in constant }
    return outputs.withUnsafeBufferPointer { outputs in
      targets.withUnsafeBufferPointer { targets in
        guard let output = outputs.baseAddress, let target = targets.baseAddress else { return .nan }
        return loss.sum(
          outputs: Matrix(base: output, rows: rows, columns: columns),
          targets: Matrix(base: target, rows: rows, columns: columns), gradient: nil) / Double(rows)
      }
    }
  }

  private func constantLoss(_ loss: any Loss, _ targets: [Float], columns: Int) -> Double {
    targets.withUnsafeBufferPointer { targets in
      guard let base = targets.baseAddress else { return .nan }
      return loss.constantLoss(targets: Matrix(base: base, rows: targets.count / columns, columns: columns))
    }
  }

  @Test(arguments: [MeanSquaredError(), MeanAbsoluteError(), Huber(delta: 0.5), LogCosh()] as [any Loss])
  func noConstantIsBetter(_ loss: any Loss) {
    let targets: [Float] = [0.5, -1, 2, 7, 0.25, 0.5, 3, -4]
    let found = constantLoss(loss, targets, columns: 1)
    let best = stride(from: Float(-5), through: 8, by: 0.001).map { mean(loss, [$0], targets) }.min() ?? .nan
    #expect(found <= best + 1e-6)
    #expect(found >= best - 1e-3)
  }

  private static let outputwise: [(any Loss, [Float], ClosedRange<Float>)] = [
    (Poisson(), [0, 2, 3, 0, 1, 7, 2, 2], 0.01...8), (Hinge(), [0, 1, 1, 0, 0, 0, 1, 0], -2...2),
    (SquaredHinge(), [-1, 1, 1, -1, -1, -1, 1, -1], -2...2),
    (MeanAbsolutePercentageError(), [0.5, -1, 2, 7, 0.25, 0.5, 3, -4], -5...8),
    (MeanSquaredLogarithmicError(), [0.5, 1, 2, 7, 0.25, 0.5, 3, 0], 0...8),
    (BinaryCrossentropy(labelSmoothing: 0.3), [0, 1, 0, 0, 0, 1, 0, 0], 0.001...0.999),
    (BinaryFocalCrossentropy(), [0, 1, 0, 0, 0, 1, 0, 0], 0.001...0.999),
    (
      BinaryFocalCrossentropy(applyClassBalancing: true, gamma: 1, labelSmoothing: 0.1), [0, 1, 0, 0, 0, 1, 0, 0],
      0.001...0.999
    ),
    (BinaryFocalCrossentropy(fromLogits: true), [0, 1, 0, 0, 0, 1, 0, 0], -6...6),
    (Quantile(levels: [0.75]), [0.5, -1, 2, 7, 0.25, 0.5, 3, -4], -5...8),
  ]

  @Test(arguments: 0..<10)
  func noConstantIsBetterForFurtherLosses(_ number: Int) {
    let (loss, targets, range) = Self.outputwise[number]
    let found = constantLoss(loss, targets, columns: 1)
    let best =
      stride(from: range.lowerBound, through: range.upperBound, by: 0.001)
      .map { mean(loss, [$0], targets) }.min() ?? .nan
    #expect(abs(found - best) <= 1e-3 * max(1, abs(best)) && found <= best + 1e-5, "\(loss): \(found), \(best)")
  }

  @Test func noDistributionIsBetter() {
    let oneHot: [Float] = [1, 0, 0, 0, 1, 0, 0, 0, 1, 1, 0, 0, 1, 0, 0]
    let soft: [Float] = [0.7, 0.2, 0.1, 0.1, 0.6, 0.3, 0.3, 0.3, 0.4]
    let losses: [any Loss] = [
      CategoricalFocalCrossentropy(), CategoricalFocalCrossentropy(alpha: [0.5, 1, 2], gamma: 0.5),
      CategoricalFocalCrossentropy(gamma: 0), CategoricalFocalCrossentropy(gamma: 5, labelSmoothing: 0.2),
      CategoricalCrossentropy(labelSmoothing: 0.2), KLDivergence(),
    ]
    for loss in losses {
      for targets in [oneHot, soft] {
        let found = constantLoss(loss, targets, columns: 3)
        var best = Double.infinity
        for first in stride(from: Float(0.01), to: 1, by: 0.01) {
          for second in stride(from: Float(0.01), to: 1 - first, by: 0.01) {
            best = min(best, mean(loss, [first, second, 1 - first - second], targets))
          }
        }
        #expect(found <= best + 1e-5 && found >= best - 1e-3, "\(loss): \(found), \(best)")
      }
    }
    let classes: [Float] = [0, 1, 2, 0, 0]
    for (sparse, dense) in [
      (SparseCategoricalCrossentropy(labelSmoothing: 0.2), CategoricalCrossentropy(labelSmoothing: 0.2)),
      (SparseCategoricalFocalCrossentropy(), CategoricalFocalCrossentropy()),
    ] as [(any Loss, any Loss)] {
      #expect(abs(constantLoss(sparse, classes, columns: 1) - constantLoss(dense, oneHot, columns: 3)) < 1e-12)
    }
  }

  @Test func noDirectionIsBetter() {
    let targets: [Float] = [1, 0, 3, 4, -1, 2, 0.5, 0.1]
    let found = constantLoss(CosineSimilarity(), targets, columns: 2)
    let best =
      (0..<3600).map { degree -> Double in
        let angle = Float(degree) * .pi / 1800
        return mean(CosineSimilarity(), [cos(angle), sin(angle)], targets)
      }.min() ?? .nan
    #expect(abs(found - best) < 1e-5)
  }

  @Test func columnsAreJudgedEachByItself() {
    // Variances 1 and 4.
    #expect(abs(constantLoss(MeanSquaredError(), [0, 10, 2, 14], columns: 2) - 2.5) < 1e-12)
  }

  @Test func crossEntropiesAreEntropies() {
    let targets: [Float] = [1, 0, 0, 0, 1, 0, 0, 0]
    let found = constantLoss(BinaryCrossentropy(), targets, columns: 1)
    #expect(abs(found - mean(BinaryCrossentropy(), [0.25], targets)) < 1e-6)
    let oneHot: [Float] = [1, 0, 0, 0, 1, 0, 0, 0, 1, 1, 0, 0]
    #expect(
      abs(
        constantLoss(CategoricalCrossentropy(), oneHot, columns: 3)
          - mean(CategoricalCrossentropy(), [0.5, 0.25, 0.25], oneHot)) < 1e-6)
    #expect(
      abs(
        constantLoss(SparseCategoricalCrossentropy(), [0, 1, 2, 0], columns: 1)
          - constantLoss(CategoricalCrossentropy(), oneHot, columns: 3)) < 1e-12)
  }
}
