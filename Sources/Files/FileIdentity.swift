public import Glibc

/// Tells whether two paths lead to one file, also through links.
public struct FileIdentity: Sendable, Equatable {
  private let device: dev_t
  private let inode: ino_t

  public init(_ status: stat) { (device, inode) = (status.st_dev, status.st_ino) }

  /// nil: nothing is there.
  public init?(_ path: String) {
    var status = stat()
    guard stat(path, &status) == 0 else { return nil }
    self.init(status)
  }
}
