import Foundation
import Testing

@testable import Reports

/// The live line of a run at any width, and lines of fields.
struct ProgressBarTests {
  private var bar: ProgressBar {
    var bar = ProgressBar()
    (bar.epoch, bar.epochs, bar.step, bar.steps) = (12, 100, 1234, 10_000)
    (bar.loss, bar.gradientNorm, bar.learningRate) = (0.14771, 0.2526, 0.001)
    (bar.rowsPerSecond, bar.secondsLeft) = (12_345, 192)
    return bar
  }

  @Test func wholeFieldsGiveWayAndTheTimeLeftLast() {
    #expect(
      bar.line(width: 200)
        == "██░░░░░░░░░░░░░░░░░░  epoch 12/100  step 1234/10000  loss 0.1477 (smoothed)  |g| 0.2526  lr 0.001  "
        + "12345 rows/s  3 min 12 s left")
    #expect(bar.line(width: 79) == "█░░░░░░░░░  epoch 12/100  loss 0.1477 (smoothed)  3 min 12 s left")
    #expect(bar.line(width: 39) == "epoch 12/100  3 min 12 s left")
    #expect(bar.line(width: 20) == "3 min 12 s left")
    let fields = Set(bar.line(width: 200).components(separatedBy: "  ")).union(["█░░░░░░░░░"])
    for width in 0...200 {
      let line = bar.line(width: width)
      #expect(line.count <= width)
      guard width >= 15 else { continue }
      #expect(line.hasSuffix("3 min 12 s left"))
      for field in line.components(separatedBy: "  ") { #expect(fields.contains(field), "\(width): \(line)") }
    }
  }

  @Test func nothingIsKnownAtTheFirstStep() {
    #expect(ProgressBar().line(width: 60).hasSuffix("? left"))
  }

  @Test func aSmoothedValueBeginsAtTheFirstAndFollows() {
    var value = SmoothedValue()
    #expect(value.value.isNaN)
    value.add(3)
    #expect(abs(value.value - 3) < 1e-12)
    for _ in 0..<500 { value.add(1) }
    value.add(.nan)
    value.add(.infinity)
    #expect(abs(value.value - 1) < 1e-3)
    var noisy = SmoothedValue()
    for step in 0..<1000 { noisy.add(step % 2 == 0 ? 0 : 2) }
    #expect(abs(noisy.value - 1) < 0.05)
  }

  @Test func linesEndBetweenFields() {
    let fields = ["epoch 1/3", "loss 0.5", "validation_loss 0.25"]
    #expect(TextLines.joined(fields, width: 80) == "epoch 1/3  loss 0.5  validation_loss 0.25")
    #expect(TextLines.joined(fields, width: 30) == "epoch 1/3  loss 0.5\n  validation_loss 0.25")
    #expect(TextLines.joined(fields, width: 4) == "epoch 1/3\n  loss 0.5\n  validation_loss 0.25")
  }

  @Test func aTableFitsAndSaysWhatItLeavesOut() {
    var runs: [RunRecord] = []
    for number in 1...3 {
      var run = RunRecord(name: "run-\(number)" + String(repeating: "x", count: 40 * number), path: "p")
      (run.step, run.epoch, run.epochs, run.host, run.started) = (100, 3, 9, "a-long-host-name", "2026-01-31T12:00:00Z")
      (run.tags, run.workers) = (["one", "two", "three"], 4)
      run.figures = ["loss", "validation_loss", "validation_accuracy"].map { .init(name: $0, last: 0.25, best: 0.125) }
      runs.append(run)
    }
    let table = RunTable(runs)
    let whole = table.text()
    #expect(whole.contains(runs[2].name) && whole.contains("tags") && !whole.contains("left out"))
    for width in [40, 60, 80, 100, 120, 160] {
      let lines = table.text(width: width).split(separator: "\n")
      #expect(lines.allSatisfy { $0.count <= width }, "\(width): \(lines)")
      #expect(lines[0].hasPrefix("name") && lines[0].contains("state") && lines.contains { $0.contains("left out") })
      #expect(lines[0].contains("epoch") && (width < 60 || lines[0].contains("loss")), "\(width): \(lines[0])")
    }
    #expect(table.text(width: 1000) == whole)
  }
}
