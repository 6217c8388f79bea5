public import HDF5Storage

/// What was fitted to the columns of a table's training rows: makes samples of the rows of any table with these columns.
///
/// In a checkpoint it is the group `/data/columns`: `version`, `names` and `targets` in their order, and a group for each of
/// them, called by its name (`/` is written as `%2F`), with its `kind` and what was fitted.
public struct TableEncoding: Sendable, Equatable {
  public let columns: [any FittedColumn]
  /// nil: targets are trained on as they are.
  public let targetScaling: TargetScaling?

  /// Kinds of columns, as checkpoints call them.
  static let kinds: [any FittedColumn.Type] = [FittedNumber.self, FittedCategory.self]

  static let storedName = "columns"
  private static let version: Int64 = 1

  init(_ columns: [any FittedColumn], targetScaling: TargetScaling? = nil) {
    self.columns = columns
    self.targetScaling = targetScaling
  }

  public static func == (left: TableEncoding, right: TableEncoding) -> Bool { left.stored == right.stored }

  /// Fits to the training rows of a table.
  ///
  /// - Parameters:
  ///   - rows: numbers of the training rows, ascending, at least one.
  ///   - scaling: of numbers, where a column says nothing.
  ///   - targetNames: of the target columns, where they are values.
  /// - Throws: `DatasetError`.
  public init(fittedTo table: Table, rows: [Int32], scaling: ScalingMethod, targetNames: [String]) throws {
    let fitted = try table.columns.compactMap { column in
      let declared = table.declaration(of: column.name)
      let rule: any ColumnDeclaration =
        declared ?? (column.cells == .numbers ? NumberColumn() : CategoryColumn())
      return try rule.fitted(to: column, rows: rows, scaling: scaling, at: table.place)
    }
    if let clash = fitted.first(where: { $0.categories != nil && $0.name == SampleSchema.features }) {
      throw DatasetError(
        .arguments, at: table.place, "a column called `\(clash.name)` cannot be an input of its own",
        remedy: "rename the column: the other columns are the input of that name")
    }
    var scalings: [NumberScaling] = []
    if table.targets.isEmpty,
      let name = targetNames.first(where: { (table.declaration(of: $0) as? NumberColumn)?.scaling != nil })
    {
      throw DatasetError(
        .arguments, at: table.place, "the target `\(name)` has a scaling, and its numbers are classes under this loss",
        remedy: "leave the scaling out, or use a loss for values")
    }
    if !table.targets.isEmpty, targetNames.count == table.targets.count {
      scalings = try zip(targetNames, table.targets).map { name, values in
        let declared = (table.declaration(of: name) as? NumberColumn)?.scaling ?? .none
        guard declared.isLinear else {
          throw DatasetError(
            .arguments, at: table.place, "the target `\(name)` cannot have scaling: \(declared.rawValue)",
            expected: "standard or min_max, which predictions can be put back from")
        }
        return try NumberScaling(declared, fittedTo: rows.map { values[Int($0)] }, of: name, at: table.place)
      }
    }
    let isScaled = scalings.contains { $0.method != .none }
    self.init(
      fitted,
      targetScaling: isScaled
        ? TargetScaling(
          names: targetNames, methods: scalings.map(\.method), center: scalings.map(\.center),
          scale: scalings.map(\.scale)) : nil)
  }

  /// Names of the columns that rows are made of, in order.
  public var names: [String] { columns.map(\.name) }

  /// Names of the floats of the input `features`, in order.
  public var outputs: [String] { columns.flatMap(\.outputs) }

  /// Each column, its kind, and what becomes of it, in words; then targets that are scaled.
  public var summary: [(name: String, kind: String, summary: String)] {
    columns.map { ($0.name, type(of: $0).word, $0.summary) }
      + (targetScaling.map { scaling in
        scaling.names.indices.map {
          let own = NumberScaling(method: scaling.methods[$0], center: scaling.center[$0], scale: scaling.scale[$0])
          return (scaling.names[$0], "target", own.summary)
        }
      } ?? [])
  }

