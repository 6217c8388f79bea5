internal import Files
internal import Glibc

/// What memory there is, asked before much of it is taken: a process that only finds out by taking it is killed.
public enum MemoryBudget {
  /// The smallest of what the machine, the limits of the process (`ulimit -v`, `-d`) and every cgroup above it leave, in
  /// bytes; nil: nothing is known.
  public static func available() -> Int? {
    smallest(
      [machine(SystemFile.text("/proc/meminfo") ?? ""), addressSpace()]
        + groups(of: SystemFile.text("/proc/self/cgroup") ?? "", root: "/sys/fs/cgroup", read: SystemFile.text))
  }

  /// Bytes that this process may still map; nil: as many as it likes.
  public static func addressSpace() -> Int? {
    let status = SystemFile.text("/proc/self/status") ?? ""
    return smallest([
      left(of: RLIMIT_AS, used: field("VmSize:", in: status)),
      left(of: RLIMIT_DATA, used: field("VmData:", in: status)),
    ])
  }

  /// - Parameters:
  ///   - bytes: wanted now, beside what has been taken.
  ///   - what: whose memory it is: "the rows of data.csv".
  ///   - remedy: what to do: "take fewer rows with `rows:`".
  /// - Throws: `OutOfMemory` where there is less.
  public static func require(_ bytes: Int, for what: @autoclosure () -> String, remedy: @autoclosure () -> String)
    throws
  {
    // Below this a look at the limits costs more than the memory.
    guard bytes >= 1 << 20, let there = available(), bytes > there else { return }
    throw OutOfMemory(what: what(), wanted: bytes, available: there, remedy: remedy())
  }

  /// What the kernel says can be had without swapping, and the swap.
  static func machine(_ text: String) -> Int? {
    guard let memory = field("MemAvailable:", in: text) else { return nil }
    return memory + (field("SwapFree:", in: text) ?? 0)
  }

  /// What the limits of the cgroups leave, v2 and v1, ancestors included.
  ///
  /// - Parameters:
  ///   - text: of `/proc/self/cgroup`.
  ///   - root: where the cgroup file systems are mounted.
  ///   - read: content of a file, nil if it cannot be read.
  static func groups(of text: String, root: String, read: (String) -> String?) -> [Int?] {
    var rooms: [Int?] = []
    for line in text.split(separator: "\n") {
      // hierarchy:controllers:path; v2 has hierarchy 0 and no controllers.
      let fields = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
      guard fields.count == 3 else { continue }
      let isUnified = fields[0] == "0" && fields[1].isEmpty
      guard isUnified || fields[1].split(separator: ",").contains("memory") else { continue }
      let (mount, limit, usage, cache) =
        isUnified
        ? ("", "memory.max", "memory.current", "inactive_file")
        : ("/memory", "memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file")
      var parts = fields[2].split(separator: "/")
      while true {
        let folder = root + mount + "/" + parts.map { $0 + "/" }.joined()
        if let limit = number(read(folder + limit)), let usage = number(read(folder + usage)) {
          // What files were read into is given back first.
          let reclaimable = field(cache, in: read(folder + "memory.stat") ?? "", unit: 1) ?? 0
          rooms.append(max(0, limit - max(0, usage - reclaimable)))
        }
        if parts.isEmpty { break }
        parts.removeLast()
      }
    }
    return rooms
  }

  private static func smallest(_ values: [Int?]) -> Int? { values.compactMap { $0 }.min() }

  private static func left(of resource: __rlimit_resource, used: Int?) -> Int? {
    var limit = rlimit()
    guard getrlimit(__rlimit_resource_t(resource.rawValue), &limit) == 0, let most = Int(exactly: limit.rlim_cur),
      let used
    else { return nil }
    return max(0, most - used)
  }

  /// The number after a name at the start of a line, times `unit` (kB in /proc).
  private static func field(_ name: String, in text: String, unit: Int = 1024) -> Int? {
    for line in text.split(separator: "\n") {
      let words = line.split(whereSeparator: \.isWhitespace)
      if words.count > 1, words[0] == name, let value = Int(words[1]) { return value * unit }
    }
    return nil
  }

  /// nil also for `max`, and for v1's way to say so.
  private static func number(_ text: String?) -> Int? {
    guard let word = text?.split(whereSeparator: \.isWhitespace).first, let value = Int(word), value < 1 << 60 else {
      return nil
    }
    return value
  }
}

/// More memory is wanted than there is; nothing has been taken.
public struct OutOfMemory: Error, Sendable, CustomStringConvertible {
  public let what: String
  /// Bytes.
  public let wanted: Int
  public let available: Int
  public let remedy: String

  public init(what: String, wanted: Int, available: Int, remedy: String) {
    self.what = what
    self.wanted = wanted
    self.available = available
    self.remedy = remedy
  }

  public var description: String {
    "\(what): not enough memory: \(OutOfMemory.text(wanted)) wanted, \(OutOfMemory.text(available)) there; \(remedy)"
  }

  private static func text(_ bytes: Int) -> String {
    bytes >= 10 << 30 ? "\(bytes >> 30) GB" : "\(bytes >> 20) MB"
  }
}
