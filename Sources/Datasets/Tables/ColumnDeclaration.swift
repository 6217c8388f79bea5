public import HDF5Storage

/// What a recipe says that a column of a table is.
///
/// A kind is a type in a file of its own, and a line among `Recipes`' constructors of columns.
public protocol ColumnDeclaration: Sendable, Hashable {
  /// What recipes call the kind.
  static var word: String { get }
  /// What the column is for, where it is not among the targets.
  var use: ColumnUse { get }
  /// What its cells are read as.
  var cells: CellKind { get }
  /// Whether a row without a value can be used.
  var takesGaps: Bool { get }
  /// Whether it can be said of a target.
  var suitsTarget: Bool { get }

  /// What is fitted to a feature's values.
  ///
  /// - Parameters:
  ///   - rows: numbers of the training rows, ascending.
  ///   - scaling: of numbers, where the column says nothing.
  ///   - place: what messages call the table.
  /// - Throws: `DatasetError`.
  func fitted(
    to column: Table.Column, rows: [Int32], scaling: ScalingMethod, at place: String
  ) throws -> (any FittedColumn)?
}

extension ColumnDeclaration {
  public var takesGaps: Bool { true }
  public var suitsTarget: Bool { false }
  public func fitted(
    to column: Table.Column, rows: [Int32], scaling: ScalingMethod, at place: String
  ) throws -> (any FittedColumn)? { nil }
}

public enum ColumnUse: Sendable, Equatable {
  case feature, target, weight, nothing
}

/// What the cells of a column are read as.
public enum CellKind: Sendable, Equatable {
  case numbers, texts
  /// Numbers where all cells of the column are numbers or gaps, else texts.
  case either
}

/// A column by its name, or by its number from 1, and what it is.
public struct DeclaredColumn: Sendable, Hashable {
  public let name: String
  public let declaration: any ColumnDeclaration

  public init(_ name: String, _ declaration: any ColumnDeclaration) {
    self.name = name
    self.declaration = declaration
  }

  public static func == (left: DeclaredColumn, right: DeclaredColumn) -> Bool {
    ExactText(left.name) == ExactText(right.name) && AnyHashable(left.declaration) == AnyHashable(right.declaration)
  }

  public func hash(into hasher: inout Hasher) {
    hasher.combine(ExactText(name))
    hasher.combine(AnyHashable(declaration))
  }
}

/// A column of the features as it was fitted to the training rows: makes floats of its values.
///
/// A kind is a type beside its declaration, and a line in `TableEncoding.kinds`.
public protocol FittedColumn: Sendable {
  /// What checkpoints call the kind.
  static var word: String { get }
  var name: String { get }
  /// What its cells are read as.
  var cells: CellKind { get }
  /// Whether a row without a value can be used.
  var takesGaps: Bool { get }
  /// What the floats are called that it makes, in their order, within the input `features`; of an input of its own nothing.
  var outputs: [String] { get }
  /// Numbers of the categories, where it is an input of its own; nil: it is part of `features`.
  var categories: Int? { get }

  /// What becomes of the column, in words.
  var summary: String { get }

  /// What a person should know of the values as the column makes floats of them; nil: nothing.
  func warning(_ column: Table.Column, rows: [Int32], at place: String) -> String?

  /// What was fitted: one value under each name, the same names for all columns of the kind.
  var figures: [StoredValue] { get }
  /// What was fitted and has any length; names that other columns of the kind need not have.
  var lists: [StoredValue] { get }
  /// - Parameter values: figures and lists.
  /// - Throws: `ColumnError` where they do not fit together.
  init(name: String, restoring values: [StoredValue]) throws

  /// Makes the floats of some rows, `stride` floats from row to row.
  ///
  /// - Parameters:
  ///   - rows: numbers of rows; nil: all.
  ///   - output: overwritten, `[rows, outputs]`, or `[rows]` of an input of its own.
  func encode(_ column: Table.Column, rows: [Int32]?, into output: UnsafeMutablePointer<Float>, stride: Int)
}

extension FittedColumn {
  func warning(_ column: Table.Column, rows: [Int32], at place: String) -> String? { nil }
}