  /// Samples of some rows of a table: `features`, the columns one after another, and an input for each column that is one.
  ///
  /// - Parameter rows: numbers of rows, in the order wanted; nil: all.
  /// - Precondition: the table has these columns in this order, read as they were.
  public func source(of table: Table, rows: [Int32]? = nil) -> InMemorySource {
    let count = rows?.count ?? table.count
    let width = outputs.count
    var (fields, inputs) = ([SampleSchema.Field](), [FieldValues]())
    if width > 0 {
      fields.append(SampleSchema.Field(SampleSchema.features, shape: [width]))
      inputs.append(
        .floats(
          [Float](unsafeUninitializedCapacity: count * width) { buffer, initialized in
            var place = 0
            for (column, values) in zip(columns, table.columns) where column.categories == nil {
              if let base = buffer.baseAddress { column.encode(values, rows: rows, into: base + place, stride: width) }
              place += column.outputs.count
            }
            initialized = count * width
          }))
    }
    for (column, values) in zip(columns, table.columns) {
      guard let categories = column.categories else { continue }
      fields.append(SampleSchema.Field(column.name, shape: [1], kind: .categories(count: categories)))
      inputs.append(
        .floats(
          [Float](unsafeUninitializedCapacity: count) { buffer, initialized in
            if let base = buffer.baseAddress { column.encode(values, rows: rows, into: base, stride: 1) }
            initialized = count
          }))
    }
    let own = rows.map { table.rows.selecting($0) } ?? table.rows
    var targets = own.targetValues
    if let targetScaling, !table.targets.isEmpty {
      targets = .floats(targetScaling.applied(to: table.targets, rows: rows))
    }
    return InMemorySource(
      SampleSchema(inputs: fields, targetShape: own.schema.targetShape, targetKind: own.targetKind), inputs: inputs,
      targets: targets, weights: own.weights, warnings: own.warnings)
  }
}

extension TableEncoding {
  /// What a checkpoint holds of it.
  public var stored: StoredValue {
    var values = [
      StoredValue("version", .integers([TableEncoding.version])), StoredValue("names", .texts(names)),
    ]
    for column in columns {
      values.append(
        StoredValue(
          TableEncoding.groupName(column.name),
          .group([StoredValue("kind", .texts([type(of: column).word]))] + column.stored)))
    }
    if let targetScaling {
      values.append(StoredValue("targets", .texts(targetScaling.names)))
      values.append(StoredValue("target_scaling", .texts(targetScaling.methods.map(\.rawValue))))
      values.append(StoredValue("target_center", .doubles(targetScaling.center)))
      values.append(StoredValue("target_scale", .doubles(targetScaling.scale)))
    }
    return StoredValue(TableEncoding.storedName, .group(values))
  }

  /// What a checkpoint holds; nil: the run is of no table.
  ///
  /// - Throws: `ColumnError` where its values do not fit together.
  public init?(restoring values: [StoredValue]) throws {
    guard case .group(let own)? = values[TableEncoding.storedName] else { return nil }
    let version = own.integers("version")?.first ?? 0
    guard version == TableEncoding.version else {
      throw ColumnError("/data/columns has version \(version), this program reads \(TableEncoding.version)")
    }
    let columns = try (own.texts("names") ?? []).map { name -> any FittedColumn in
      guard case .group(let column)? = own[TableEncoding.groupName(name)], let word = column.texts("kind")?.first,
        let kind = TableEncoding.kinds.first(where: { $0.word == word })
      else { throw ColumnError("/data/columns has no group for `\(name)`, or one of a kind that is not known") }
      return try kind.init(name: name, restoring: column)
    }
    guard !columns.isEmpty else { throw ColumnError("/data/columns names no column") }
    var scaling: TargetScaling?
    if let names = own.texts("targets") {
      let (center, scale) = (own.doubles("target_center") ?? [], own.doubles("target_scale") ?? [])
      let methods = (own.texts("target_scaling") ?? []).compactMap { NumberScaling.Method(rawValue: $0) }
      guard Set([names.count, methods.count, center.count, scale.count]).count == 1, scale.allSatisfy({ $0 > 0 }) else {
        throw ColumnError("/data/columns: target_scaling, target_center and target_scale do not fit targets")
      }
      scaling = TargetScaling(names: names, methods: methods, center: center, scale: scale)
    }
    self.init(columns, targetScaling: scaling)
  }

  /// A name that a group can have: `/` separates groups, and `.` is one.
  private static func groupName(_ name: String) -> String {
    let reserved: Set = ["version", "names", "targets", "target_scaling", "target_center", "target_scale"]
    let escaped = name.replacing("%", with: "%25").replacing("/", with: "%2F").replacing("\0", with: "%00")
    if let first = escaped.utf8.first, first == UInt8(ascii: ".") { return "%2E" + escaped.dropFirst() }
    return reserved.contains(escaped) || escaped.isEmpty ? "%" + escaped : escaped
  }
}
