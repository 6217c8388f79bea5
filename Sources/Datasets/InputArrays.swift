/// The arrays of a file that inputs stand in: one, which is the input `features`, or several with names.
public struct InputArrays: Sendable, Hashable, ExpressibleByStringLiteral {
  public struct Input: Sendable, Hashable {
    public let name: String
    /// Its path or name in the file.
    public let array: String

    public init(_ name: String, _ array: String) {
      self.name = name
      self.array = array
    }
  }

  /// At least one, in the order in which they were written.
  public let inputs: [Input]
  /// Whether they were given by name; else there is one, called `features`.
  public let areNamed: Bool

  /// One array, which has no name.
  public init(_ array: String) {
    inputs = [Input(SampleSchema.features, array)]
    areNamed = false
  }

  /// - Precondition: at least one; no two of one name.
  public init(named inputs: [Input]) {
    precondition(!inputs.isEmpty && Set(inputs.map(\.name)).count == inputs.count, "\(inputs.map(\.name))")
    self.inputs = inputs
    // One that is called as an input without a name is one.
    areNamed = inputs.count > 1 || inputs[0].name != SampleSchema.features
  }

  public init(stringLiteral array: String) { self.init(array) }

  /// The first array.
  public var first: String { inputs[0].array }
  public var arrays: [String] { inputs.map(\.array) }
}

/// What the numbers of a named input are.
///
/// Whole numbers are categories, counted over the whole array; but pictures, whole numbers of 8 bits in samples of two or
/// more extents, are values, as floats are. An input without a name is values, whatever its numbers.
enum InputKind: Equatable {
  case values
  case categories

  /// - Parameters:
  ///   - shape: of the array, rows first.
  ///   - size: bytes of a number.
  init(isNamed: Bool, isInteger: Bool, size: Int, shape: [Int]) {
    self = isNamed && isInteger && !(size == 1 && shape.count > 2) ? .categories : .values
  }
}

/// Category numbers as they are met.
struct CategoryRange {
  private(set) var high: Int64 = -1
  private var rows = 0

  /// Floats hold whole numbers up to here.
  private static let limit: Int64 = 1 << 24

  /// Takes in the numbers of whole rows.
  ///
  /// - Throws: `DatasetError` `labels` at the first that is no category.
  mutating func add(_ numbers: [Int64], columns: Int, at place: String) throws {
    for (index, number) in numbers.enumerated() {
      if number < 0 || number >= CategoryRange.limit {
        throw DatasetError(
          .labels, at: place, "row \(rows + index / columns), column \(index % columns) is no category",
          expected: "0 to \(CategoryRange.limit - 1)", found: "\(number)",
          remedy: "number categories from 0, or store quantities as floats (rows and columns count from 0)")
      }
      high = max(high, number)
    }
    rows += numbers.count / columns
  }

  var kind: SampleSchema.Kind { .categories(count: Int(high) + 1) }
}
