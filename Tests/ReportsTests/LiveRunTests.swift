import Foundation
import GradientHealth
import JSON
import Testing

@testable import Reports

/// A run's folder as its trainer leaves it at some moment, looked at again and again.
struct LiveRunTests {
  private final class Folder {
    let path = FileManager.default.temporaryDirectory.appending(path: "cairn-\(UUID().uuidString)").path

    init() throws {
      try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
      try append(
        #"{"time": "2026-01-31T12:00:00Z", "event": "started", "step": 0, "epoch": 0, "epochs": 4, "steps_per_epoch": 10}"#
          + "\n", to: "events.jsonl")
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    func append(_ text: String, to name: String) throws {
      let file = "\(path)/\(name)"
      if !FileManager.default.fileExists(atPath: file) {
        _ = FileManager.default.createFile(atPath: file, contents: nil)
      }
      let handle = try FileHandle(forWritingTo: URL(filePath: file))
      try handle.seekToEnd()
      try handle.write(contentsOf: Data(text.utf8))
      try handle.close()
    }

    func start(step: Int) throws {
      try append("{\"kind\": \"start\", \"step\": \(step), \"layers\": [\"a\", \"b\"]}\n", to: "rows.jsonl")
    }

    func row(_ step: Int, loss: String = "0.5", attempt: Int = 0, end: String = "\n") throws {
      try append(
        "{\"kind\": \"row\", \"time\": 1, \"step\": \(step), \"epoch\": 1, \"attempt\": \(attempt), \"steps\": 1, "
          + "\"loss\": \(loss), \"loss_min\": \(loss), \"loss_max\": \(loss), \"gradient_norm_max\": \(step), "
          + "\"gradient_rms\": [0.5, null], \"gradient_mean\": [1, \"nan\"]}\(end)", to: "rows.jsonl")
    }

    func run() throws -> LiveRun {
      let catalog = RunCatalog(directory: path, recipe: { _ in nil })
      return try #require(LiveRun(path: path, name: "run", catalog: catalog))
    }
  }

  @Test func onlyWholeLinesCountAndEachOnce() throws {
    let folder = try Folder()
    try folder.start(step: 0)
    try folder.row(1)
    try folder.row(2, end: "")
    let run = try folder.run()
    #expect(run.look().isReset)
    #expect(run.rows.map(\.step) == [1] && run.layers == ["a", "b"])
    #expect(run.look().isEmpty)
    try folder.append("\n{\"kind\": \"row\", \"ste", to: "rows.jsonl")
    #expect(run.look().rows == 1)
    try folder.append("\n", to: "rows.jsonl")  // torn by a kill; the next process begins a line of its own
    try folder.row(3, loss: "\"nan\"")
    let change = run.look()
    #expect(change.rows == 1 && !change.isReset)
    #expect(run.rows.map(\.step) == [1, 2, 3] && run.rows[2].value("loss").isNaN)
    #expect(run.rows[0].layerValues("gradient_rms")[0] == 0.5 && run.rows[0].layerValues("gradient_rms")[1].isNaN)
  }

  @Test func whatARollbackOrAResumptionGaveUpIsGone() throws {
    let folder = try Folder()
    try folder.start(step: 0)
    for step in 1...5 { try folder.row(step) }
    let run = try folder.run()
    _ = run.look()
    try folder.append("{\"kind\": \"rollback\", \"step\": 3, \"from\": 6, \"attempt\": 1}\n", to: "rows.jsonl")
    try folder.row(4, attempt: 1)
    #expect(run.look().isReset)
    #expect(run.rows.map(\.step) == [1, 2, 3, 4])
    try folder.start(step: 2)
    try folder.row(3)
    #expect(run.look().isReset)
    #expect(run.rows.map(\.step) == [1, 2, 3])
  }

