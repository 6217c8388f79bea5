/// Finds a training run's columns in another file: by name in any order, or by position where one side has no names.
struct ColumnMatch: Sendable {
  /// Columns of the file, in the run's order; nil: its first, second, ...
  let columns: [Int]?
  /// Names of the columns chosen; empty where the file has none.
  let names: [String]

  /// The columns chosen of rows of `width` numbers.
  func selected(_ values: [Float], of width: Int) -> [Float] {
    guard let columns else { return values }
    var result: [Float] = []
    result.reserveCapacity(values.count / width * columns.count)
    for start in stride(from: 0, to: values.count, by: width) {
      for column in columns { result.append(values[start + column]) }
    }
    return result
  }

  /// Columns of the file that features, by number, stand in.
  func places(of features: [Int]) -> [Int] { columns.map { columns in features.map { columns[$0] } } ?? features }

  /// - Parameters:
  ///   - known: the run's names; nil: there is no run; empty: it has none.
  ///   - found: the file's names; empty: it has none.
  ///   - candidates: columns of the file that may be features; nil: all.
  /// - Throws: `DatasetError` `missingName` where a column of the run is not there, or cannot be told from another.
  init(known: [String]?, found: [String], candidates: [Int]? = nil, at place: String) throws {
    if found.isEmpty {
      (columns, names) = (candidates, [])
      return
    }
    let places = candidates ?? Array(found.indices)
    let offered = places.map { found[$0] }
    guard let known, !known.isEmpty, !offered.isExactly(known) else {
      (columns, names) = (candidates, offered)
      return
    }
    var first: [ExactText: Int] = [:]
    var twice: Set<ExactText> = []
    for (place, name) in zip(places, offered) where first.updateValue(place, forKey: ExactText(name)) != nil {
      twice.insert(ExactText(name))
    }
    var chosen: [Int] = []
    var seen: Set<ExactText> = []
    for name in known {
      let exact = ExactText(name)
      if twice.contains(exact) || !seen.insert(exact).inserted {
        throw DatasetError(
          .missingName, at: place, "several columns are called `\(name)`: they cannot be matched by name",
          expected: "the run's columns in its order, \(known.listed)", found: offered.listed)
      }
      guard let column = first[exact] else {
        let missing = known.filter { first[ExactText($0)] == nil }
        throw DatasetError(
          .missingName, at: place,
          missing.count == 1 ? "there is no column `\(name)`" : "there are no columns \(missing.listed)",
          expected: "the run's columns, \(known.listed)", found: offered.listed, remedy: offered.hint(for: name))
      }
      chosen.append(column)
    }
    columns = chosen
    names = known
  }
}
