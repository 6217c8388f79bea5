import Checkpointing
import Foundation
import FoundationXML
import GradientHealth
import JSON
import Testing

@testable import Reports

/// Gradients through time, gates and attention in figures, texts and running series.
@Suite struct SequenceReportTests {
  /// 100 rows; a gradient that falls by `factor` a step of time, a forget gate that fills, two heads.
  private static func history(_ factor: Double = 0.8, times: Int = 20, rows: Int = 100) -> GradientHistory {
    var history = GradientHistory(
      layers: ["lstm/kernel"],
      series: [
        HistorySeries(.throughTime, layer: "lstm", positions: (0..<Int64(times)).map { $0 }),
        HistorySeries(.gateSaturation, layer: "lstm", positions: [0, 1, 3]),
        HistorySeries(.largestLogit, layer: "mha", positions: [0, 1]),
        HistorySeries(.attentionEntropy, layer: "mha", positions: [0, 1]),
      ])
    for row in 1...rows {
      let through = (0..<times).map { Float(pow(factor, Double(times - 1 - $0))) }
      let figures =
        [Float](repeating: 0.1, count: KernelColumn.allCases.count) + through
        + [0.25, Float(min(row, 50)) / 50, 0] + [2, 7] + [1.5, 0.5]
      let steps = StepColumn.allCases.map { _ in 1.0 }
      steps.withUnsafeBufferPointer { steps in
        figures.withUnsafeBufferPointer {
          history.append(.init(step: Int64(row), epoch: 0, attempt: 0), steps: steps, figures: $0)
        }
      }
    }
    return history
  }

  private static func report(_ history: GradientHistory, copies: Int = 1) -> RunReport {
    RunReport(
      (0..<copies).map { number in
        ReportedRun(
          name: "run-\(number)", progress: RunProgress(run: "run", seed: 1, shards: 1, batchSize: 1, optimizer: "adam"),
          checkpoint: "c.h5", history: history)
      })
  }

  @Test func everyRecurrentLayerHasAMapAndProfiles() throws {
    let figures = Self.report(Self.history()).figures()
    let map = try #require(figures.first { $0.id == "through-time-1-1" })
    guard case .heat(let heat) = map.picture else { throw Missing() }
    #expect(heat.layers.count == 20 && heat.layers.last == "19" && heat.steps.count == 100)
    #expect(abs(heat.values[19][50] - 1) < 1e-6 && abs(heat.values[18][50] - 0.8) < 1e-6)
    // The smallest colour is 1e-8 of the largest at least.
    #expect(heat.valueAxis.lower >= heat.valueAxis.upper * 0.99e-8)
    let profiles = try #require(figures.first { $0.id == "through-time-1-1-profiles" })
    #expect(profiles.isStill && profiles.series.count == 3 && profiles.series.allSatisfy { $0.steps.count == 20 })
    #expect(profiles.series.last?.name.contains("100") == true)
    let gates = try #require(figures.first { $0.id == "gates" })
    #expect(gates.series.map(\.name) == ["lstm: input gate", "lstm: forget gate", "lstm: output gate"])
    #expect(gates.series[1].values.last == 1)
    #expect(figures.first { $0.id == "attention-scores" }?.series.map { $0.values[0] } == [2, 7])
    #expect(figures.first { $0.id == "attention-entropy" }?.series.count == 2)
  }

  private struct Missing: Error {}

  @Test func filesAndPageAreWellFormed() throws {
    let report = Self.report(Self.history(1e-12), copies: 2)
    let files = report.figureFiles()
    #expect(Set(files.map(\.name)).count == files.count)
    for file in files {
      let parser = XMLParser(data: Data(file.svg.utf8))
      #expect(parser.parse(), "\(file.name): \(String(describing: parser.parserError))")
    }
    let page = report.html()
    #expect(page.contains("data-cells=") && page.contains("data-row=\"time\""))
    // A picture over times takes no part in zooming over steps.
    let still = try #require(page.range(of: "id=\"figure-through-time-1-1-profiles\""))
    let tag = page[still.upperBound...].prefix { $0 != "⁂" }.prefix(1500)
    let svg = try #require(tag.range(of: "<svg class=\"figure\""))
    #expect(!tag[svg.lowerBound...].prefix { $0 != ">" }.contains("data-plot"))
  }

  /// Runs without such layers have none of these figures.
  @Test func otherRunsHaveNone() {
    let figures = Self.report(GradientHistory(layers: ["dense"])).figures()
    #expect(!figures.contains { ["gates", "attention-scores", "attention-entropy"].contains($0.id) })
    #expect(!figures.contains { $0.id.hasPrefix("through-time") })
  }

