import Foundation
import FoundationXML
import Sweeps
import Testing

@testable import Reports

/// Pages, tables and panels of sweeps, from values.
@Suite struct SweepReportTests {
  /// `count` draws with two seeds each: the objective is the learning rate's distance from 0.01, in powers of ten.
  private static func outline(_ count: Int, repetition: Repetition = Repetition(seeds: 2, folds: nil)) -> SweepOutline {
    let units = ["8", "16", "32"]
    let optimizers = ["{adam: {beta_1: 0.9}}", "{sgd: {momentum: 0.9}}"]
    let draws = (1...count).map { number in
      Draw(
        DrawID(number),
        [
          Setting(key: "optimizer.learning_rate", value: "\(pow(10, -4 + 4 * Double(number) / Double(count)))"),
          Setting(key: "model.units", value: units[number % 3]),
          Setting(key: "optimizer", value: optimizers[number % 2]),
          Setting(key: "data.validation", value: "{fraction: 0.2}"),
        ])
    }
    return SweepOutline(
      name: "a <search>",
      keys: [
        .init("optimizer.learning_rate", isLogarithmic: true), .init("model.units", choices: units),
        .init("optimizer", choices: optimizers), .init("data.validation", choices: ["{fraction: 0.2}"]),
      ], draws: draws, repetition: repetition, objective: Objective(monitor: "validation_loss", lowerIsBetter: true),
      epochs: 20)
  }

  private static func record(_ value: Double, _ state: MemberRecord.State = .finished, epochs: Int = 20) -> MemberRecord
  {
    var record = MemberRecord(state)
    record.objective = value
    record.epoch = epochs
    record.seconds = 2
    record.figures = [("loss", value / 2), ("validation_loss", value)]
    record.curve = (1...epochs).map { .init(epoch: $0, value: value + 1 / Double($0)) }
    return record
  }

  private static func finished(_ count: Int) -> SweepState {
    let outline = outline(count)
    let records = outline.draws.flatMap { draw -> [MemberRecord?] in
      let rate = Double(draw.settings[0].value) ?? .nan
      let value = 0.1 + abs(log10(rate) + 2)
      return [record(value - 0.01), record(value + 0.01)]
    }
    return SweepState(outline, records: records)
  }

  private static func isXML(_ text: String) -> Bool { XMLParser(data: Data(text.utf8)).parse() }

  @Test func theBestDrawComesFirstAndLast() throws {
    let state = Self.finished(20)
    let best = try #require(state.best)
    #expect(best.draw.id == DrawID(10) && state.isComplete && state.done == 40)
    #expect(state.line == "40 of 40 members done; best d010, validation_loss 0.1 ± 0.014")
    let figures = SweepFigures(state)
    let parallel = try #require(figures.parallel)
    let svg = parallel.svg(.page)
    // Every draw has a line, the best lies on top of all.
    #expect(svg.components(separatedBy: "<path class=\"l\" data-i=").count == 22)
    let last = try #require(svg.range(of: "class=\"l\" data-i=\"0\"", options: .backwards))
    #expect(svg[last.upperBound...].range(of: "data-i") == nil && svg[..<last.lowerBound].contains("class=\"best c1\""))
    // The key with one value has no axis; those with places have their names.
    #expect(
      figures.scatter.map(\.title) == ["learning_rate", "units", "optimizer"].map { "validation_loss against \($0)" })
    #expect(svg.contains(">adam</text>") && svg.contains(">sgd</text>") && !svg.contains("fraction"))
    for figure in figures.all { #expect(Self.isXML(figure.svg(.file)), "\(figure.id)") }
  }

