import Foundation
import Kernels
import NeuralNetwork
import Testing

/// A metric on a few rows, with the figure worked out by hand.
struct MetricCase: Sendable, CustomTestStringConvertible {
  let testDescription: String
  let metric: any Metric
  let outputs: [[Float]]
  let targets: [[Float]]
  let expected: Double

  init(_ description: String, _ metric: any Metric, _ outputs: [[Float]], _ targets: [[Float]], _ expected: Double) {
    testDescription = "\(metric.name), \(description)"
    self.metric = metric
    self.outputs = outputs
    self.targets = targets
    self.expected = expected
  }

  static let all: [MetricCase] = accuracies + precisions + regressions + areas + ranks + losses

  private static let binary: [[Float]] = [[0.5], [0.51], [0.9], [0.1], [0.2]]
  private static let binaryTargets: [[Float]] = [[0], [1], [0], [0], [1]]
  private static let scores: [[Float]] = [[0.2, 0.5, 0.3], [0.4, 0.4, 0.2], [0.1, 0.2, 0.7], [0.6, 0.3, 0.1]]

  private static let accuracies = [
    // 0.5 is not above 0.5: right, right, wrong, right, wrong.
    MetricCase("one output", Accuracy(), binary, binaryTargets, 0.6),
    MetricCase("class numbers", Accuracy(), scores, [[1], [0], [1], [2]], 0.5),
    // A tie is the first of the equals, in outputs and targets.
    MetricCase("one-hot", Accuracy(), scores, [[0, 1, 0], [1, 0, 0], [1, 0, 0], [1, 0, 0]], 0.75),
    MetricCase("ties in targets", Accuracy(.categorical), [[0.1, 0.9], [0.9, 0.1]], [[1, 1], [1, 1]], 0.5),
    MetricCase("every output", Accuracy(.binary), [[0.9, 0.2], [0.6, 0.7]], [[1, 1], [0, 1]], 0.5),
    MetricCase("class numbers", Accuracy(.sparseCategorical), scores, [[1], [1], [2], [0]], 0.75),
  ]

  private static let precisions = [
    // True positives 1, false positives 1, false negatives 1.
    MetricCase("one output", PrecisionRecall(.precision), binary, binaryTargets, 0.5),
    MetricCase("one output", PrecisionRecall(.recall), [[0.9], [0.4], [0.3]], [[1], [1], [1]], 1.0 / 3),
    MetricCase("one output", PrecisionRecall(.f1Score), [[0.9], [0.4], [0.8], [0.7]], [[1], [1], [1], [0]], 2.0 / 3),
    MetricCase("no positive answers", PrecisionRecall(.precision), [[0.1]], [[1]], 0),
    MetricCase("no positives", PrecisionRecall(.recall), [[0.9]], [[0]], 0),
    MetricCase("nothing positive", PrecisionRecall(.f1Score), [[0.1]], [[0]], 0),
    MetricCase("many labels", PrecisionRecall(.precision), [[0.9, 0.8], [0.1, 0.7]], [[1, 0], [0, 1]], 2.0 / 3),
    // Answers 1, 0, 2, 0 for classes 1, 0, 1, 2. Precision 1/2, 1, 0; recall 1, 1/2, 0.
    MetricCase("classes", PrecisionRecall(.precision), scores, [[1], [0], [1], [2]], 0.5),
    MetricCase("classes", PrecisionRecall(.recall), scores, [[1], [0], [1], [2]], 0.5),
    MetricCase("classes", PrecisionRecall(.f1Score), scores, [[1], [0], [1], [2]], (2.0 / 3 + 2.0 / 3 + 0) / 3),
  ]

  private static let regressions = [
    MetricCase("two outputs", MeanAbsoluteErrorMetric(), [[1, 2], [3, 4]], [[0, 2], [5, 1]], 1.5),
    MetricCase("two outputs", MeanSquaredErrorMetric(), [[1, 2], [3, 4]], [[0, 2], [5, 1]], 3.5),
    MetricCase(
      "two outputs", MeanSquaredErrorMetric(root: true), [[1, 2], [3, 4]], [[0, 2], [5, 1]], 3.5.squareRoot()),
    // First: residuals 1, 0, 1 over a spread of 8; second: 0 over 2.
    MetricCase("two outputs", R2Score(), [[2, 1], [3, 2], [4, 3]], [[1, 1], [3, 2], [5, 3]], (0.75 + 1) / 2),
    MetricCase("worse than the mean", R2Score(), [[3], [1]], [[1], [3]], -3),
    // Keras: minus infinity counts as 0.
    MetricCase("constant target, missed", R2Score(), [[1], [2]], [[4], [4]], 0),
    MetricCase("constant target, hit", R2Score(), [[4], [4]], [[4], [4]], .nan),
  ]

