internal import Glibc

/// A system call on a file that failed.
public struct FileError: Error, Sendable, CustomStringConvertible {
  /// What was tried, such as "open" or "fsync".
  public let operation: String
  public let path: String
  /// `errno`.
  public let code: Int32
  /// More than the system says.
  private let detail: String?

  public init(operation: String, path: String, code: Int32, detail: String? = nil) {
    self.operation = operation
    self.path = path
    self.code = code
    self.detail = detail
  }

  /// The system's words for `code`, or what is known better.
  public var reason: String { detail ?? String(cString: strerror(code)) }
  public var description: String { "\(path): cannot \(operation): \(reason)" }
}
