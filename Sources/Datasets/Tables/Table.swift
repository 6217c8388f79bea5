/// Rows of named columns as they stand in a file, numbers and texts, before anything is fitted to them.
public struct Table: Sendable {
  public enum Values: Sendable {
    /// NaN where there is none.
    case numbers([Double])
    /// Places in `names`; -1 where there is none.
    case texts(codes: [Int32], names: [String])
  }

  public struct Column: Sendable {
    public let name: String
    public let values: Values
    /// What the recipe says of it; nil: nothing.
    public let declaration: (any ColumnDeclaration)?

    public init(name: String, values: Values, declaration: (any ColumnDeclaration)? = nil) {
      self.name = name
      self.values = values
      self.declaration = declaration
    }

    var cells: CellKind {
      if case .numbers = values { .numbers } else { .texts }
    }
  }

  /// What messages call it.
  public let place: String
  /// The features, in the file's order or the run's.
  public let columns: [Column]
  /// Targets, weights and warnings of the rows, with a feature that is 0, or NaN where a row must not be used.
  public let rows: InMemorySource
  /// Targets that are values as the file has them, in Double, one column after another; empty where they are classes.
  public let targets: [[Double]]
  /// What the recipe says of each target; nil: nothing.
  public let targetDeclarations: [(any ColumnDeclaration)?]

  public var count: Int { rows.count }

  /// Memory that columns and targets take beside the rows, in bytes.
  package var memory: Int {
    columns.reduce(targets.reduce(0) { $0 + 8 * $1.count }) { sum, column in
      switch column.values {
      case .numbers(let numbers): sum + 8 * numbers.count
      case .texts(let codes, let names): sum + 4 * codes.count + names.reduce(0) { $0 + 16 + $1.utf8.count }
      }
    }
  }

  /// - Precondition: as many rows in each.
  public init(
    place: String, columns: [Column], rows: InMemorySource, targets: [[Double]] = [],
    targetDeclarations: [(any ColumnDeclaration)?] = []
  ) {
    self.place = place
    self.columns = columns
    self.rows = rows
    self.targets = targets
    self.targetDeclarations = targetDeclarations
  }

  /// The same table with classes numbered as the run's.
  func replacing(rows: InMemorySource) -> Table {
    Table(place: place, columns: columns, rows: rows, targets: targets, targetDeclarations: targetDeclarations)
  }
}