  @Test func aReplacedFileBeginsAnew() throws {
    let folder = try Folder()
    try folder.start(step: 0)
    for step in 1...3 { try folder.row(step) }
    let run = try folder.run()
    _ = run.look()
    try FileManager.default.removeItem(atPath: "\(folder.path)/rows.jsonl")
    #expect(run.look().isReset && run.rows.isEmpty)
    try folder.start(step: 0)
    try folder.row(1)
    #expect(run.look().isReset)
    #expect(run.rows.map(\.step) == [1])
  }

  @Test func longRunsStayBoundedAndLoseNoExtreme() throws {
    let folder = try Folder()
    try folder.start(step: 0)
    for step in 1...5000 { try folder.row(step, loss: step == 1234 ? "99" : step == 4321 ? "\"inf\"" : "0.5") }
    let run = try folder.run()
    _ = run.look()
    #expect((300...800).contains(run.rows.count))
    #expect(run.rows.map { $0.value("loss_max") }.max() == 99)
    #expect(run.rows.last?.step == 5000 && run.rows.map(\.step) == run.rows.map(\.step).sorted())
    #expect(run.rows.reduce(0) { $0 + $1.value("steps") } == 5000)
    #expect(run.snapshot.utf8.count < 200_000)
  }

  /// By the rules of the history's columns, weighted by the steps that each row stands for.
  @Test func rowsAreJoinedByTheirColumnsRules() throws {
    func row(_ text: String) throws -> LiveRow {
      let bytes = Array(text.utf8)
      return try #require(
        bytes.withUnsafeBufferPointer { bytes in
          var line = JSONLine()
          return line.read(bytes) ? LiveRow(line) : nil
        })
    }
    let first = try row(
      #"{"step": 1, "steps": 1, "loss": 1, "loss_min": 1, "loss_max": 1, "learning_rate": 8, "gradient_norm_max": 7, "#
        + #""steps_per_second": 10, "gradient_rms": [1, "nan"], "weight_rms": [1, 2], "weight_mean": [1, 2], "#
        + #""gradient_abs_max": [5, 1], "dead_fraction": [null, 0.5]}"#)
    let second = try row(
      #"{"step": 4, "steps": 3, "loss": 5, "loss_min": 4, "loss_max": 6, "learning_rate": 2, "gradient_norm_max": 3, "#
        + #""steps_per_second": 20, "gradient_rms": [5, 3], "weight_rms": [5, 2], "weight_mean": [5, 2], "#
        + #""gradient_abs_max": [4, 2], "dead_fraction": [null, 0.1]}"#)
    let joined = first.joined(with: second)
    let root = Double(19).squareRoot()
    #expect(joined.step == 4 && joined.value("steps") == 4 && joined.value("steps_per_second") == 20)
    #expect(joined.value("loss") == 4 && joined.value("loss_min") == 1 && joined.value("loss_max") == 6)
    #expect(joined.value("learning_rate") == 2 && joined.value("gradient_norm_max") == 7)
    #expect(joined.layerValues("gradient_rms") == [root, 3])
    #expect(joined.layerValues("weight_rms") == [root, 2] && joined.layerValues("weight_mean") == [4, 2])
    #expect(joined.layerValues("gradient_abs_max") == [5, 2])
    let dead = joined.layerValues("dead_fraction")
    #expect(dead[0].isNaN && abs(dead[1] - 0.2) < 1e-12)
  }

  /// What a page is sent has a heading for each column that it shows.
  @Test func theSnapshotNamesEveryColumn() throws {
    let folder = try Folder()
    let run = try folder.run()
    _ = run.look()
    let snapshot = try #require(
      try JSONSerialization.jsonObject(with: Data(run.snapshot.utf8)) as? [String: Any])
    let columns = try #require(snapshot["layer_columns"] as? [[String: Any]])
    #expect(columns.compactMap { $0["name"] as? String } == KernelColumn.running.map { "\($0.facts.name)" })
    #expect(columns.allSatisfy { ($0["heading"] as? String)?.isEmpty == false })
    #expect(columns.filter { $0["fraction"] as? Bool == true }.count == 2)
    #expect((snapshot["columns"] as? [String])?.first == "step")
  }

