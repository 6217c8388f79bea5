import Testing

@testable import DataParallel

@Suite struct ProcessorCountTests {
  private func count(
    affinity: Int = 64, _ cgroups: String = "", slurm: String? = nil, files: [String: String] = [:]
  ) -> Int {
    ProcessorCount.available(affinity: affinity, cgroups: cgroups, root: "/cg", slurm: slurm) { files[$0] }
  }

  @Test func affinityAlone() {
    #expect(count(affinity: 3) == 3)
    #expect(count(affinity: 0) == 1)
    #expect(count(affinity: -1) == 1)
  }

  @Test(arguments: [
    ("200000 100000\n", 2), ("150000 100000\n", 2), ("50000 100000", 1), ("1000 100000", 1), ("100001 100000\n", 2),
    ("800000 100000", 8), ("max 100000\n", 64), ("", 64), ("rubbish", 64), ("-1 100000", 64), ("100000 0", 64),
    ("9900000 100000", 64),
  ])
  func quotaOfVersionTwo(_ text: String, _ expected: Int) {
    #expect(count("0::/a\n", files: ["/cg/a/cpu.max": text]) == expected)
  }

  /// A parent's quota holds for its children; which of the ancestors is the tightest does not matter.
  @Test(arguments: ["/cg/cpu.max", "/cg/a/cpu.max", "/cg/a/b/cpu.max", "/cg/a/b/c.slice/cpu.max"])
  func nestedQuotas(_ tightest: String) {
    var files = [
      "/cg/a/cpu.max": "1600000 100000", "/cg/a/b/cpu.max": "max 100000", "/cg/a/b/c.slice/cpu.max": "800000 100000",
      "/cg/a/b/other/cpu.max": "100000 100000",
    ]
    #expect(count("0::/a/b/c.slice\n", files: files) == 8)
    files[tightest] = "300000 100000"
    #expect(count("0::/a/b/c.slice\n", files: files) == 3)
  }

  @Test func quotaOfTheRoot() {
    #expect(count("0::/\n", files: ["/cg/cpu.max": "400000 100000"]) == 4)
  }

  @Test(arguments: ["/cpu", "/cpu,cpuacct"])
  func quotaOfVersionOne(_ mount: String) {
    let cgroups = "12:memory:/m\n5:cpu,cpuacct:/a/b\n1:name=systemd:/s\n0::/unified\n"
    func files(_ path: String, _ quota: String) -> [String: String] {
      ["/cg\(mount)\(path)cpu.cfs_quota_us": quota, "/cg\(mount)\(path)cpu.cfs_period_us": "100000\n"]
    }
    #expect(count(cgroups, files: files("/a/b/", "250000\n")) == 3)
    #expect(count(cgroups, files: files("/a/", "250000\n")) == 3)
    #expect(count(cgroups, files: files("/", "500000")) == 5)
    #expect(count(cgroups, files: files("/a/b/", "-1\n")) == 64)
    #expect(count(cgroups, files: ["/cg\(mount)/a/b/cpu.cfs_quota_us": "250000"]) == 64)
    // Another controller's group, or cpuset, is not cpu's.
    #expect(count("3:cpuset:/a/b\n12:memory:/a/b\n", files: files("/a/b/", "250000")) == 64)
  }

  @Test func pathsMayHoldColons() {
    #expect(count("0::/a:b\n", files: ["/cg/a:b/cpu.max": "200000 100000"]) == 2)
  }

  @Test func slurmsShare() {
    #expect(count(slurm: "6") == 6)
    #expect(count(affinity: 4, slurm: "6") == 4)
    #expect(count(affinity: 0, slurm: "6") == 6)
    #expect(count(slurm: "") == 64)
    #expect(count(slurm: "0") == 64)
    #expect(count(slurm: "many") == 64)
    #expect(count("0::/a\n", slurm: "6", files: ["/cg/a/cpu.max": "500000 100000"]) == 5)
  }

  @Test func rubbishIsNoLimit() {
    #expect(count("no colons\n::\n0:\n\n5:cpu\n") == 64)
  }

  @Test func thisProcessHasOne() {
    #expect(ProcessorCount.available() >= 1)
  }
}
