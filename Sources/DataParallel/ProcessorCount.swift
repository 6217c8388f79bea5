internal import CThreads
internal import Files
internal import Glibc

/// Processors that this process may use: the smallest of the affinity mask, every ancestor cgroup's CPU quota (v2
/// `cpu.max`, v1 `cpu.cfs_quota_us`) and Slurm's share; never the machine's core count, and at least 1.
public enum ProcessorCount {
  public static func available() -> Int {
    available(
      affinity: Int(cairn_affinity_count()), cgroups: SystemFile.text("/proc/self/cgroup") ?? "",
      root: "/sys/fs/cgroup",
      slurm: getenv("SLURM_CPUS_PER_TASK").map { String(cString: $0) }, read: SystemFile.text)
  }

  /// This process's share of them where `processesHere` of one run share the machine: all that are available, if the
  /// launcher has given each its own.
  public static func available(processesHere: Int) -> Int {
    let own = available()
    return max(1, min(own, sysconf(Int32(_SC_NPROCESSORS_ONLN)) / max(1, processesHere)))
  }

  /// The rule on given facts.
  ///
  /// - Parameters:
  ///   - affinity: processors in the mask; <= 0 if unknown.
  ///   - cgroups: text of `/proc/self/cgroup`.
  ///   - root: where the cgroup file systems are mounted.
  ///   - slurm: value of `SLURM_CPUS_PER_TASK`.
  ///   - read: content of a file, nil if it cannot be read.
  static func available(
    affinity: Int, cgroups: String, root: String, slurm: String?, read: (String) -> String?
  ) -> Int {
    var limits: [Int] = []
    if affinity > 0 { limits.append(affinity) }
    if let slurm, let tasks = Int(slurm), tasks > 0 { limits.append(tasks) }
    for line in cgroups.split(separator: "\n") {
      // hierarchy:controllers:path; v2 has hierarchy 0 and no controllers.
      let fields = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
      guard fields.count == 3 else { continue }
      if fields[0] == "0" && fields[1].isEmpty {
        limits += ancestors(of: String(fields[2])).compactMap { quotaV2(read(root + $0 + "cpu.max")) }
      } else if fields[1].split(separator: ",").contains("cpu") {
        for mount in ["/cpu", "/cpu,cpuacct"] {
          limits += ancestors(of: String(fields[2])).compactMap { path in
            quotaV1(
              quota: read(root + mount + path + "cpu.cfs_quota_us"),
              period: read(root + mount + path + "cpu.cfs_period_us"))
          }
        }
      }
    }
    return max(1, limits.min() ?? 1)
  }

  /// `/a/b` -> `/a/b/`, `/a/`, `/`.
  private static func ancestors(of path: String) -> [String] {
    let parts = path.split(separator: "/")
    return (0...parts.count).reversed().map { "/" + parts.prefix($0).map { $0 + "/" }.joined() }
  }

  /// `max 100000` is no limit; `150000 100000` is one and a half processors: two threads can use it.
  private static func quotaV2(_ text: String?) -> Int? {
    guard let fields = text?.split(whereSeparator: \.isWhitespace), fields.count == 2 else { return nil }
    return threads(quota: Double(fields[0]), period: Double(fields[1]))
  }

  private static func quotaV1(quota: String?, period: String?) -> Int? {
    func number(_ text: String?) -> Double? {
      text?.split(whereSeparator: \.isWhitespace).first.flatMap { Double($0) }
    }
    return threads(quota: number(quota), period: number(period))
  }

  private static func threads(quota: Double?, period: Double?) -> Int? {
    guard let quota, let period, quota > 0, period > 0 else { return nil }
    return max(1, Int((quota / period).rounded(.up)))
  }
}
