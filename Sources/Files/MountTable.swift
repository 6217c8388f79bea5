internal import Glibc

/// The file systems that this process sees: `/proc/self/mountinfo`.
public struct MountTable: Sendable {
  public struct Mount: Sendable, Hashable {
    public let point: String
    /// `ext4`, `nfs4`, `fuse.sshfs`.
    public let type: String
    /// Of the mount and of the file system.
    public let options: [String]
  }

  public let mounts: [Mount]

  public static func current() -> MountTable { MountTable(SystemFile.text("/proc/self/mountinfo") ?? "") }

  /// - Parameter text: lines as proc(5) describes them.
  public init(_ text: String) {
    mounts = text.split(separator: "\n").compactMap { line in
      let fields = line.split(separator: " ")
      guard let dash = fields.firstIndex(of: "-"), fields.count > dash + 3, dash > 5 else { return nil }
      let options = fields[5].split(separator: ",") + fields[dash + 3].split(separator: ",")
      return Mount(
        point: MountTable.unescaped(fields[4]), type: String(fields[dash + 1]), options: options.map(String.init))
    }
  }

  /// The mount that a path is on; of several at one place the last one counts.
  ///
  /// - Parameter path: absolute, links resolved.
  public func mount(of path: String) -> Mount? {
    var best: Mount?
    for mount in mounts where mount.point == "/" || path == mount.point || path.hasPrefix(mount.point + "/") {
      if best.map({ mount.point.utf8.count >= $0.point.utf8.count }) ?? true { best = mount }
    }
    return best
  }

  /// `\040` is a space.
  private static func unescaped(_ text: Substring) -> String {
    guard text.contains("\\") else { return String(text) }
    var bytes: [UInt8] = []
    var rest = Array(text.utf8)[...]
    while let byte = rest.first {
      if byte == UInt8(ascii: "\\"), rest.count > 3,
        let value = UInt8(String(decoding: rest.dropFirst().prefix(3), as: UTF8.self), radix: 8)
      {
        bytes.append(value)
        rest = rest.dropFirst(4)
      } else {
        bytes.append(byte)
        rest = rest.dropFirst()
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}
