import Dispatch
import Testing

@testable import DataParallel

@Suite(.serialized) struct BarrierTests {
  private func threads(_ count: Int, _ body: @escaping @Sendable (Int) -> Void) {
    let group = DispatchGroup()
    for number in 0..<count { DispatchQueue(label: "test.\(number)").async(group: group) { body(number) } }
    group.wait()
  }

  /// Reused at once: nobody passes twice while another is still on its way out.
  @Test(arguments: [1, 2, 3, 5, 16], [0, 20, 4000])
  func nobodyPassesBeforeAllHaveCome(count: Int, spins: Int) {
    let rounds = count > 2 && spins > 1000 ? 100 : 1000
    let early = Counter()
    let serial = Counter()
    expectToEnd {
      let barrier = Barrier(count: count, spins: spins)
      let progress = Shared(count: count * 16)
      threads(count) { number in
        for round in 1...rounds {
          progress.values[number * 16] = round
          let whole = barrier.wait { serial.add() }
          if !whole || !(0..<count).allSatisfy({ progress.values[$0 * 16] >= round }) { early.add() }
          if !barrier.wait() { early.add() }
        }
      }
    }
    #expect(early.value == 0)
    #expect(serial.value == rounds)
  }

  /// What the serial section writes is seen by all who pass.
  @Test func serialSectionRunsBeforeAnyGoesOn() {
    let wrong = Counter()
    expectToEnd {
      let barrier = Barrier(count: 4, spins: 20)
      let shared = Shared(count: 5)
      threads(4) { number in
        for round in 1...2000 {
          shared.values[number] = round * (number + 1)
          _ = barrier.wait { shared.values[4] = (0..<4).reduce(0) { $0 + shared.values[$1] } }
          if shared.values[4] != round * 10 { wrong.add() }
          _ = barrier.wait()
        }
      }
    }
    #expect(wrong.value == 0)
  }

  @Test(arguments: [0, 4000])
  func brokenLetsAllGoAndRepairedHoldsAgain(spins: Int) {
    let refused = Counter()
    let passed = Counter()
    expectToEnd {
      let barrier = Barrier(count: 4, spins: spins)
      for _ in 0..<200 {
        threads(4) { number in
          if number == 3 { return barrier.breakDown() }
          if !barrier.wait() { refused.add() }
        }
        threads(2) { _ in if !barrier.wait() { refused.add() } }
        barrier.repair()
        threads(4) { _ in if barrier.wait() { passed.add() } }
      }
    }
    #expect(refused.value == 200 * 5)
    #expect(passed.value == 200 * 4)
  }
}