  private static let areas = [
    MetricCase("apart", AreaUnderCurve(), [[0.9], [0.8], [0.2], [0.1]], [[1], [1], [0], [0]], 1),
    MetricCase("the wrong way round", AreaUnderCurve(), [[0.1], [0.2], [0.8], [0.9]], [[1], [1], [0], [0]], 0),
    MetricCase("all alike", AreaUnderCurve(), [[0.5], [0.5], [0.5]], [[1], [0], [0]], 0.5),
    // Of the four pairs three are in order.
    MetricCase("mixed", AreaUnderCurve(), [[0.9], [0.4], [0.6], [0.1]], [[1], [1], [0], [0]], 0.75),
    // Too close for the thresholds: half a pair.
    MetricCase("between two thresholds", AreaUnderCurve(), [[0.5002], [0.5001]], [[1], [0]], 0.5),
    MetricCase("ends", AreaUnderCurve(), [[1], [0]], [[1], [0]], 1),
    MetricCase("no positives", AreaUnderCurve(), [[0.4], [0.6]], [[0], [0]], 0),
    MetricCase("no negatives", AreaUnderCurve(), [[0.4], [0.6]], [[1], [1]], 0),
  ]

  private static let ranks = [
    MetricCase("class numbers", TopKCategoricalAccuracy(k: 2), scores, [[2], [2], [0], [2]], 0.25),
    MetricCase(
      "one-hot", TopKCategoricalAccuracy(k: 1), scores, [[0, 1, 0], [0, 1, 0], [1, 0, 0], [1, 0, 0]], 0.75),
    // As in Keras all that tie for the last place are among the largest, and none where an output is not finite.
    MetricCase("ties", TopKCategoricalAccuracy(k: 2), [[0.6, 0.2, 0.2], [0.6, 0.2, 0.2]], [[1], [2]], 1),
    MetricCase("as many as classes", TopKCategoricalAccuracy(), scores, [[0], [1], [0], [2]], 1),
    MetricCase(
      "not a number", TopKCategoricalAccuracy(), [[.nan, 1], [2, .infinity], [3, 4]], [[1], [0], [0]], 1.0 / 3),
    // Ranks: right, wrong, right: (1 + 2/3) / 2.
    MetricCase("one output", AveragePrecision(), [[0.1], [0.8], [0.35], [0.4]], [[0], [1], [1], [0]], 2.5 / 3),
    // One rank holds all: a third of them are right.
    MetricCase("ties", AveragePrecision(), [[0.5], [0.5], [0.5]], [[0], [1], [0]], 1.0 / 3),
    MetricCase("two outputs", AveragePrecision(), [[0.9, 0.1], [0.2, 0.8]], [[1], [0]], 0.5),
    MetricCase("one-hot", AveragePrecision(), [[0.9, 0.1], [0.2, 0.8]], [[1, 0], [0, 1]], 1),
    MetricCase("no positives", AveragePrecision(), [[0.9]], [[0]], 0),
    MetricCase("not a number", AveragePrecision(), [[0.9], [.nan]], [[1], [0]], .nan),
    // True positives 1, false positives 1, false negatives 1, true negatives 2: (2 - 1) / 6.
    MetricCase("one output", MatthewsCorrelation(), binary, binaryTargets, 1.0 / 6),
    MetricCase("the wrong way round", MatthewsCorrelation(), [[0.9], [0.1]], [[0], [1]], -1),
    MetricCase("classes", MatthewsCorrelation(), scores, [[1], [0], [2], [0]], 1),
    MetricCase("always one answer", MatthewsCorrelation(), [[0.9], [0.8]], [[1], [0]], 0),
  ]