  /// The first steps have a row each, later rows many steps: the beginning does not keep its many rows.
  @Test func rowsOfALongRunStandForAboutAsManySteps() throws {
    let folder = try Folder()
    try folder.start(step: 0)
    for step in 1...600 { try folder.row(step) }
    let text = (1...200).map { at in
      "{\"kind\": \"row\", \"step\": \(600 + 100 * at), \"steps\": 100, \"loss\": 0.5, \"loss_max\": \(at == 7 ? 9 : 1)}\n"
    }
    try folder.append(text.joined(), to: "rows.jsonl")
    let run = try folder.run()
    _ = run.look()
    let begin = run.rows.count { $0.step <= 600 }
    #expect(begin <= 40 && run.rows.count > 150, "\(begin) of \(run.rows.count)")
    #expect(run.rows.reduce(0) { $0 + $1.value("steps") } == 20_600)
    #expect(run.rows.map { $0.value("loss_max") }.max() == 9)
    // Steps in no order keep to the bound as well.
    try folder.append(
      (1...3000).map { "{\"kind\": \"row\", \"step\": \($0 % 2 * 99_999)}\n" }.joined(), to: "rows.jsonl")
    _ = run.look()
    #expect(run.rows.count <= 800)
  }

  @Test func theEventsMakeSentencesAndAnEpochsFiguresCount() throws {
    let folder = try Folder()
    let run = try folder.run()
    _ = run.look()
    let time = #""time": "2026-01-31T12:00:09Z""#
    try folder.append(
      "{\(time), \"event\": \"epoch\", \"epoch\": 1, \"step\": 10, \"loss\": 0.25, \"validation_loss\": 0.5}\n"
        + "{\(time), \"event\": \"rollback\", \"from\": 12, \"step\": 10, \"attempt\": 1, \"message\": \"clipped\"}\n"
        + "{\(time), \"event\": \"finding\", \"name\": \"vanishing\", \"layer\": \"a\", \"message\": \"it vanishes\"}\n",
      to: "events.jsonl")
    let change = run.look()
    #expect(change.epochs == 1 && change.events == 2 && change.recordChanged)
    #expect(
      run.events.map(\.message).suffix(2) == [
        "went back from step 12 to step 10, attempt 1: clipped", "vanishing in a: it vanishes",
      ])
    #expect(run.record.figures.map(\.last) == [0.25, 0.5] && run.record.findings == ["vanishing"])
    #expect(run.epochs().points == [[10, 0.25, 0.5]])
  }

  @Test func aProcessThatIsGoneIsSaidToBeOnceAndItsResumptionFollows() throws {
    let folder = try Folder()
    try folder.start(step: 0)
    try folder.append(
      #"{"kind": "row", "time": 1769860805.5, "step": 17, "epoch": 1, "loss": 1, "resident_bytes": 6.05e7}"# + "\n",
      to: "rows.jsonl")
    let run = try folder.run()
    #expect(run.look().events == 2)
    let sentence =
      "died without a word after step 17, last sign of life 2026-01-31T12:00:05Z with 60.5 MB of memory "
      + "(killed? out of memory? reboot?)"
    #expect(run.events.map(\.kind) == ["started", "died"] && run.events.last?.message == sentence)
    #expect(run.record.state == .interrupted && run.record.ending == "died")
    #expect(run.record.stateText == "interrupted (died)")
    #expect(run.look().isEmpty)
    for width in [30, 80] {
      let panel = WatchPanel.lines(run, width: width, height: 40).map { $0.map(\.text).joined() }
      #expect(panel.joined(separator: " ").contains(sentence), "\(panel)")
    }
    // The next process writes it down; it is not told twice.
    let time = #""time": "2026-01-31T12:30:00Z""#
    try folder.append(
      "{\(time), \"event\": \"died\", \"message\": \"died\"}\n"
        + "{\(time), \"event\": \"resumed\", \"step\": 10}\n"
        + "{\(time), \"event\": \"failed\", \"message\": \"no room\"}\n", to: "events.jsonl")
    _ = run.look()
    #expect(run.events.map(\.kind) == ["started", "died", "resumed", "failed"])
    #expect(run.record.ending == "failed" && run.record.endingMessage == "ended with an error: no room")
    // A later look at all of it finds the same.
    let later = try folder.run()
    _ = later.look()
    #expect(later.events.map(\.kind) == ["started", "died", "resumed", "failed"])
  }

