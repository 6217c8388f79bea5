import Datasets
import GradientHealth
import NeuralNetwork
import Testing

@testable import Training

/// What is measured of the training rows at a start.
@Suite struct DataFiguresTests {
  /// Rows whose features are (row, 5, 1e6 + row) and whose target is twice the row's number.
  private func source(_ rows: Int, outlier: Float? = nil) -> InMemorySource {
    var targets = (0..<rows).map { 2 * Float($0) }
    if let outlier { targets[rows / 2] = outlier }
    return InMemorySource(
      features: (0..<rows).flatMap { [Float($0), 5, 1e6 + Float($0)] }, sampleShape: [3], targets: targets,
      targetColumns: 1, targetKind: .values)
  }

  @Test(arguments: [1, 7, 256, 1000]) func figuresAreThoseOfAllRows(rows: Int) throws {
    let figures = try DataFigures(of: source(rows), loss: MeanSquaredError())
    let variance = (Double(rows * rows) - 1) / 12
    #expect(abs(figures.constantLoss - 4 * variance) <= 1e-9 * variance)
    #expect(figures.targetMean == Double(rows - 1))
    #expect(abs(figures.targetDeviation - 2 * variance.squareRoot()) <= 1e-9 * variance)
    if rows == 1 {
      #expect(figures.largestFeatureDeviation.isNaN, "every feature is constant")
    } else {
      // A constant feature has no scale; one far from 0 keeps its digits.
      #expect(abs(figures.smallestFeatureDeviation - variance.squareRoot()) <= 1e-9 * variance)
      #expect(abs(figures.largestFeatureMean - (1e6 + Double(rows - 1) / 2)) < 1e-6)
    }
  }

  @Test func rowsThatAreSkippedDoNotCount() throws {
    let all = try DataFigures(of: source(301, outlier: 1e12), loss: MeanSquaredError())
    let clean = try DataFigures(of: source(301, outlier: 1e12), loss: MeanSquaredError(), without: [150])
    #expect(all.constantLoss > 1e20)
    #expect(abs(clean.constantLoss / 30300 - 1) < 0.01)
  }
}
