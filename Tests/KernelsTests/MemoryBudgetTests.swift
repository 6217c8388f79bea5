import Testing

@testable import Kernels

@Suite struct MemoryBudgetTests {
  @Test func theMachineAndItsSwap() {
    #expect(MemoryBudget.machine("MemTotal:  100 kB\nMemAvailable:   64 kB\nSwapFree:  8 kB\n") == 72 << 10)
    #expect(MemoryBudget.machine("MemTotal:  100 kB\n") == nil)
  }

  /// What files were read into counts as free; an ancestor may leave less; `max` and v1's huge number are no limits.
  @Test func controlGroups() {
    let files = [
      "/g/a/b/memory.max": "max", "/g/a/b/memory.current": "10",
      "/g/a/memory.max": "1000", "/g/a/memory.current": "900", "/g/a/memory.stat": "anon 1\ninactive_file 300\n",
      "/g/memory/x/memory.limit_in_bytes": "500", "/g/memory/x/memory.usage_in_bytes": "620",
      "/g/memory/memory.limit_in_bytes": "9223372036854771712", "/g/memory/memory.usage_in_bytes": "620",
    ]
    #expect(MemoryBudget.groups(of: "0::/a/b\n", root: "/g", read: { files[$0] }) == [400])
    #expect(MemoryBudget.groups(of: "5:cpu:/x\n4:memory:/x\n", root: "/g", read: { files[$0] }) == [0])
    #expect(MemoryBudget.groups(of: "0::/elsewhere\n", root: "/g", read: { files[$0] }).isEmpty)
  }

  @Test func moreThanThereIsIsRefused() throws {
    try MemoryBudget.require(1 << 20, for: "little", remedy: "none")
    let error = #expect(throws: OutOfMemory.self) {
      try MemoryBudget.require(1 << 60, for: "the rows of x.csv", remedy: "take fewer")
    }
    let text = error?.description ?? ""
    #expect(text.hasPrefix("the rows of x.csv: not enough memory: 1073741824 GB wanted"), "\(text)")
    #expect(text.hasSuffix("there; take fewer"))
  }
}
