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