  private static let losses = [
    MetricCase("one output", LogLoss(), [[0.5], [0.25]], [[0], [1]], (log(2) + log(4)) / 2),
    MetricCase("class numbers", LogLoss(), [[0.5, 0.25, 0.25]], [[2]], log(4)),
    MetricCase("one-hot", LogLoss(), [[0.5, 0.25, 0.25]], [[0, 1, 0]], log(4)),
    MetricCase("never a chance", LogLoss(), [[0, 1]], [[0]], 23 * log(2)),
    MetricCase("not a number", LogLoss(), [[0.5], [.nan]], [[0], [1]], .nan),
    MetricCase("of logits", OfLogits(LogLoss(), .sigmoid), [[0], [0]], [[0], [1]], log(2)),
    // (1 / 2 + 3 / 2) / 2.
    MetricCase("no level", MeanPinballLoss(), [[1], [5]], [[2], [2]], 1),
    // Below by 1, above by 3.
    MetricCase("a level", MeanPinballLoss(alpha: 0.75), [[1], [5]], [[2], [2]], (0.75 + 0.75) / 2),
    MetricCase("two levels", MeanPinballLoss(levels: [0.25, 0.75]), [[1, 1]], [[2]], 0.5),
  ]
}

@Suite struct MetricTests {
  private func sums(
    _ metric: any Metric, _ outputs: [[Float]], _ targets: [[Float]], weights: [Float]? = nil
  ) -> [Double] {
    let columns = outputs[0].count
    var total = [Double](repeating: 0, count: metric.sumCount(outputs: columns))
    var sums = [Double](repeating: 0, count: metric.sumCount(outputs: columns, rows: outputs.count))
    sums.withUnsafeMutableBufferPointer { sums in
      metric.add(
        outputs: Floats(outputs.flatMap(\.self)).matrix(outputs.count, columns),
        targets: Floats(targets.flatMap(\.self)).matrix(targets.count, targets[0].count),
        weights: weights.map { Floats($0).matrix(1, $0.count).vector }, to: sums)
      metric.join(UnsafeBufferPointer(sums), to: &total)
    }
    return total
  }

  private func same(_ a: Double, _ b: Double) -> Bool { a.isNaN ? b.isNaN : abs(a - b) <= 1e-7 }

  @Test(arguments: MetricCase.all)
  func valueIsThatWorkedOutByHand(_ subject: MetricCase) {
    let sums = sums(subject.metric, subject.outputs, subject.targets)
    let result = subject.metric.result(sums, outputs: subject.outputs[0].count)
    #expect(same(result, subject.expected), "\(result), expected \(subject.expected)")
  }

  @Test(arguments: MetricCase.all)
  func blocksAddUpToTheWhole(_ subject: MetricCase) {
    let whole = sums(subject.metric, subject.outputs, subject.targets)
    for cut in 1..<max(subject.outputs.count, 1) {
      let first = sums(subject.metric, Array(subject.outputs[..<cut]), Array(subject.targets[..<cut]))
      let second = sums(subject.metric, Array(subject.outputs[cut...]), Array(subject.targets[cut...]))
      if subject.metric.sumCount(outputs: subject.outputs[0].count) == 0 {
        #expect(zip(first + second, whole).allSatisfy { same($0, $1) } && first.count + second.count == whole.count)
        continue
      }
      for (index, pair) in zip(first, second).enumerated() {
        #expect(same(pair.0 + pair.1, whole[index]), "sum \(index), cut at \(cut)")
      }
    }
  }

