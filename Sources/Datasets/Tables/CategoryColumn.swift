internal import HDF5Storage

/// A column of texts, each of which is a category.
public struct CategoryColumn: ColumnDeclaration {
  public enum Encoding: String, Sendable, Hashable, CaseIterable {
    /// A float 0/1 for each category.
    case oneHot = "one_hot"
    /// An input of the column's name that holds the category's number, for an embedding.
    case index
  }

  public enum Unseen: String, Sendable, Hashable, CaseIterable {
    /// Of one-hot: a column for everything else where the training rows have such cells; else all zeros.
    case zeros
    /// A column for everything else in any case.
    case column
  }

  public static let word = "category"
  public var encoding = Encoding.oneHot
  /// Training rows below which a category is part of everything else.
  public var minCount = 1
  public var unseen = Unseen.zeros

  public init(encoding: Encoding = .oneHot, minCount: Int = 1, unseen: Unseen = .zeros) {
    self.encoding = encoding
    self.minCount = minCount
    self.unseen = unseen
  }

  public var use: ColumnUse { .feature }
  public var cells: CellKind { .texts }

  /// More make rows wide and mostly zeros.
  static let mostOneHot = 255

  /// The categories are the values of the training rows, sorted byte by byte; everything else comes first.
  public func fitted(
    to column: Table.Column, rows: [Int32], scaling: ScalingMethod, at place: String
  ) throws -> (any FittedColumn)? {
    guard case .texts(let codes, let names) = column.values else {
      preconditionFailure("`\(column.name)` is read as numbers")
    }
    var counts = [Int](repeating: 0, count: names.count)
    var others = 0
    for row in rows {
      let code = Int(codes[Int(row)])
      if code < 0 { others += 1 } else { counts[code] += 1 }
    }
    var levels: [String] = []
    for (name, count) in zip(names, counts) where count > 0 {
      if count >= minCount { levels.append(name) } else { others += count }
    }
    levels.sort { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    if encoding == .oneHot, levels.count > CategoryColumn.mostOneHot {
      throw DatasetError(
        .shape, at: place,
        "`\(column.name)` has \(levels.count) values in the training rows, too many for one column each",
        expected: "at most \(CategoryColumn.mostOneHot)",
        remedy:
          "say columns: {\(column.name.asKey): {category: {encoding: index, min_count: 5}}} and look it up with an "
          + "embedding; or, where each row has a value of its own, ignore")
    }
    if levels.isEmpty, encoding == .oneHot, others == rows.count, unseen == .zeros {
      throw DatasetError(
        .noRows, at: place, "`\(column.name)` has no category with \(minCount) training rows or more",
        remedy: "say columns: {\(column.name.asKey): ignore}")
    }
    return FittedCategory(
      name: column.name, encoding: encoding, levels: levels, hasOther: others > 0 || unseen == .column)
  }
}

/// A column of categories as it was fitted: number 0 is everything else, 1 and on the levels in their order.
struct FittedCategory: FittedColumn {
  static let word = CategoryColumn.word
  let name: String
  let encoding: CategoryColumn.Encoding
  let levels: [String]
  /// Whether one-hot has a float for everything else, the first.
  let hasOther: Bool

  var cells: CellKind { .texts }
  var takesGaps: Bool { true }
  var categories: Int? { encoding == .index ? levels.count + 1 : nil }
  var summary: String {
    encoding == .index
      ? "an input of numbers 0 to \(levels.count), 0 is everything else"
      : "0/1 for each of \(levels.count) values" + (hasOther ? " and everything else" : "")
  }
  var outputs: [String] {
    encoding == .index ? [] : (hasOther ? ["\(name) is something else"] : []) + levels.map { "\(name) = \($0)" }
  }

  func encode(_ column: Table.Column, rows: [Int32]?, into output: UnsafeMutablePointer<Float>, stride: Int) {
    guard case .texts(let codes, let names) = column.values else { preconditionFailure("`\(name)` is read as numbers") }
    let places = levels.firstPlaces
    let numbers = names.map { places[ExactText($0)].map { $0 + 1 } ?? 0 }
    let width = outputs.count
    for row in 0..<(rows?.count ?? codes.count) {
      let code = Int(codes[rows.map { Int($0[row]) } ?? row])
      let number = code < 0 ? 0 : numbers[code]
      if encoding == .index {
        output[row * stride] = Float(number)
        continue
      }
      for place in 0..<width { output[row * stride + place] = 0 }
      let place = hasOther ? number : number - 1
      if place >= 0 { output[row * stride + place] = 1 }
    }
  }
}

extension FittedCategory {
  var figures: [StoredValue] {
    [
      StoredValue("encoding", .texts([encoding.rawValue])),
      StoredValue("everything_else", .integers([hasOther ? 1 : 0])),
    ]
  }

  var lists: [StoredValue] { [StoredValue("levels", .texts(levels))] }

  init(name: String, restoring values: [StoredValue]) throws {
    let levels = values.texts("levels") ?? []
    guard let encoding = values.texts("encoding")?.first.flatMap({ CategoryColumn.Encoding(rawValue: $0) }),
      levels.firstPlaces.count == levels.count
    else { throw ColumnError("`\(name)`: its encoding and its levels do not fit together") }
    self.init(
      name: name, encoding: encoding, levels: levels, hasOther: values.integers("everything_else")?.first == 1)
  }
}
