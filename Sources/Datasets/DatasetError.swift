public import Files
public import HDF5Storage

/// What is wrong with a dataset, and where: one line for a person, an `issue` for a program.
public struct DatasetError: Error, Sendable, CustomStringConvertible {
  /// What the caller of the program can do about it.
  public enum Kind: Sendable, Equatable {
    /// There is no such file, or it may not be read.
    case missingInput
    /// The data, or what was asked of it, is wrong.
    case badData
  }

  public enum Issue: Sendable, Equatable {
    case unreadableFile
    /// No HDF5 file, a broken one, or text in an unknown encoding.
    case damagedFile
    /// A dataset or a column of that name is not there.
    case missingName
    /// A text where features are numbers: the table has columns of texts.
    case textFeature
    /// Extents, row counts or the number of cells in a row do not fit.
    case shape
    case type
    /// NaN, infinite or missing; `row` counts the file's samples from 0, `column` those of the features or the targets.
    case nonFinite(row: Int, column: Int)
    case unparsable
    case labels
    case noRows
    /// A generator, a split or a range of rows was asked for the impossible.
    case arguments
  }

  public let issue: Issue
  /// Where: a file, with the dataset or with line and column; or the name of a generator.
  public let place: String
  public let problem: String
  public let expected: String?
  public let found: String?
  public let remedy: String?

  public var kind: Kind { issue == .unreadableFile ? .missingInput : .badData }

  public init(
    _ issue: Issue, at place: String, _ problem: String, expected: String? = nil, found: String? = nil,
    remedy: String? = nil
  ) {
    self.issue = issue
    self.place = place
    self.problem = problem
    self.expected = expected
    self.found = found
    self.remedy = remedy
  }

  public init(_ error: HDF5Error) {
    let issue: Issue =
      switch error.kind {
      case .missingFile: .unreadableFile
      case .missingObject: .missingName
      case .unexpected, .outside: .type
      case .damaged, .limit, .closed, .library: .damagedFile
      }
    let cause = error.libraryErrors.first.map { " (HDF5 says: \($0))" } ?? ""
    self.init(
      issue, at: error.object.isEmpty ? error.file : "\(error.file): \(error.object)",
      "cannot \(error.operation)\(cause)", expected: error.expected, found: error.found, remedy: error.remedy)
  }

  public init(_ error: FileError) {
    self.init(.unreadableFile, at: error.path, "cannot \(error.operation) the file", found: error.reason)
  }

  public var description: String {
    var text = "\(place): \(problem)"
    if let expected { text += "; expected \(expected)" }
    if let found { text += expected == nil ? "; found \(found)" : ", found \(found)" }
    if let remedy { text += "; \(remedy)" }
    return text.printable()
  }
}

/// What a reader does about values that are NaN, infinite or missing.
public enum NonFinitePolicy: Sendable, Equatable {
  /// Throws `DatasetError` with issue `nonFinite`, at the first.
  case refuse
  /// Keeps them; missing ones become NaN. For describing a dataset, not for training.
  case keep
}

/// Rows `from..<to` of a source; an end that is left out is the source's own.
public struct RowRange: Sendable, Hashable {
  public static let all = RowRange()

  public var from: Int?
  public var to: Int?

  public init(from: Int? = nil, to: Int? = nil) {
    self.from = from
    self.to = to
  }

  /// The rows meant in a source of `count` rows.
  ///
  /// - Throws: `DatasetError`: `noRows`, `arguments`.
  public func resolved(count: Int, at place: String) throws -> Range<Int> {
    if count == 0 { throw DatasetError(.noRows, at: place, "the dataset has no rows") }
    let (lower, upper) = (from ?? 0, to ?? count)
    if lower < 0 || upper > count || lower >= upper {
      throw DatasetError(
        .arguments, at: place, "rows \(lower)..<\(upper) are not there", expected: "0 <= from < to <= \(count)")
    }
    if count > Int(Int32.max) {
      throw DatasetError(.shape, at: place, "too many rows", expected: "at most \(Int32.max)", found: "\(count)")
    }
    return lower..<upper
  }
}
