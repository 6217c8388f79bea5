internal import CHDF5
internal import Glibc

/// What went wrong in a file, said so that a person can act on it.
public struct HDF5Error: Error, Sendable, CustomStringConvertible {
  public enum Kind: Sendable, Equatable {
    /// The file is not there or may not be read.
    case missingFile
    /// The file has no such group, dataset or attribute.
    case missingObject
    /// An object is there, but not of the type or shape that was asked for.
    case unexpected
    /// No HDF5 file, or one that contradicts itself.
    case damaged
    /// A link or a dataset that leads out of the file: what is read stands in the file itself.
    case outside
    /// A limit of the format, such as an attribute's 64,000 bytes.
    case limit
    /// The file was closed before.
    case closed
    /// The library refused; `libraryErrors` says why.
    case library
  }

  public let kind: Kind
  /// What was tried, such as "read dataset".
  public let operation: String
  /// Path inside the file; attributes as `/path@name`.
  public let object: String
  /// Path of the file, or what the caller called an image.
  public let file: String
  public let expected: String?
  public let found: String?
  public let remedy: String?
  /// HDF5's error stack, root cause first.
  public let libraryErrors: [String]
  /// The system's error number at the root of it, where there is one.
  public let systemError: Int32?

  init(
    _ kind: Kind, _ call: HDF5Call, expected: String? = nil, found: String? = nil, remedy: String? = nil,
    libraryErrors: [String] = [], systemError: Int32? = nil
  ) {
    self.kind = kind
    operation = call.operation
    object = call.object
    file = call.file
    self.expected = expected
    self.found = found
    self.remedy = remedy
    self.libraryErrors = libraryErrors
    self.systemError = systemError
  }

  /// Whether the library has got no memory: nothing is said about the file.
  public var isOutOfMemory: Bool {
    systemError == ENOMEM
      || libraryErrors.contains { text in
        let words = text.lowercased()
        return words.contains("memory allocation failed") || words.contains("unable to allocate")
          || words.contains("can't allocate") || words.contains("no space available for allocation")
      }
  }

  /// One line: where, what, expected and found, the library's root cause, what to do.
  public var description: String {
    var text = object.isEmpty ? "\(file): " : "\(file): \(object): "
    text += "cannot \(operation)"
    if let expected { text += "; expected \(expected)" }
    if let found { text += expected == nil ? "; found \(found)" : ", found \(found)" }
    if let cause = libraryErrors.first { text += "; HDF5 says: \(cause)" }
    if let remedy { text += "; \(remedy)" }
    return text
  }
}

/// One call into the library: knows what to blame when it fails.
struct HDF5Call {
  let operation: String
  let object: String
  let file: String

  /// The error that the library's stack describes; to be asked for before any other HDF5 call.
  func failure(_ kind: HDF5Error.Kind = .library, remedy: String? = nil) -> HDF5Error {
    let stack = HDF5Library.errorStack()
    let number = stack.lazy.compactMap(HDF5Call.systemError(in:)).first
    return HDF5Error(kind, self, remedy: remedy, libraryErrors: stack, systemError: number)
  }

  func check(_ status: herr_t) throws {
    if status < 0 { throw failure() }
  }

  /// Runs `body` with an id that was just opened, and closes it exactly once, whatever happens.
  func using<R>(_ id: hid_t, _ close: (hid_t) -> herr_t, _ body: (hid_t) throws -> R) throws -> R {
    if id < 0 { throw failure() }
    let result: R
    do {
      result = try body(id)
    } catch {
      _ = close(id)
      throw error
    }
    try check(close(id))
    return result
  }

  /// The number in "errno = 28" of a line of the error stack.
  static func systemError(in line: String) -> Int32? {
    let marker = Array("errno = ".utf8)
    let bytes = Array(line.utf8)
    guard bytes.count > marker.count else { return nil }
    for start in 0...(bytes.count - marker.count) where bytes[start..<(start + marker.count)].elementsEqual(marker) {
      let digits = bytes[(start + marker.count)...].prefix { $0 >= 0x30 && $0 <= 0x39 }
      return Int32(String(decoding: digits, as: UTF8.self))
    }
    return nil
  }
}
