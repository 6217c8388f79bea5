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

  /// Warnings of columns that are chosen by number while another has that number for a name.
  static func ambiguities(_ columns: [CSVColumn], _ names: [String], at path: String) -> [String] {
    columns.compactMap { column in
      guard case .number(let number) = column, names.indices.contains(number - 1), names[number - 1] != "\(number)",
        names.contains("\(number)")
      else { return nil }
      return
        "\(path): \(number) is taken as a position, the column called `\(names[number - 1])`; the one called `\(number)` is column "
        + "\((names.firstIndex(of: "\(number)") ?? 0) + 1)"
    }
  }
}
