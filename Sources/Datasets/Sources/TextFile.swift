internal import Glibc

/// Files that should be text: read whole, unpacked where they are in gzip, refused by name where they are something else.
enum TextFile {
  /// Runs `body` with the bytes of a text.
  ///
  /// - Throws: `DatasetError`.
  static func withBytes<Result>(
    of path: String, _ body: (UnsafeBufferPointer<UInt8>) throws -> Result
  ) throws -> Result {
    try withBytes(of: path) { bytes, _ in try body(bytes) }
  }

  /// The same with the file that the bytes are of, where it is a large one and not in gzip.
  static func withBytes<Result>(
    of path: String, _ body: (UnsafeBufferPointer<UInt8>, LargeFile?) throws -> Result
  ) throws -> Result {
    try Datasets.withBytes(ofFile: path) { bytes, file in
      guard bytes.starts(with: [0x1F, 0x8B]) else {
        let text = bytes.bindMemory(to: UInt8.self)
        try requireText(text, at: path)
        return try body(text, file)
      }
      let unpacked = try ByteStream(bytes, .gzip, at: path).readToEnd()
      return try unpacked.withUnsafeBufferPointer { text in
        try requireText(text, at: path)
        return try body(text, nil)
      }
    }
  }

  /// First bytes of formats that are not text, and what they are called.
  private static let formats: [(magic: [UInt8], name: String, remedy: String?)] = [
    ([0x1F, 0x8B], "gzip within gzip", "unpack it"),
    (
      Array("PK\u{3}\u{4}".utf8), "a zip archive, as .npz and .xlsx files are",
      "a .npz file is read by `npz`; save a table as CSV"
    ),
    ([0x89] + Array("HDF\r\n\u{1A}\n".utf8), "an HDF5 file", "say hdf5"),
    ([0x93] + Array("NUMPY".utf8), "a NumPy array (.npy)", "save it with numpy.savez and say npz"),
    (Array("PAR1".utf8), "a Parquet file", "save it as CSV or HDF5"),
    (Array("ARROW1".utf8), "an Arrow file", "save it as CSV or HDF5"),
    ([0xFF, 0xFE], "UTF-16", "save it as UTF-8"), ([0xFE, 0xFF], "UTF-16", "save it as UTF-8"),
    ([0xFD] + Array("7zXZ".utf8), "an xz file", "unpack it; of compressed texts gzip is read"),
    (Array("BZh".utf8), "a bzip2 file", "unpack it; of compressed texts gzip is read"),
    ([0x28, 0xB5, 0x2F, 0xFD], "a Zstandard file", "unpack it; of compressed texts gzip is read"),
    (Array("SQLite format 3".utf8), "an SQLite database", "save the table as CSV"),
    ([0xD0, 0xCF, 0x11, 0xE0], "an old Excel or Word file", "save the table as CSV"),
    (Array("%PDF".utf8), "a PDF", nil), ([0x89] + Array("PNG".utf8), "a PNG picture", nil),
    ([0xFF, 0xD8, 0xFF], "a JPEG picture", nil),
  ]

  private static func requireText(_ bytes: UnsafeBufferPointer<UInt8>, at path: String) throws {
    func refused(_ problem: String, _ remedy: String?) -> DatasetError {
      DatasetError(.damagedFile, at: path, problem, expected: "text in UTF-8", remedy: remedy)
    }
    // "BZ..." could begin a heading.
    for (magic, name, remedy) in formats where bytes.starts(with: magic) {
      if name == "a bzip2 file",
        !(bytes.count > 9 && bytes[4..<10].elementsEqual([0x31, 0x41, 0x59, 0x26, 0x53, 0x59]))
      {
        continue
      }
      throw refused("this is \(name)", remedy)
    }
    guard let base = bytes.baseAddress, let found = memchr(base, 0, bytes.count) else { return }
    let place = found - UnsafeMutableRawPointer(mutating: base)
    let head = bytes.prefix(512)
    let zeros = [0, 1].map { parity in head.indices.count { $0 % 2 == parity && head[$0] == 0 } }
    if zeros.contains(where: { $0 > head.count / 4 }) {
      throw refused("this is UTF-16 without a mark", "save it as UTF-8")
    }
    let line = bytes[..<place].count { $0 == 0x0A } + 1
    throw DatasetError(
      .damagedFile, at: "\(path):\(line)", "a zero byte: this is no text", expected: "text in UTF-8",
      remedy: "is the file of another format, or damaged?")
  }
}
