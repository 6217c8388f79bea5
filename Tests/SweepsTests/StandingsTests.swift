import Foundation
import Testing

@testable import Sweeps

struct StandingsTests {
  private func finished(_ objective: Double) -> MemberRecord {
    var record = MemberRecord(.finished)
    record.objective = objective
    record.figures = [("loss", objective / 2), ("validation_loss", objective)]
    return record
  }

  private func draw(_ number: Int, _ value: String = "1") -> Draw {
    Draw(DrawID(number), [Setting(key: "units", value: value)])
  }

  @Test func meanDeviationAndRank() throws {
    let standings = Standings(
      [draw(1), draw(2), draw(3), draw(4)],
      records: [
        finished(2), finished(4), finished(1), finished(3), finished(1), finished(3), finished(1),
        MemberRecord(.pruned),
      ], repetition: Repetition(seeds: 2, folds: nil),
      objective: Objective(monitor: "validation_loss", lowerIsBetter: true))
    #expect(standings.rows.map(\.draw.id.number) == [2, 3, 1, 4])  // equal ones by number
    #expect(standings.rows.map(\.rank) == [1, 2, 3, nil])
    #expect(standings.rows[2].mean == 3 && standings.rows[0].mean == 2)
    // numpy.std([2, 4], ddof=1)
    #expect(abs(try #require(standings.rows[2].deviation) - 1.414_213_562_373_095_1) < 1e-15)
    #expect(standings.rows[3].state == .pruned)
    #expect(standings.rows[3].mean.isNaN && standings.rows[3].deviation == nil && standings.rows[3].values == [1, nil])
    #expect(standings.best?.figures.map(\.mean) == [1, 2])
  }

  @Test func notANumberIsLast() {
    let standings = Standings(
      [draw(1), draw(2)], records: [finished(.nan), finished(0.1)], repetition: Repetition(seeds: 1, folds: nil),
      objective: Objective(monitor: "validation_accuracy", lowerIsBetter: false))
    #expect(standings.rows.map(\.draw.id.number) == [2, 1])
  }

  @Test func tableIsCSV() {
    let standings = Standings(
      [draw(1, "{adam: {learning_rate: 0.1}, clip: 1}"), draw(2)], records: [finished(0.25), finished(0.1), nil, nil],
      repetition: Repetition(seeds: 2, folds: nil),
      objective: Objective(monitor: "validation_loss", lowerIsBetter: true))
    #expect(
      SweepTable(standings, keys: ["units"], members: ["s1", "s2"]).csv == """
        rank,draw,state,units,validation_loss_mean,validation_loss_std,validation_loss_s1,validation_loss_s2,loss_mean
        1,d001,finished,"{adam: {learning_rate: 0.1}, clip: 1}",0.175,0.10606601717798213,0.25,0.1,0.0875
        ,d002,waiting,1,,,,,

        """)
  }

  @Test func recordsComeBackAsTheyWere() throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "cairn-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    var record = finished(0.1 + 0.2)
    record.epoch = 12
    record.step = 345
    record.seconds = 1.5
    record.message = "said \"so\"\nand more"
    record.rungs = [.init(epoch: 4, value: 1e-300), .init(epoch: 8, value: .nan)]
    record.curve = (1...100).map { .init(epoch: $0, value: 1 / Double($0)) }
    try record.write(folder: folder)
    #expect(MemberRecord.read(folder: folder) == record)
    record.settings = [Setting(key: "a", value: "\"1, 2\""), Setting(key: "b", value: "{c: 1}")]
    try record.write(folder: folder)
    #expect(MemberRecord.read(folder: folder) == record)
    #expect(MemberRecord.read(folder: folder + "/none") == nil)
    try Data("{\"state\": \"fin".utf8).write(to: URL(filePath: "\(folder)/member.json"))
    #expect(MemberRecord.read(folder: folder) == nil)
  }

  @Test func thinnedCurvesKeepTheirEnds() {
    let curve = (1...1000).map { MemberRecord.Point(epoch: $0, value: 0) }
    let thin = MemberRecord.thinned(curve)
    #expect(thin.count == 64 && thin.first?.epoch == 1 && thin.last?.epoch == 1000)
    #expect(zip(thin, thin.dropFirst()).allSatisfy { $0.epoch < $1.epoch })
    #expect(MemberRecord.thinned(Array(curve.prefix(64))).count == 64)
  }
}