  @Test func timesThatAreNoneStopNobody() throws {
    for time in ["1e300", "-1e300", "\"inf\"", "1e999"] {
      let folder = try Folder()
      try folder.append(
        "{\"kind\": \"row\", \"time\": \(time), \"step\": 3, \"loss\": 1, \"resident_bytes\": 1e300}\n",
        to: "rows.jsonl")
      let run = try folder.run()
      _ = run.look()
      #expect(run.record.ending == "died")
    }
  }

  @Test func whatFindsNoRoomIsLeftOutWhole() throws {
    let folder = try Folder()
    try folder.start(step: 0)
    for step in 1...100 { try folder.row(step) }
    try folder.append(
      #"{"time": "2026-01-31T12:00:09Z", "event": "epoch", "epoch": 1, "step": 10, "loss": 0.2512, "validation_loss": 0.5, "validation_accuracy": 0.75, "validation_auc": 0.9123}"#
        + "\n", to: "events.jsonl")
    let run = try folder.run()
    _ = run.look()
    for width in [40, 60, 80, 120] {
      let lines = WatchPanel.lines(run, width: width, height: 40).map { $0.map(\.text).joined() }
      for figure in ["loss, epoch's mean 0.2512", "validation_auc 0.9123 (best 0.9123)", "validation_accuracy 0.75"] {
        #expect(lines.contains { $0.contains(figure) }, "\(width): \(lines)")
      }
    }
  }

  @Test func thePanelFitsTheScreen() throws {
    let folder = try Folder()
    try folder.start(step: 0)
    for step in 1...100 { try folder.row(step) }
    try folder.append(
      "{\"time\": \"2026-01-31T12:00:09Z\", \"event\": \"note\", \"message\": \"red \\u001b[31malert\\u0007\"}\n",
      to: "events.jsonl")
    let run = try folder.run()
    _ = run.look()
    for (width, height) in [(200, 50), (80, 24), (40, 10), (12, 3), (1, 1)] {
      let lines = WatchPanel.lines(run, width: width, height: height).map { $0.map(\.text).joined() }
      #expect(lines.count <= height && lines.allSatisfy { $0.count <= width }, "\(lines)")
      #expect(lines.allSatisfy { !$0.unicodeScalars.contains { $0.value < 32 || $0.value == 127 } })
    }
    let text = WatchPanel.lines(run, width: 100, height: 24).map { $0.map(\.text).joined() }
    #expect(text.contains { $0.hasPrefix("gradient norm") && $0.contains("█") }, "\(text)")
    #expect(text.contains { $0.hasPrefix("a ") && $0.contains("0.5") })
  }

  @Test func aSparklineKeepsPeaksAndMarksWhatIsNotFinite() {
    let points = (0..<1000).map { (place: Double($0), value: $0 == 500 ? 9.0 : 1.0) }
    #expect(Sparkline.line(points, width: 10).text == "▁▁▁▁▁█▁▁▁▁")
    #expect(Sparkline.line([(0, 1), (9, 2)], width: 4).text == "▁▁▁█")
    #expect(Sparkline.line([(0, .nan), (1, 1), (2, 2)], width: 3).text == "×▁█")
    #expect(Sparkline.line((0..<4).map { (Double($0), pow(10, Double($0))) }, width: 4).isLogarithmic)
    #expect(Sparkline.line([], width: 4).text == "" && Sparkline.line([(1, .nan)], width: 2).text == "××")
  }
}