  /// The figures that scikit-learn 1.9 computes with `sample_weight`; a row of weight 0 counts for nothing, whatever it is.
  @Test func weightedFiguresAreThoseOfScikitLearn() {
    let weights: [Float] = [1, 2, 0.5, 3, 0, 1.5]
    func figure(_ metric: any Metric, _ outputs: [[Float]], _ targets: [[Float]]) -> Double {
      metric.result(sums(metric, outputs, targets, weights: weights), outputs: outputs[0].count)
    }
    let scores: [[Float]] = [[0.1], [0.8], [0.35], [0.6], [0.9], [0.2]]
    let truth: [[Float]] = [[0], [1], [1], [0], [1], [0]]
    #expect(same(figure(Accuracy(), scores, truth), 0.5625))
    #expect(same(figure(PrecisionRecall(.precision), scores, truth), 0.4))
    #expect(same(figure(PrecisionRecall(.recall), scores, truth), 0.8))
    #expect(same(figure(PrecisionRecall(.f1Score), scores, truth), 0.5333333333333333))
    #expect(same(figure(AreaUnderCurve(), scores, truth), 0.890909090909091))
    let classes: [[Float]] = [
      [0.7, 0.2, 0.1], [0.1, 0.5, 0.4], [0.3, 0.3, 0.4], [0.2, 0.7, 0.1], [0.6, 0.3, 0.1], [0.1, 0.2, 0.7],
    ]
    let numbers: [[Float]] = [[0], [1], [2], [2], [1], [2]]
    #expect(same(figure(Accuracy(), classes, numbers), 0.625))
    #expect(same(figure(PrecisionRecall(.precision), classes, numbers), 0.8))
    #expect(same(figure(PrecisionRecall(.recall), classes, numbers), 0.8))
    #expect(same(figure(PrecisionRecall(.f1Score), classes, numbers), 0.7142857142857143))
    let values: [[Float]] = [[1, 2], [3, 1], [2, 2], [0, 5], [4, 4], [1, 0]]
    var answers: [[Float]] = [[1.5, 2], [3, 0], [3, 2.25], [0, 7], [13, 13], [0.5, 0.75]]
    for last: Float in [13, .nan] {
      answers[4] = [last, last]
      #expect(same(figure(MeanAbsoluteErrorMetric(), answers, values), 0.6875))
      #expect(same(figure(MeanSquaredErrorMetric(), answers, values), 1))
      #expect(same(figure(MeanSquaredErrorMetric(root: true), answers, values), 1))
      #expect(same(figure(R2Score(), answers, values), 0.7244819363551954))
    }
  }

  /// Keras' AUC as written down in its source: buckets, cumulative sums from the top, trapezoids of the rates.
  private func kerasArea(_ outputs: [Float], _ targets: [Float]) -> Double {
    var buckets = [[Double]](repeating: [0, 0], count: 200)
    for (output, target) in zip(outputs, targets) {
      let bucket = Int(max((min(max(output, 0), 1) * 199).rounded(.up) - 1, 0))
      buckets[bucket][target > 0.5 ? 1 : 0] += 1
    }
    var rates: [(Double, Double)] = []
    let negatives = buckets.reduce(0) { $0 + $1[0] }
    let positives = buckets.reduce(0) { $0 + $1[1] }
    for threshold in 0..<200 {
      let above = buckets[threshold...]
      rates.append((above.reduce(0) { $0 + $1[0] } / negatives, above.reduce(0) { $0 + $1[1] } / positives))
    }
    return zip(rates, rates.dropFirst()).reduce(0) { $0 + ($1.0.0 - $1.1.0) * ($1.0.1 + $1.1.1) / 2 }
  }

  @Test(arguments: [UInt64(1), 2, 3])
  func areaIsThatOfKeras(_ stream: UInt64) {
    let targets = draws(3000, stream: stream, in: 0...1).map { $0 > 0.7 ? Float(1) : 0 }
    let noise = draws(3000, stream: stream + 100)
    let outputs = zip(noise, targets).map { 1 / (1 + exp(-($0 + $1))) }
    let sums = sums(AreaUnderCurve(), outputs.map { [$0] }, targets.map { [$0] })
    let result = AreaUnderCurve().result(sums, outputs: 1)
    #expect(abs(result - kerasArea(outputs, targets)) < 1e-9)
    #expect(result > 0.7 && result < 0.85)
  }

  @Test func areaOfNotANumberIsNotANumber() {
    let sums = sums(AreaUnderCurve(), [[0.9], [.nan]], [[1], [0]])
    #expect(AreaUnderCurve().result(sums, outputs: 1).isNaN)
  }

  /// The same answers cut into ever so many blocks give the figure over all rows, not a mean of figures.
  @Test func rootIsTakenOverAllRows() {
    let metric = MeanSquaredErrorMetric(root: true)
    let first = sums(metric, [[1]], [[0]])
    let second = sums(metric, [[7], [0]], [[0], [0]])
    #expect(same(metric.result(zip(first, second).map(+), outputs: 1), (50.0 / 3).squareRoot()))
  }
}
