import Testing

@testable import Reports

/// Against scikit-learn: `classification_report(output_dict=True, zero_division=0)` and `confusion_matrix`.
@Suite struct ClassificationReportTests {
  private let targets = [0, 0, 1, 1, 2, 2, 2, 0, 2, 1]
  private let predictions = [0, 2, 1, 1, 2, 0, 2, 0, 2, 0]
  private let weights: [Float] = [1, 2, 0.5, 1, 3, 0.25, 1, 0, 2, 1.5]

  private func expect(_ found: ClassificationReport.Figures, _ expected: [Double], _ name: String) {
    for (value, wanted) in zip([found.precision, found.recall, found.f1, found.support], expected) {
      #expect(abs(value - wanted) < 1e-12, "\(name): \(found)")
    }
  }

  @Test func rowsAlike() {
    let report = ClassificationReport(
      targets: targets, predictions: predictions, names: ["ant", "bee", "cat", "dog"])
    #expect(report.names == ["ant", "bee", "cat"] && report.rows == 10)
    #expect(report.confusion == [[2, 0, 1], [1, 2, 0], [1, 0, 3]])
    expect(report.classes[0], [0.5, 0.6666666666666666, 0.5714285714285714, 3], "ant")
    expect(report.classes[1], [1, 0.6666666666666666, 0.8, 3], "bee")
    expect(report.classes[2], [0.75, 0.75, 0.75, 4], "cat")
    #expect(abs(report.accuracy - 0.7) < 1e-12)
    expect(report.macro, [0.75, 0.6944444444444443, 0.7071428571428572, 10], "macro")
    expect(report.weighted, [0.75, 0.7, 0.7114285714285715, 10], "weighted")
  }

  @Test func rowsWithWeights() {
    let report = ClassificationReport(
      targets: targets, predictions: predictions, names: ["ant", "bee", "cat"], weights: weights)
    #expect(report.confusion == [[1, 0, 2], [1.5, 1.5, 0], [0.25, 0, 6]])
    expect(report.classes[0], [0.36363636363636365, 0.3333333333333333, 0.34782608695652173, 3], "ant")
    expect(report.classes[2], [0.75, 0.96, 0.8421052631578947, 6.25], "cat")
    #expect(abs(report.accuracy - 0.6938775510204082) < 1e-12)
    expect(report.macro, [0.7045454545454546, 0.5977777777777777, 0.6188660055936944, 12.25], "macro")
    expect(report.weighted, [0.7166048237476809, 0.6938775510204082, 0.6780927473964414, 12.25], "weighted")
  }

  /// A class that is never taken for has no precision, one that no row is has no recall: 0.
  @Test func nothingToDivideBy() {
    let report = ClassificationReport(targets: [0, 0, 1], predictions: [0, 2, 2], names: ["a", "b", "c"])
    expect(report.classes[1], [0, 0, 0, 1], "b")
    expect(report.classes[2], [0, 0, 0, 0], "c")
    expect(report.macro, [0.3333333333333333, 0.16666666666666666, 0.2222222222222222, 3], "macro")
    expect(report.weighted, [0.6666666666666666, 0.3333333333333333, 0.4444444444444444, 3], "weighted")
    let none = ClassificationReport(targets: [], predictions: [], names: ["a"])
    #expect(none.names.isEmpty && none.accuracy.isNaN)
  }

  @Test func tablesForPeople() {
    let report = ClassificationReport(targets: targets, predictions: predictions, names: ["ant", "bee", "cat"])
    #expect(report.text.contains("\nant              "))
    #expect(report.text.hasSuffix("\n     ant  bee  cat\nant    2    0    1\nbee    1    2    0\ncat    1    0    3"))
    // Of many classes the largest errors.
    let many = ClassificationReport(
      targets: Array(0..<30) + [7, 7], predictions: Array(0..<30) + [8, 8], names: (0..<30).map { "k\($0)" })
    #expect(many.text.hasSuffix("\nis  taken for  rows\nk7  k8            2"))
  }
}

/// Against `root_mean_squared_error`, `mean_absolute_error` and `r2_score`.
@Suite struct RegressionReportTests {
  private let targets: [Float] = [3, -0.5, 2, 7, 1, 1]
  private let predictions: [Float] = [2.5, 0, 2, 8, 1.5, -1]

  @Test func figuresOfEachTarget() {
    for (weights, expected) in [
      ([], [0.9789450103725609, 0.75, 0.8302583025830258]),
      ([1, 2, 0.5, 0, 3, 0.25], [0.6085806194501846, 0.5185185185185185, 0.7210743801652892]),
    ] as [([Float], [Double])] {
      let report = RegressionReport(targets: targets, predictions: predictions, names: ["price"], weights: weights)
      let found = report.targets[0]
      for (value, wanted) in zip([found.rmse, found.mae, found.r2], expected) {
        #expect(abs(value - wanted) < 1e-12, "\(found)")
      }
    }
    let two = RegressionReport(targets: [1, 10, 2, 20], predictions: [1, 11, 2, 19], names: ["a", "b"])
    #expect(two.rows == 2 && two.targets.map(\.name) == ["a", "b"])
    #expect(two.targets[0].rmse == 0 && two.targets[1].rmse == 1 && two.targets[1].r2 == 0.96)
  }

  @Test func targetsWithoutSpread() {
    func r2(_ targets: [Float], _ predictions: [Float]) -> Double {
      RegressionReport(targets: targets, predictions: predictions, names: ["a"]).targets[0].r2
    }
    #expect(r2([2, 2], [2, 2]) == 1)
    #expect(r2([2, 2], [2, 3]) == 0)
    #expect(r2([2], [2]).isNaN)
  }
}
