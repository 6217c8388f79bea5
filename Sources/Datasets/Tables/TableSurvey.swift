/// Facts about the columns of a CSV file, before anything is decided of them.
public struct TableSurvey: Sendable {
  public let path: String
  public let dialect: CSVDialect
  public let rows: Int
  public let columns: [Column]

  public struct Column: Sendable {
    /// As the header has it; of a file without one its number from 1.
    public let name: String
    /// From 1.
    public let number: Int
    /// What `columns` of a recipe call it.
    public var reference: String { name }
    /// What `targets` call it, where a number is a position.
    public var selector: String { name.isEmpty || Int(name) != nil ? "\(number)" : name }
    public let rows: Int
    /// Cells that say nothing.
    public let gaps: Int
    /// Different values; gaps are none.
    public let distinct: Int
    public let contents: Contents
    /// The first of the columns before that tells the same in every row: the same numbers, or texts one for one, of which
    /// rows share some.
    public let sameAs: Int?

    public var present: Int { rows - gaps }
    public var numbers: Numbers? { if case .numbers(let numbers) = contents { numbers } else { nil } }
    public var texts: Texts? { if case .texts(let texts) = contents { texts } else { nil } }
  }

  public enum Contents: Sendable {
    /// All cells are numbers or gaps.
    case numbers(Numbers)
    case texts(Texts)
  }

  public struct Numbers: Sendable {
    /// NaN where there is none.
    public let minimum: Double
    public let maximum: Double
    public let median: Double
    public let mean: Double
    /// Of the population.
    public let standardDeviation: Double
    public let areWhole: Bool
    /// Whether each is larger than the one before.
    public let rise: Bool
    /// Rows of each value, by value, where there are at most `TableSurvey.mostCounted` of them.
    public let counts: [(value: Double, rows: Int)]
  }

  public struct Texts: Sendable {
    /// Rows of each, the most frequent first.
    public let counts: [(text: String, rows: Int)]
    /// Share of the values that look like a date.
    public let dates: Double
    /// Values that are words for nothing, such as `NA`, and were taken for texts.
    public let wordsForNothing: [String]
  }

  /// Values of numbers of which rows are counted.
  public static let mostCounted = 1000

  /// Reads a file once.
  ///
  /// - Parameters:
  ///   - dialect: nil: found out.
  ///   - missingValues: cells that mean that nothing is known, beside empty ones; nil: the usual words.
  /// - Throws: `DatasetError`.
  public init(of path: String, dialect: CSVDialect? = nil, missingValues: [String]? = nil) throws {
    var source = CSVSource(path: path, targets: [], try dialect ?? CSVDialect(of: path))
    source.missingValues = missingValues
    try self.init(of: source)
  }

  /// Reads the rows of a source, as it says: what its columns are for is not asked.
  ///
  /// - Throws: `DatasetError`.
  public init(of source: CSVSource) throws {
    let path = source.path
    let dialect = CSVDialect(delimiter: source.delimiter, decimal: source.decimal, header: source.header)
    let (names, cells, rows) = try source.withReader { start in
      var reader = start
      guard try reader.next() else { throw DatasetError(.noRows, at: path, "the file is empty") }
      let names =
        dialect.header
        ? CSVHeading.unique(try reader.cells.map { try reader.text($0).trimmingBlanks })
        : (1...reader.cells.count).map { "\($0)" }
      let table = CSVTable(dialect.header ? reader : start, width: names.count)
      let cells = try table.columns(names.indices.map { CSVWanted($0, .any) }, rows: source.rows)
      return (names, cells, try source.rows.resolved(count: table.count, at: path).count)
    }
    self.path = path
    self.dialect = dialect
    self.rows = rows
    var found: [Column] = []
    var seen: [Fingerprint: Int] = [:]
    for (place, name) in names.enumerated() {
      let (contents, distinct, codes) = TableSurvey.contents(of: cells[place].values)
      let print = Fingerprint(codes, cells[place].values, distinct: distinct)
      found.append(
        Column(
          name: name, number: place + 1, rows: rows,
          gaps: codes.count { $0 < 0 }, distinct: distinct, contents: contents, sameAs: seen[print]))
      if seen[print] == nil { seen[print] = place }
    }
    columns = found
  }

