/// Whether the first row of a file, which was to name the columns, looks like a row of data.
enum CSVHeading {
  /// A warning; nil: the names look like names.
  static func warning(_ names: [String], at path: String) -> String? {
    var (found, words) = ([Double](), 0)
    for name in names {
      let bytes = Array(name.utf8)
      switch bytes.withUnsafeBufferPointer({ CSVNumber($0, 0..<$0.count) }) {
      case .number(let value, _): found.append(value)
      case .text: words += 1
      case .missing: break  // as a row of data has it
      }
    }
    // Beside words numbers may be years or wavelengths, which rise; pandas writes 0, 1, 2, ... above columns without names.
    let rise = zip(found, found.dropFirst()).allSatisfy { $0 < $1 }
    let isCount = found.count > 2 && found.indices.allSatisfy { found[$0] == Double($0) }
    guard !found.isEmpty, words == 0 ? !isCount : found.count > words && !rise else { return nil }
    let shown = names.prefix(6).joined(separator: ", ") + (names.count > 6 ? ", ..." : "")
    return
      "\(path):1: the first row was taken as the header, and it holds numbers (\(shown)): if it is a row of data, say "
      + "header: false, and name columns by their numbers from 1"
  }

  /// The same names, of which those that stand there before get `.1`, `.2`, ... behind them, as pandas does.
  static func unique(_ names: [String]) -> [String] {
    let given = Set(names.map { ExactText($0) })
    var taken: Set<ExactText> = []
    return names.map { name in
      var (own, number) = (name, 0)
      while taken.contains(ExactText(own)) || number > 0 && given.contains(ExactText(own)) {
        number += 1
        own = "\(name).\(number)"
      }
      taken.insert(ExactText(own))
      return own
    }
  }
}