  @Test func placesFollowTheScaleAndTheList() throws {
    let numbers = SweepAxis(
      .init("rate", isLogarithmic: true), label: "rate", values: ["0.0001", "0.01", "1.0", "0.001"])
    let places = try ["0.0001", "0.01", "1.0"].map { try #require(numbers.fraction($0)) }
    #expect(abs(places[0] + places[2] - 1) < 1e-9 && abs(places[1] - 0.5) < 1e-9 && places[0] > 0)
    let list = SweepAxis(.init("units", choices: ["64", "8"]), label: "units", values: ["8", "100"])
    // In the list's order; what somebody has told comes after it.
    #expect(list.choices == ["64", "8", "100"] && list.fraction("64") == 0.5 / 3 && list.fraction("100") == 2.5 / 3)
    #expect(list.fraction("9") == nil && list.fraction(nil) == nil && numbers.fraction("x") == nil)
    let linear = SweepAxis(.init("momentum"), label: "momentum", values: ["0", "1"])
    #expect(linear.fraction("0.5") == 0.5)
  }

  @Test func valuesInYAMLHaveShortNames() {
    #expect(SweepOutline.labels(["{adam: {beta: 0.9}}", "{sgd: {momentum: 0.9}}"]) == ["adam", "sgd"])
    #expect(SweepOutline.labels(["{fraction: 0.2}", "{fraction: 0.1}"]) == ["0.2", "0.1"])
    #expect(SweepOutline.labels(["{adam: {rate: 0.1}}", "{adam: {rate: 0.2}}"]) == ["0.1", "0.2"])
    #expect(SweepOutline.labels(["8", "16"]) == ["8", "16"] && SweepOutline.labels(["8"]) == ["8"])
    let long = SweepOutline.labels([String(repeating: "a", count: 40) + "x", String(repeating: "a", count: 40) + "y"])
    #expect(Set(long).count == 2 && long.allSatisfy { $0.count <= 16 })
    let shape = String(repeating: "a", count: 20)
    let same = SweepOutline.labels([shape + "1" + shape, shape + "2" + shape])
    #expect(Set(same).count == 2)
  }

  @Test func manyDrawsHaveBandsAndFewLines() throws {
    let state = Self.finished(1000)
    let limits = SweepLimits(draws: 50, curves: 40, points: 200)
    let figures = SweepFigures(state, limits: limits)
    let parallel = try #require(figures.parallel)
    #expect(parallel.svg(.page).components(separatedBy: "data-i=").count == 52)
    #expect(parallel.caption.contains("Of 1000 draws the best 50"))
    let curves = try #require(figures.curves)
    #expect(curves.svg(.page).components(separatedBy: "data-i=").count <= 41)
    #expect(curves.svg(.page).components(separatedBy: "class=\"e\"").count == 3)
    #expect(curves.caption.contains("Of 2000 members"))
    #expect(figures.data.utf8.count < 20_000)
    #expect(SweepReport(state).html().components(separatedBy: "<tr>").count < 120)
  }

  @Test func quantilesAreThoseOfTheCurvesThatHaveComeSoFar() throws {
    let curves = (0..<11).map { number in
      (1...(number < 6 ? 10 : 4)).map { MemberRecord.Point(epoch: $0, value: Double(number)) }
    }
    let bands = SweepFigures.quantiles(curves)
    #expect(bands.first?.epoch == 1 && bands.last?.epoch == 10)
    #expect(bands.first?.values == [1, 2.5, 5, 7.5, 9])
    #expect(bands.last?.values == [0.5, 1.25, 2.5, 3.75, 4.5])
    // Between the epochs that a thinned curve has.
    let thin = (0..<5).map { _ in [MemberRecord.Point(epoch: 0, value: 0), .init(epoch: 100, value: 1)] }
    let line = SweepFigures.quantiles(thin)
    #expect(line.count == 64 && line.allSatisfy { abs($0.values[2] - Double($0.epoch) / 100) < 1e-12 })
  }

  @Test func everyKindOfMemberIsTold() {
    let outline = Self.outline(8, repetition: Repetition(seeds: 1, folds: nil))
    var diverged = Self.record(.nan, .diverged)
    diverged.message = "went <up>"
    let records: [MemberRecord?] = [
      Self.record(0.2), Self.record(0.3, .pruned, epochs: 5), diverged, Self.record(.nan, .failed, epochs: 1),
      Self.record(0.4, .running), Self.record(0.5, .paused), nil, nil,
    ]
    let state = SweepState(
      outline, records: records, begun: [0, 1, 2, 3, 4, 5, 6],
      running: [6: .init(epoch: 10, epochs: 20, value: 0.25, left: 4, curve: [.init(epoch: 10, value: 0.25)])])
    #expect(
      state.states == [.finished, .pruned, .diverged, .failed, .interrupted, .paused, .running, .waiting])
    #expect(state.done == 4 && !state.isComplete && SweepParts(state).word == "running")
    let html = SweepReport(state).html()
    #expect(html.contains("went &lt;up&gt;") && html.contains("a &lt;search&gt;") && !html.contains("<search>"))
    for word in ["pruned", "diverged", "failed", "waiting", "paused"] { #expect(html.contains(word), "\(word)") }
    let lines = SweepPanelText.lines(state, width: 60, height: 20).map { $0.map(\.text).joined() }
    #expect(lines.allSatisfy { $0.count <= 60 } && lines.contains { $0.contains("10/20") && $0.contains("0.25") })
    // One in a draw that goes on is worked on; by the mean of those that are done 2 s each, one half is done.
    #expect(state.left == 7)
  }

  @Test func aSweepThatHasNotBegunIsAPageToo() {
    let outline = Self.outline(3)
    let state = SweepState(outline, records: outline.members.map { _ in nil })
    #expect(SweepFigures(state).all.isEmpty && SweepReport(state).html().contains("No member has an objective yet"))
    #expect(state.line == "0 of 6 members done" && state.left == nil)
    // Figures that are no numbers have no place, and end nothing.
    let odd = SweepState(outline, records: outline.members.map { _ in Self.record(.infinity) })
    #expect(SweepFigures(odd).parallel == nil && Self.isXML(SweepFigures(odd).curves?.svg(.file) ?? "<a/>"))
  }

  @Test func aPrunedRunSaysSo() {
    var events = RunEvents(RunRecord(name: "d001", path: "d001"))
    func read(_ text: String) { Array(text.utf8).withUnsafeBufferPointer { events.read($0) } }
    let time = "\"time\": \"2026-01-01T00:00:00Z\""
    read("{\(time), \"event\": \"started\", \"step\": 0, \"epoch\": 0}\n")
    read("{\(time), \"event\": \"finished\", \"ending\": \"paused\", \"step\": 5, \"epoch\": 1}\n")
    #expect(events.record.stateText == "paused" && events.record.state == .interrupted)
    read("{\(time), \"event\": \"pruned\", \"message\": \"m\"}\n")
    #expect(events.record.stateText == "pruned" && events.record.state == .interrupted && !events.isOpen)
    read("{\(time), \"event\": \"resumed\", \"step\": 5, \"epoch\": 1}\n")
    #expect(events.record.stateText == "interrupted")
  }
}