  /// What columns share that tell the same.
  private struct Fingerprint: Hashable {
    /// Of each row the place of its value, in the order in which values come.
    let codes: [Int32]
    /// Places alone say nothing where each row has a value of its own.
    let values: [String]

    init(_ codes: [Int32], _ values: CSVCells.Values, distinct: Int) {
      self.codes = codes
      switch values {
      case .numbers(let numbers):
        var next: Int32 = 0
        var known = ["numbers"]
        for (code, number) in zip(codes, numbers) where code == next {
          known.append("\(number)")
          next += 1
        }
        self.values = known
      case .texts(_, let names): self.values = distinct * 2 > codes.count ? names : ["texts"]
      }
    }
  }

  private static func contents(of values: CSVCells.Values) -> (Contents, distinct: Int, codes: [Int32]) {
    switch values {
    case .numbers(let numbers):
      var places: [Double: Int32] = [:]
      let codes = numbers.map { number -> Int32 in
        if number.isNaN { return -1 }
        if let place = places[number] { return place }
        places[number] = Int32(places.count)
        return Int32(places.count - 1)
      }
      var counts = [Int](repeating: 0, count: places.count)
      for code in codes where code >= 0 { counts[Int(code)] += 1 }
      let present = numbers.filter { !$0.isNaN }.sorted()
      let mean = present.isEmpty ? Double.nan : NumberScaling.mean(present)
      let known = numbers.lazy.filter { !$0.isNaN }
      return (
        .numbers(
          Numbers(
            minimum: present.first ?? .nan, maximum: present.last ?? .nan,
            median: present.isEmpty ? .nan : NumberScaling.quantile(0.5, of: present),
            mean: mean,
            standardDeviation: present.isEmpty
              ? .nan : NumberScaling.mean(present.map { ($0 - mean) * ($0 - mean) }).squareRoot(),
            areWhole: present.allSatisfy { $0.rounded() == $0 },
            rise: zip(known, known.dropFirst()).allSatisfy { $0 < $1 },
            counts: places.count > mostCounted
              ? [] : places.map { ($0.key, counts[Int($0.value)]) }.sorted { $0.0 < $1.0 })),
        places.count, codes
      )
    case .texts(let codes, let names):
      var counts = [Int](repeating: 0, count: names.count)
      for code in codes where code >= 0 { counts[Int(code)] += 1 }
      let order = names.indices.filter { counts[$0] > 0 }.sorted {
        counts[$0] != counts[$1] ? counts[$0] > counts[$1] : $0 < $1
      }
      return (
        .texts(
          Texts(
            counts: order.map { (names[$0], counts[$0]) },
            dates: Double(names.count { DateText.isDate($0) }) / Double(max(names.count, 1)),
            wordsForNothing: names.filter { CSVNumber.meansMissing($0.trimmingBlanks) })),
        order.count, codes
      )
    }
  }
}

extension CSVSource {
  /// A file that is written in a dialect.
  public init(path: String, targets: [CSVColumn], _ dialect: CSVDialect) {
    self.init(path: path, targets: targets, header: dialect.header, delimiter: dialect.delimiter)
    decimal = dialect.decimal
  }
}

/// Whether a text begins with a date: 2024-12-31, 31.12.2024, 12/31/24, and times behind.
enum DateText {
  static func isDate(_ text: String) -> Bool {
    let head = text.trimmingBlanks.prefix { $0.isASCII && ($0.isNumber || "-/.".contains($0)) }
    let parts = head.split(whereSeparator: { "-/.".contains($0) })
    guard parts.count == 3, head.count(where: { "-/.".contains($0) }) == 2 else { return false }
    guard parts[0].count == 4 || parts[2].count == 4 || parts.allSatisfy({ $0.count == 2 }) else { return false }
    return parts.allSatisfy { (1...4).contains($0.count) }
      && parts.compactMap({ Int($0) }).count(where: { $0 >= 1 && $0 <= 31 }) >= 2
  }
}
