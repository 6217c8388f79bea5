/// A target whose cells are names of classes.
public struct ClassColumn: ColumnDeclaration {
  public static let word = "class"
  /// The classes by number; empty: those of the file, sorted as text, or as numbers where all are.
  public var order: [String]

  public init(order: [String] = []) { self.order = order }

  public var use: ColumnUse { .target }
  public var cells: CellKind { .texts }
  public var suitsTarget: Bool { true }
}

/// What each row counts for, from 0 on.
public struct WeightColumn: ColumnDeclaration {
  public static let word = "weight"

  public init() {}

  public var use: ColumnUse { .weight }
  public var cells: CellKind { .numbers }
}

/// A column that nothing is made of.
public struct IgnoredColumn: ColumnDeclaration {
  public static let word = "ignore"

  public init() {}

  public var use: ColumnUse { .nothing }
  public var cells: CellKind { .texts }
}
