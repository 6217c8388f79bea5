/// Samples in the format of the MNIST files: one file of features, one of targets, compressed by gzip or not.
///
/// Whole-number targets in one column are classes 0..<count (counted over the whole file); all other targets are values.
/// Source: Yann LeCun, Corinna Cortes, Christopher Burges, "The MNIST database of handwritten digits".
public struct IDXSource: Sendable, Hashable {
  /// The features' file.
  public var features: String
  /// The targets' file; nil for features alone.
  public var targets: String?
  public var rows: RowRange

  public init(features: String, targets: String? = nil, rows: RowRange = RowRange()) {
    self.features = features
    self.targets = targets
    self.rows = rows
  }

  /// Reads the rows into memory.
  ///
  /// - Throws: `DatasetError`.
  public func load(_ options: ReadOptions = ReadOptions()) throws -> InMemorySource {
    try withBytes(ofFile: features) { bytes in
      let x = try IDXSource.table(bytes, at: features)
      guard let targets else {
        return try InMemorySource(inputs: "", tables: [x], targets: nil, rows: rows, options: options)
      }
      return try withBytes(ofFile: targets) {
        try InMemorySource(
          inputs: "", tables: [x], targets: try IDXSource.table($0, at: targets), rows: rows, options: options)
      }
    }
  }

  /// Head: two zero bytes, the type, the number of extents, the extents; everything big-endian.
  private static func table(_ bytes: UnsafeRawBufferPointer, at path: String) throws -> NumberTable {
    func damaged(_ problem: String) -> DatasetError {
      DatasetError(
        .damagedFile, at: path, problem, expected: "an IDX file, such as train-images-idx3-ubyte, or one in gzip")
    }
    let isCompressed = bytes.starts(with: [0x1F, 0x8B])
    let stream = try ByteStream(bytes, isCompressed ? .gzip : .stored, at: path)
    guard stream.bound >= 4 else { throw damaged("the file is too short") }
    let magic = try stream.read(4)
    let types: [UInt8: NumberType] = [
      0x08: NumberType(kind: .unsigned, size: 1, isBigEndian: true),
      0x09: NumberType(kind: .signed, size: 1, isBigEndian: true),
      0x0B: NumberType(kind: .signed, size: 2, isBigEndian: true),
      0x0C: NumberType(kind: .signed, size: 4, isBigEndian: true),
      0x0D: NumberType(kind: .float, size: 4, isBigEndian: true),
      0x0E: NumberType(kind: .float, size: 8, isBigEndian: true),
    ]
    guard magic[0] == 0, magic[1] == 0, let type = types[magic[2]] else { throw damaged("this is no IDX file") }
    var shape: [Int] = []
    for _ in 0..<magic[3] { shape.append(try stream.read(4).reduce(0) { $0 << 8 | Int($1) }) }
    let head = 4 + 4 * shape.count
    return try NumberTable(
      stream, at: path, type: type, shape: shape, remaining: isCompressed ? nil : bytes.count - head
    ) {
      let stream = try ByteStream(bytes, isCompressed ? .gzip : .stored, at: path)
      _ = try stream.read(head)
      return stream
    }
  }
}
