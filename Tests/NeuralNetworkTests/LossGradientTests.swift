import Kernels
import NeuralNetwork
import Testing

@Suite struct LossGradientTests {
  @Test(arguments: LossCase.all)
  func gradientIsThatOfTheFormula(_ subject: LossCase) {
    let outputs = Floats(subject.outputs)
    let targets = Floats(subject.targets)
    let gradient = Floats(repeating: .nan, count: outputs.count)
    let sum = subject.loss.sum(
      outputs: outputs.matrix(subject.rows, subject.columns),
      targets: targets.matrix(subject.rows, subject.targetColumns),
      gradient: gradient.mutableMatrix(subject.rows, subject.columns))
    let point = doubles(subject.outputs)
    let expected = subject.reference(point)
    #expect(abs(sum - expected) <= 1e-5 * max(abs(expected), 0.1), "\(sum), expected \(expected)")
    let expectedGradient = smoothDifferences(subject, at: point)
    expectClose(gradient.array, expectedGradient, tolerance: 1e-4, "gradient")
    #expect(gradient.isIntact && outputs.isIntact && targets.isIntact)
    #expect(outputs.array == subject.outputs && targets.array == subject.targets)
  }

  /// Differences whose step stays on one side of the cut at 1e-7.
  private func smoothDifferences(_ subject: LossCase, at point: [Double]) -> [Double] {
    var moved = point
    return point.indices.map { index in
      let step = abs(point[index]) < 1e-7 ? 1e-8 : 1e-6
      moved[index] = point[index] + step
      let above = subject.reference(moved)
      moved[index] = point[index] - step
      let below = subject.reference(moved)
      moved[index] = point[index]
      return (above - below) / (2 * step)
    }
  }

  @Test(arguments: LossCase.all)
  func valueDoesNotDependOnTheGradientBeingAskedFor(_ subject: LossCase) {
    let outputs = Floats(subject.outputs).matrix(subject.rows, subject.columns)
    let targets = Floats(subject.targets).matrix(subject.rows, subject.targetColumns)
    let gradient = Floats(repeating: .nan, count: outputs.count).mutableMatrix(subject.rows, subject.columns)
    let with = subject.loss.sum(outputs: outputs, targets: targets, gradient: gradient)
    #expect(with == subject.loss.sum(outputs: outputs, targets: targets, gradient: nil))
  }

  @Test(arguments: LossCase.all)
  func notANumberComesOut(_ subject: LossCase) {
    for position in [0, subject.outputs.count / 2, subject.outputs.count - 1] {
      var values = subject.outputs
      values[position] = .nan
      let gradient = Floats(repeating: 0, count: values.count)
      let sum = subject.loss.sum(
        outputs: Floats(values).matrix(subject.rows, subject.columns),
        targets: Floats(subject.targets).matrix(subject.rows, subject.targetColumns),
        gradient: gradient.mutableMatrix(subject.rows, subject.columns))
      #expect(!sum.isFinite, "NaN in output \(position)")
      #expect(gradient.array.contains { !$0.isFinite }, "NaN in output \(position)")
    }
  }

  @Test func derivativeOfTheAbsoluteErrorIsZeroAtZero() {
    let gradient = Floats([.nan, .nan, .nan])
    let sum = MeanAbsoluteError().sum(
      outputs: Floats([1, 2, 3]).matrix(3, 1), targets: Floats([1, 3, 2]).matrix(3, 1),
      gradient: gradient.mutableMatrix(3, 1))
    #expect(sum == 2)
    #expect(gradient.array == [0, -1, 1])
  }

  @Test func logCoshNeitherOverflowsNorCancels() {
    let errors: [Float] = [1e5, -1e5, 1e30, 1e-4, 0, -0.0999, 0.1001]
    let expected = [99999.30685281944, 99999.30685281944, 1e30, 4.99999999e-9, 0, 0.0049817, 0.0050017]
    for (error, value) in zip(errors, expected) {
      let gradient = Floats([.nan])
      let sum = LogCosh().sum(
        outputs: Floats([error]).matrix(1, 1), targets: Floats([0]).matrix(1, 1),
        gradient: gradient.mutableMatrix(1, 1))
      #expect(abs(sum - value) <= 1e-5 * abs(value), "\(error): \(sum)")
      #expect(gradient.array[0].isFinite && abs(gradient.array[0]) <= 1)
    }
  }
}
