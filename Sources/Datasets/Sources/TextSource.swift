internal import Files
internal import Kernels

/// What a text is cut into.
public enum TextTokens: String, Sendable, Hashable, CaseIterable {
  /// All 256, whatever the file holds.
  case bytes
  /// Unicode scalars of a file in UTF-8: those that occur, in ascending order.
  case characters
}

/// Texts to predict the next token of: windows of tokens, and the same a token later.
///
/// A sample is `sequenceLength` tokens, numbers of a vocabulary; its target is the token that follows each. Each file is a
/// stream of its own: no window crosses from one to the next. A line end is what the file has, CRLF too. What does not fill
/// a window at a file's end is left out.
public struct TextSource: Sendable, Hashable {
  /// Files, or folders of files.
  public var paths: [String]
  /// Tokens of a sample.
  public var sequenceLength: Int
  /// Tokens from the beginning of a window to that of the next; nil: as many as a sample has.
  public var stride: Int?
  public var tokens: TextTokens

  public init(paths: [String], sequenceLength: Int, stride: Int? = nil, tokens: TextTokens = .bytes) {
    self.paths = paths
    self.sequenceLength = sequenceLength
    self.stride = stride
    self.tokens = tokens
  }

  /// - Throws: `DatasetError`.
  func table(_ options: ReadOptions) throws -> SequenceTable {
    let files = try TextFolder.files(paths)
    let bytes = files.reduce(0) { $0 + FileContents.size($1) }
    try MemoryBudget.require(
      bytes + (tokens == .bytes ? 0 : files.map { FileContents.size($0) }.max() ?? 0),
      for: "\(name): \(bytes) bytes of text", remedy: "take fewer or shorter files")
    let vocabulary = try vocabulary(files, options)
    var streams: [SequenceTable.Stream] = []
    let values: FieldValues
    if vocabulary.isBytes {
      values = .bytes(try TextSource.joined(files, bytes: bytes, &streams))
    } else if vocabulary.storage == .bytes {
      values = .bytes(try encoded(files, vocabulary, room: bytes, &streams) { UInt8(truncatingIfNeeded: $0) })
    } else {
      values = .integers(try encoded(files, vocabulary, room: bytes, &streams) { $0 })
    }
    func part(_ name: String, _ kind: SampleSchema.Kind, offset: Int) -> SequencePart {
      SequencePart(
        name: name, kind: kind, shape: [], values: values, offset: offset, length: sequenceLength, hasTime: true)
    }
    return SequenceTable(
      inputs: [part(SampleSchema.features, .tokens(count: vocabulary.count), offset: 0)],
      target: options.featuresAlone
        ? nil : part("targets", .classes(count: vocabulary.count, names: vocabulary.names), offset: 1),
      streams: streams, stride: stride ?? sequenceLength,
      words: .init(place: name, positions: tokens.rawValue, streams: files.count == 1 ? "text" : "files"))
  }

  /// The run's, where there is a run; else that of the files.
  private func vocabulary(_ files: [String], _ options: ReadOptions) throws -> Vocabulary {
    if tokens == .bytes { return .bytes }
    if let names = options.classNames, !names.isEmpty {
      guard let known = Vocabulary(names: names) else {
        throw DatasetError(
          .labels, at: name, "the run's classes are no characters", expected: "a run on `text` with tokens: characters",
          found: names.listed)
      }
      return known
    }
    var found = ScalarSet()
    for file in files { try TextSource.withBytes(of: file) { try found.add($0, at: file) } }
    let vocabulary = found.vocabulary
    if vocabulary.isBytes {
      throw DatasetError(.noRows, at: name, files.count == 1 ? "the file is empty" : "all files are empty")
    }
    return vocabulary
  }

  /// One file is not copied.
  private static func joined(
    _ files: [String], bytes: Int, _ streams: inout [SequenceTable.Stream]
  ) throws -> [UInt8] {
    do {
      if files.count == 1 {
        let only = try FileContents.read(files[0])
        if only.isEmpty { throw DatasetError(.noRows, at: files[0], "the file is empty") }
        streams = [.init(files[0], 0..<only.count)]
        return only
      }
      var all: [UInt8] = []
      all.reserveCapacity(bytes)
      for file in files {
        let start = all.count
        all += try FileContents.read(file)
        streams.append(.init(file, start..<all.count))
      }
      return all
    } catch let error as FileError {
      throw DatasetError(error)
    }
  }

  /// - Parameter room: numbers that there are at most.
  private func encoded<Number>(
    _ files: [String], _ vocabulary: Vocabulary, room: Int, _ streams: inout [SequenceTable.Stream],
    _ number: (Int32) -> Number
  ) throws -> [Number] {
    var found: [SequenceTable.Stream] = []
    let numbers = try [Number](unsafeUninitializedCapacity: room) { buffer, initialized in
      for file in files {
        let start = initialized
        try TextSource.withBytes(of: file) { bytes in
          // A file that has grown since it was measured.
          guard initialized + bytes.count <= room, let base = buffer.baseAddress else {
            throw DatasetError(.damagedFile, at: file, "the file has been written to while it was being read")
          }
          try vocabulary.encode(bytes, at: file) { token in
            (base + initialized).initialize(to: number(token))
            initialized += 1
          }
        }
        found.append(.init(file, start..<initialized))
      }
    }
    streams = found
    return numbers
  }

  private static func withBytes<Result>(
    of path: String, _ body: (UnsafeBufferPointer<UInt8>) throws -> Result
  ) throws -> Result {
    do {
      return try FileContents.read(path).withUnsafeBufferPointer(body)
    } catch let error as FileError {
      throw DatasetError(error)
    }
  }
}
