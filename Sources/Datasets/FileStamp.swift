internal import Glibc

/// Tells whether a file has been written to. Not part of any fingerprint: a copy of a file has other times.
struct FileStamp: Equatable {
  let device: UInt64
  let inode: UInt64
  let size: Int
  let seconds: Int
  let nanoseconds: Int

  init(path: String) {
    var status = stat()
    _ = stat(path, &status)
    device = UInt64(status.st_dev)
    inode = UInt64(status.st_ino)
    size = Int(status.st_size)
    seconds = status.st_mtim.tv_sec
    nanoseconds = status.st_mtim.tv_nsec
  }

  /// Another file under the same name harms nobody who has the first one open.
  func agrees(with other: FileStamp) -> Bool {
    inode != other.inode || device != other.device || self == other
  }
}

/// Tells whether any file of some sources is another one, or has been written to: by place on the disk, length and time of
/// the last change.
package struct SourceStamp: Sendable, Equatable {
  private let files: [FileStamp]

  /// nil: a source reads a folder, whose files it takes more to look at than to read what is needed of them.
  package init?(_ sources: [DataSource]) {
    guard !sources.contains(where: \.kind.readsFolder) else { return nil }
    files = sources.flatMap(\.paths).map { FileStamp(path: $0) }
  }
}
