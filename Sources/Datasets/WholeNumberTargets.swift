/// Whole numbers as targets, in one column; in several, where the loss needs classes. The loss decides what they are.
///
/// - Numbers from 0 on are classes 0..<count; a loss for values takes them as the values that they are.
/// - Other numbers are values, unless the loss needs classes: then -1 and +1 are classes 0 and 1 of these names, and
///   anything else is refused.
/// - Where classes have names, every number must have one; a loss for values takes the names, if those are numbers.
struct WholeNumberTargets {
  /// What a number in the file becomes.
  enum Meaning: Equatable {
    case itself
    /// -1 becomes 0, and 1 stays.
    case sign
    /// The number that is the name of the class.
    case name([Float])

    func target(_ number: Float) -> Float {
      switch self {
      case .itself: number
      case .sign: number < 0 ? 0 : number
      case .name(let values): number.isNaN ? number : values[Int(number)]
      }
    }
  }

  let kind: TargetKind
  let meaning: Meaning
  private let numbers: [Double]

  /// Class numbers stop here.
  private static let limit = 1 << 24

  /// - Parameters:
  ///   - numbers: of the whole file, so that a part of its rows has the classes of all; NaN where a row has none.
  ///   - names: of the classes; empty: they have none.
  ///   - role: what the loss makes of them; nil: nothing is known of a loss.
  /// - Throws: `DatasetError` `labels`.
  init(_ numbers: [Double], names: [String] = [], role: TargetRole?, at place: String) throws {
    var found = WholeNumberRange()
    for number in numbers { found.add(number) }
    (kind, meaning) = try found.targets(names: names, role: role, at: place)
    self.numbers = numbers
  }

  init(_ labels: [Int64], names: [String], role: TargetRole?, at place: String) throws {
    try self.init(labels.map { Double($0) }, names: names, role: role, at: place)
  }

  /// Targets of some rows, and what they mean.
  func targets(_ range: Range<Int>) -> ([Float], TargetKind) {
    (numbers[range].map { meaning.target(Float($0)) }, kind)
  }

  /// What numbers between these bounds are; see `WholeNumberTargets`.
  struct WholeNumberRange {
    private(set) var low = Double.infinity
    private(set) var high = -Double.infinity
    /// Whether there is none but -1 and 1.
    private var areSigns = true
    /// Rows of the smallest and the largest.
    private var (lowRow, highRow) = (0, 0)
    private var count = 0
    private let columns: Int

    init(columns: Int = 1) { self.columns = columns }

    mutating func add(_ number: Double) {
      if number < low { (low, lowRow) = (number, count) }
      if number > high { (high, highRow) = (number, count) }
      if abs(number) != 1, !number.isNaN { areSigns = false }
      count += 1
    }

    func targets(names: [String], role: TargetRole?, at place: String) throws -> (TargetKind, Meaning) {
      let limit = names.isEmpty ? WholeNumberTargets.limit : names.count
      let areClasses = low >= 0 && high < Double(limit)
      if !names.isEmpty {
        guard areClasses else { throw noClass(limit, "there are \(names.count) names of classes", at: place) }
        guard role == .values else { return (.classes(count: names.count, names: names), .itself) }
        let values = names.compactMap { Float($0) }
        guard values.count == names.count else {
          throw DatasetError(
            .labels, at: place, "the targets are classes with names, and the loss is made for values",
            expected: "numbers", found: names.prefix(5).joined(separator: ", ") + (names.count > 5 ? ", ..." : ""),
            remedy: "use a loss for classes, such as sparse_categorical_crossentropy")
        }
        if values.enumerated().allSatisfy({ Float($0) == $1 }) {
          return (.classes(count: names.count, names: names), .itself)
        }
        return (.values, .name(values))
      }
      if areClasses { return (.classes(count: Int(high) + 1, names: []), .itself) }
      if role == nil || role == .values || low > high { return (.values, .itself) }
      if low == -1, areSigns { return (.classes(count: 2, names: ["-1", "+1"]), .sign) }
      throw noClass(
        limit,
        "the loss needs classes: number them from 0 (-1 and +1 alone are taken as they are), or use a loss for values",
        at: place)
    }

    private func noClass(_ limit: Int, _ remedy: String, at place: String) -> DatasetError {
      let (row, number) = low < 0 ? (lowRow, low) : (highRow, high)
      let column = columns == 1 ? "" : ", column \(row % columns)"
      return DatasetError(
        .labels, at: place, "row \(row / columns)\(column) is no class number", expected: "0 to \(limit - 1)",
        found: Int64(exactly: number).map { "\($0)" } ?? "\(number)", remedy: remedy)
    }
  }
}
