import Testing

@testable import Sweeps

struct PruningTests {
  private let lower = Objective(monitor: "validation_loss", lowerIsBetter: true)
  private let single = Repetition(seeds: 1, folds: nil)

  private func record(_ state: MemberRecord.State, _ figures: [(Int, Double)]) -> MemberRecord {
    var record = MemberRecord(state)
    record.rungs = figures.map { .init(epoch: $0.0, value: $0.1) }
    record.objective = figures.last?.1 ?? .nan
    return record
  }

  @Test func rungs() {
    #expect(MedianPruning(warmUpEpochs: 5, startUpDraws: 5).rungs(epochs: 41) == [5, 10, 20, 40])
    #expect(MedianPruning(warmUpEpochs: 5, startUpDraws: 5).rungs(epochs: 5) == [])
    #expect(HalvingPruning(factor: 3, minEpochs: 4).rungs(epochs: 100) == [4, 12, 36])
  }

  @Test func medianLooksAtLowerNumbersAlone() {
    let rule = MedianPruning(warmUpEpochs: 1, startUpDraws: 2)
    let figures: [RungFigure] = [.figure(9), .figure(1), .figure(6), .figure(5), .figure(5.5), .pending, .figure(0)]
    // Medians before: -, 9, 5, 6, 5.5; what comes after one that is pending waits.
    #expect(rule.verdicts(figures) == [.goesOn, .goesOn, .isPruned, .goesOn, .goesOn, .waits, .waits])
    // The same first verdicts with fewer draws, and with one that never gets there.
    #expect(rule.verdicts(Array(figures.prefix(4))) == [.goesOn, .goesOn, .isPruned, .goesOn])
    #expect(rule.verdicts([.absent] + figures.prefix(4)) == [.waits, .goesOn, .goesOn, .isPruned, .goesOn])
  }

  @Test func halvingWaitsForAllAndKeepsTheBest() {
    let rule = HalvingPruning(factor: 3, minEpochs: 1)
    #expect(rule.verdicts([.figure(1), .pending, .figure(3)]) == [.waits, .waits, .waits])
    #expect(
      rule.verdicts([.figure(4), .figure(1), .absent, .figure(3), .figure(1), .figure(9)])
        == [.isPruned, .goesOn, .waits, .isPruned, .goesOn, .isPruned])
    #expect(rule.verdicts([.figure(.infinity)]) == [.goesOn])
  }

  @Test func laterRungsCompareThoseThatAreLeft() {
    let rule = HalvingPruning(factor: 2, minEpochs: 2)
    let records: [MemberRecord?] = [
      record(.running, [(2, 1), (4, 8)]), record(.pruned, [(2, 9)]), record(.paused, [(2, 2), (4, 3)]),
      record(.paused, [(2, 7)]),
    ]
    let board = RungBoard(rule, records: records, repetition: single, objective: lower, epochs: 8)
    #expect((0..<4).map { board.verdict(on: $0, at: 2) } == [.goesOn, .isPruned, .goesOn, .isPruned])
    #expect((0..<4).map { board.verdict(on: $0, at: 4) } == [.isPruned, .isPruned, .goesOn, .isPruned])
  }

  @Test func aDrawIsTheMeanOfItsMembersAndWaitsForAll() {
    let rule = HalvingPruning(factor: 2, minEpochs: 2)
    let two = Repetition(seeds: 2, folds: nil)
    var records: [MemberRecord?] = [
      record(.paused, [(2, 1)]), record(.paused, [(2, 9)]), record(.paused, [(2, 4)]), nil,
    ]
    func verdicts() -> [Verdict] {
      let board = RungBoard(rule, records: records, repetition: two, objective: lower, epochs: 8)
      return [board.verdict(on: 0, at: 2), board.verdict(on: 1, at: 2)]
    }
    #expect(verdicts() == [.waits, .waits])
    records[3] = record(.paused, [(2, 5)])
    #expect(verdicts() == [.isPruned, .goesOn])
    // One that diverges takes its draw out, and holds nobody up.
    records[3] = record(.diverged, [])
    #expect(verdicts() == [.goesOn, .isPruned])
    // One whose process was killed comes again.
    records[3] = record(.killed, [])
    #expect(verdicts() == [.waits, .waits])
  }

  @Test func higherMayBeBetterAndNaNIsWorst() {
    let rule = HalvingPruning(factor: 2, minEpochs: 2)
    let higher = Objective(monitor: "validation_accuracy", lowerIsBetter: false)
    let records = [record(.paused, [(2, 0.5)]), record(.paused, [(2, 0.9)]), record(.paused, [(2, .nan)])]
    let board = RungBoard(rule, records: records, repetition: single, objective: higher, epochs: 8)
    #expect((0..<3).map { board.verdict(on: $0, at: 2) } == [.goesOn, .goesOn, .isPruned])
  }

  @Test func whoStoppedEarlyKeepsItsLastFigure() {
    let rule = HalvingPruning(factor: 2, minEpochs: 2)
    var early = record(.finished, [])
    early.objective = 1
    let records = [early, record(.paused, [(2, 2)])]
    let board = RungBoard(rule, records: records, repetition: single, objective: lower, epochs: 8)
    #expect(board.verdict(on: 1, at: 2) == .isPruned)
  }
}
