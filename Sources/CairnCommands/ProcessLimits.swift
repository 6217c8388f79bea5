internal import Glibc

/// Limits that a process meets anywhere, looked at where they can still be named.
enum ProcessLimits {
  /// Lock, log, series, event file, checkpoint, folders, data, a pipe or two.
  private static let descriptors = 16

  /// - Throws: `CommandError` (the system refuses) where fewer files can be opened than any command may need.
  static func requireDescriptors() throws {
    var limit = rlimit()
    guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0, limit.rlim_cur < 1024 else { return }
    let open = (0..<Int32(limit.rlim_cur)).filter { fcntl($0, F_GETFD) >= 0 }.count
    let free = Int(limit.rlim_cur) - open
    guard free < descriptors else { return }
    throw CommandError(
      .systemRefused,
      "only \(free) more files can be opened, \(descriptors) may be needed: raise `ulimit -n`, which is \(limit.rlim_cur)"
    )
  }
}
