/// Whether the first row of a file, which was to name the columns, looks like a row of data.
enum CSVHeading {
  /// A warning; nil: the names look like names.
  static func warning(_ names: [String], at path: String) -> String? {
    let numbers = names.map { name in
      var bytes = Array(name.utf8)
      return bytes.withUnsafeMutableBufferPointer { buffer -> Double? in
        if case .number(let value, _) = CSVNumber(UnsafeBufferPointer(buffer), 0..<buffer.count) { return value }
        return nil
      }
    }
    let found = numbers.compactMap { $0 }
    let words = names.count { !$0.isEmpty } - found.count
    // Beside words numbers may be years or wavelengths, which rise; pandas writes 0, 1, 2, ... above columns without names.
    let rise = zip(found, found.dropFirst()).allSatisfy { $0 < $1 }
    let isCount = found.count > 2 && found.indices.allSatisfy { found[$0] == Double($0) }
    guard !found.isEmpty, words == 0 ? !isCount : found.count > words && !rise else { return nil }
    let shown = names.prefix(6).joined(separator: ", ") + (names.count > 6 ? ", ..." : "")
    return
      "\(path):1: the first row was taken as the header, and it holds numbers (\(shown)): if it is a row of data, say "
      + "header: false, and name columns by their numbers from 1"
  }
}
