extension DataSource {
  /// A format of files that is told by their names.
  public struct Format: Sendable, Equatable {
    public let name: String
    /// How names end, in lower case.
    let endings: [String]
    /// The file at a path with the names and options that a recipe takes for granted.
    let source: @Sendable (_ path: String) -> DataSource

    /// Formats in the order in which endings are looked for.
    static let all: [Format] = [.hdf5, .csv, .tsv, .npz, .idx, .libsvm]

    /// - Parameter source: the file at a path, with the names and options that a recipe takes for granted.
    init(_ name: String, endings: [String], source: @escaping @Sendable (_ path: String) -> DataSource) {
      self.name = name
      self.endings = endings
      self.source = source
    }

    /// nil: the name says nothing.
    public init?(path: String) {
      let path = path.lowercased()
      guard let format = Format.all.first(where: { $0.endings.contains { path.hasSuffix($0) } }) else { return nil }
      self = format
    }

    public static func == (left: Format, right: Format) -> Bool { left.name == right.name }
  }

  /// The file at `path` with the names and options that a recipe takes for granted. Of CSV all columns are features.
  public init(path: String, _ format: Format) { self = format.source(path) }
}
