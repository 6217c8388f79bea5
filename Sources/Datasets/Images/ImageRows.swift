internal import Synchronization
internal import Threads

/// The images of a folder, each decoded when it is asked for.
final class ImageRows: RowReader, @unchecked Sendable {
  // Unchecked: `bad` and `warnings` are written by `usableRows`, before anything is made of the rows.
  let folder: ImageFolder
  let form: ImageForm
  let schema: SampleSchema
  let targetRange: ClosedRange<Float>?
  let sample: Fingerprint
  private let files: [ImageFolder.File]
  private let skipsBad: Bool
  private(set) var warnings: [String] = []
  /// Rows that cannot be decoded, where those are left out: they are black.
  private var bad: Set<Int> = []

  private static let sampled = (files: 64, bytes: 16 << 10)

  /// - Parameters:
  ///   - range: those of the folder's files that are rows.
  ///   - classes: by number; empty: the rows have no targets.
  ///   - numbers: the class's number for each of the folder's.
  ///   - skipsBad: whether files that cannot be decoded are left out.
  /// - Throws: `DatasetError`.
  init(
    _ folder: ImageFolder, _ range: Range<Int>, _ form: ImageForm, classes: [String], numbers: [Int], skipsBad: Bool
  ) throws {
    self.folder = folder
    self.form = form
    self.skipsBad = skipsBad
    files = folder.files[range].map {
      ImageFolder.File(
        name: $0.name, classNumber: classes.isEmpty ? 0 : numbers[$0.classNumber], bytes: $0.bytes)
    }
    let kind = classes.isEmpty ? TargetKind.values : .classes(count: classes.count, names: classes)
    schema = SampleSchema(
      inputs: [SampleSchema.Field(SampleSchema.features, shape: form.shape)], targetShape: classes.isEmpty ? [] : [1],
      targetKind: kind)
    let used = files.map(\.classNumber)
    targetRange = classes.isEmpty ? nil : Float(used.min() ?? 0)...Float(used.max() ?? 0)
    sample = try ImageRows.sample(folder, files, form, kind)
  }

  var count: Int { files.count }
  /// The class of each row.
  var classNumbers: [Int] { files.map(\.classNumber) }
  var storage: [FieldValues.Storage] { [.bytes] }
  var featureNames: [String] { [] }
  var knownTargets: [Float]? { schema.targets.isEmpty ? nil : files.map { Float($0.classNumber) } }
  var origins: FeatureOrigins { .none }
  var place: String { folder.path }
  var storedChunkRows: Int { 1 }
  var firstRow: Int { 0 }

  /// As many as make 64 MB of pixels or 16 MB of files, 4096 at most: what a processor decodes in less than a second.
  var windowOfLoneRows: Int? {
    let mean = max(1, files.reduce(0) { $0 + $1.bytes } / files.count)
    return max(16, min(4096, (64 << 20) / form.bytes, (16 << 20) / mean))
  }

  func read(_ rows: Range<Int>, into block: RowBlock, isUrgent: () -> Bool) throws {
    let pixels = block.bytes(ofInput: 0)
    for (place, row) in rows.enumerated() where !schema.targets.isEmpty {
      block.targets[place] = Float(files[row].classNumber)
    }
    if rows.count == 1 { return try decode(rows.lowerBound, into: pixels) }
    let output = Output(pixels: pixels, bytes: form.bytes)
    // The first of those that fail, whichever thread meets it.
    let failures = Failures()
    ConcurrentLoop.run(rows.count) { place in
      do {
        try self.decode(rows.lowerBound + place, into: output.pixels + place * output.bytes)
      } catch {
        failures.add(error, place)
      }
    }
    if let first = failures.first { throw first }
  }

  private func decode(_ row: Int, into pixels: UnsafeMutablePointer<UInt8>) throws {
    if bad.contains(row) { return pixels.update(repeating: 0, count: form.bytes) }
    let file = files[row]
    try form.decode(folder.read(file), into: pixels, at: folder.place(file))
  }

  /// Those that can be decoded, where others are left out: all are, once, to find out.
  func usableRows() throws -> [Int32]? {
    guard skipsBad else { return (0..<Int32(count)).map { $0 } }
    let failures = Failures()
    let form = form
    ConcurrentLoop.run(count) { row in
      withUnsafeTemporaryAllocation(of: UInt8.self, capacity: form.bytes) { pixels in
        guard let base = pixels.baseAddress else { return }
        do {
          try self.decode(row, into: base)
        } catch {
          failures.add(error, row)
        }
      }
    }
    let found = failures.all
    if let first = found.first {
      warnings = [
        "\(folder.path): \(found.count) of \(count) files are left out, as they cannot be decoded; the first: \(first.error)"
      ]
    }
    bad = Set(found.map(\.place))
    return (0..<count).filter { !bad.contains($0) }.map { Int32($0) }
  }

  /// Names and lengths of all files, and bytes of some, spread evenly: nothing that depends on the machine or its clock.
  private static func sample(
    _ folder: ImageFolder, _ files: [ImageFolder.File], _ form: ImageForm, _ kind: TargetKind
  ) throws -> Fingerprint {
    var hash = Fingerprint()
    hash.add("images")
    for extent in form.shape { hash.add(extent) }
    hash.add(form.fit.rawValue)
    hash.add(kind)
    hash.add(files.count)
    for file in files {
      hash.add(file.name)
      hash.add(file.classNumber)
      hash.add(file.bytes)
    }
    let places = min(sampled.files, files.count)
    for place in 0..<places {
      let file = files[places == 1 ? 0 : (files.count - 1) * place / (places - 1)]
      let bytes = try folder.head(file, sampled.bytes)
      hash.add(bytes.count)
      for byte in bytes { hash.add(UInt64(byte)) }
    }
    return hash
  }

  private struct Output: @unchecked Sendable {
    // Unchecked: every iteration writes its own image.
    let pixels: UnsafeMutablePointer<UInt8>
    let bytes: Int
  }

  private final class Failures: Sendable {
    private let found = Mutex<[(place: Int, error: any Error)]>([])

    func add(_ error: any Error, _ place: Int) { found.withLock { $0.append((place, error)) } }
    var all: [(place: Int, error: any Error)] { found.withLock { $0.sorted { $0.place < $1.place } } }
    var first: (any Error)? { all.first?.error }
  }
}
