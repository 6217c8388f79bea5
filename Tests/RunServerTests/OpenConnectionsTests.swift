import Testing

@testable import RunServer

struct OpenConnectionsTests {
  private let start = ContinuousClock.now

  private func table(perAddress: Int, all: Int) -> OpenConnections {
    var limits = OpenConnections.Limits()
    (limits.perAddress, limits.all) = (perAddress, all)
    return OpenConnections(limits)
  }

  @Test func theOldestThatAsksForNothingMakesRoomForItsOwnAddress() {
    var table = table(perAddress: 2, all: 9)
    #expect(table.admit(2, from: "a", now: start) == .admitted(instead: nil))
    #expect(table.admit(3, from: "a", now: start) == .admitted(instead: nil))
    #expect(table.admit(4, from: "b", now: start) == .admitted(instead: nil))
    table.setIdle(false, 2)
    #expect(table.admit(5, from: "a", now: start) == .admitted(instead: 3))
    table.setIdle(false, 5)
    #expect(table.admit(6, from: "a", now: start) == .refused)
    #expect(table.count == 3)
    table.remove(2)
    #expect(table.admit(7, from: "a", now: start) == .admitted(instead: nil))
  }

  @Test func theClientWithMostMakesRoomForOthers() {
    var table = table(perAddress: 9, all: 4)
    for (number, address) in [(2, "a"), (3, "b"), (4, "b"), (5, "b")] {
      #expect(table.admit(number, from: address, now: start) == .admitted(instead: nil))
    }
    #expect(table.admit(6, from: "c", now: start) == .admitted(instead: 3))
    for number in table.numbers { table.setIdle(false, number) }
    #expect(table.admit(7, from: "d", now: start) == .refused)
  }

  @Test func whoDoesNotDoWhatIsExpectedIsOverdue() {
    var table = table(perAddress: 9, all: 9)
    _ = table.admit(2, from: "a", now: start)
    _ = table.admit(3, from: "a", now: start)
    table.expect(.request, of: 3, within: nil, now: start)
    table.expect(.write, of: 3, within: .seconds(30), now: start)
    #expect(table.overdue(now: start + .seconds(9)).isEmpty)
    #expect(table.overdue(now: start + .seconds(10)) == [2])
    #expect(table.overdue(now: start + .seconds(30)).sorted() == [2, 3])
    table.expect(.write, of: 3, within: nil, now: start)
    #expect(table.overdue(now: start + .seconds(99)) == [2])
  }

  @Test func anIPv6NetworkIsOneClient() {
    #expect(OpenConnections.client("2001:db8:1:2::3") == OpenConnections.client("2001:db8:1:2:ffff::9"))
    #expect(OpenConnections.client("2001:db8:1:2::3") != OpenConnections.client("2001:db8:1:3::3"))
    #expect(OpenConnections.client("fe80::1%eth0") == OpenConnections.client("fe80::2"))
    #expect(
      OpenConnections.client("::1") == "::1" && OpenConnections.client("10.0.0.1") != OpenConnections.client("10.0.0.2")
    )
  }
}