  @Test func manyHeadsHaveACurveALayer() {
    var history = GradientHistory(
      layers: ["dense"],
      series: (0..<5).map { HistorySeries(.largestLogit, layer: "mha_\($0)", positions: [0, 1, 2, 3]) })
    let figures = [Float](repeating: 0, count: KernelColumn.allCases.count) + (0..<20).map { Float($0) }
    [Double](repeating: 1, count: StepColumn.allCases.count).withUnsafeBufferPointer { steps in
      figures.withUnsafeBufferPointer {
        history.append(.init(step: 1, epoch: 0, attempt: 0), steps: steps, figures: $0)
      }
    }
    let series = Self.report(history).figures().first { $0.id == "attention-scores" }?.series ?? []
    #expect(series.map(\.name) == (0..<5).map { "mha_\($0)" } && series.map { $0.values[0] } == [3, 7, 11, 15, 19])
  }

  @Test func theTerminalHasALineALayer() {
    let text = DiagnosisText.sequences(SequenceStanding.all(Self.history()))
    let lines = text.split(separator: "\n").map(String.init)
    #expect(lines.count == 4)
    #expect(
      lines[0].hasPrefix("through time, lstm: ▁")
        && lines[0].hasSuffix("all 20 steps back are reached, the first with 0.014 of the last's"))
    #expect(lines[1] == "gates of lstm that are flat: input 25 %, forget 100 %, output 0 %")
    #expect(lines[2] == "attention of mha: largest score 7")
    #expect(lines[3] == "attention of mha: entropy 0.5 to 1.5 nats, by head")
    let short = DiagnosisText.sequences(SequenceStanding.all(Self.history(0.5)))
    #expect(short.contains("█ 1 % is left 7 of 20 steps back"))
    let hidden = DiagnosisText.sequences(
      SequenceStanding.all(
        Self.history(0.5), layers: [LayerProfile(name: "lstm", recurrence: .init(isGated: true, answersAtEnd: false))]))
    #expect(hidden.contains("each time has a loss of its own"))
  }

  @Test func theTableHasAColumnAPlace() throws {
    let table = HistoryTable(Self.history(), epochs: [], validation: [], metricNames: [])
    let column = try #require(table.columns.first { $0.name == "through_time.lstm[18]" })
    #expect(table.text(column, row: 3).flatMap(Double.init).map { abs($0 - 0.8) < 1e-6 } == true)
    let gate = try #require(table.columns.first { $0.name == "gate_saturated_fraction.lstm[1]" })
    #expect(table.text(gate, row: 24) == "0.5")
    #expect(table.columns.contains { $0.name == "attention_entropy.mha[1]" })
  }

  // MARK: Running series

  /// Long axes go in halves, by the column's rule.
  @Test func longAxesAreThinned() {
    let long = HistorySeries(.throughTime, layer: "rnn", positions: (0..<64).map { $0 * 2 })
    #expect(RunningSeries(long).positions == (0..<32).map { $0 * 4 })
    let joined = RunningSeries.joined((0..<64).map(Float.init)[...], of: long)
    #expect(joined.count == 32 && abs(joined[1] - ((4.0 + 9) / 2).squareRoot()) < 1e-9)
    let odd = HistorySeries(.throughTime, layer: "rnn", positions: (0..<33).map { $0 })
    #expect(RunningSeries.joined((0..<33).map(Float.init)[...], of: odd).count == RunningSeries(odd).positions.count)
    #expect(RunningSeries.joined((0..<33).map(Float.init)[...], of: odd).last == 32)
    let heads = HistorySeries(.largestLogit, layer: "mha", positions: (0..<64).map { $0 })
    #expect(RunningSeries(heads).positions.count == 64)
  }

  @Test func aRunIsLookedAtWithItsSeries() throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "live-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try "name: run\n".write(toFile: "\(folder)/recipe.yaml", atomically: true, encoding: .utf8)
    let series = RunningSeries(HistorySeries(.throughTime, layer: "rnn", positions: [0, 1, 2]))
    var lines = [#"{"kind": "start", "step": 0, "layers": ["dense"], "series": [\#(series.json.text)]}"#]
    for step in 1...2000 {
      lines.append(#"{"kind": "row", "step": \#(step), "steps": 1, "loss": 1, "series": [\#(step), 2, "inf"]}"#)
    }
    try (lines.joined(separator: "\n") + "\n").write(toFile: "\(folder)/rows.jsonl", atomically: true, encoding: .utf8)
    let run = try #require(
      LiveRun(path: folder, name: "run", catalog: RunCatalog(directory: folder, recipe: { _ in nil })))
    _ = run.look()
    #expect(run.series == [series] && run.rows.count <= 800)
    let squares = run.rows.reduce(0.0) { $0 + $1.series[0] * $1.series[0] * $1.value("steps") }
    let expected = (1...2000).reduce(0.0) { $0 + Double($1) * Double($1) }
    #expect(abs(squares / expected - 1) < 1e-9)
    #expect(run.rows.allSatisfy { abs($0.series[1] - 2) < 1e-9 })
    let snapshot = try #require(
      try JSONSerialization.jsonObject(with: Data(run.snapshot.utf8)) as? [String: Any])
    let found = try #require(snapshot["series"] as? [[String: Any]])
    #expect(found.first?["layer"] as? String == "rnn" && found.first?["positions"] as? [Int] == [0, 1, 2])
    let rows = try #require(snapshot["rows"] as? [[Any]])
    #expect((rows.last?.last as? [Any])?.count == 3)
  }
}
