public import HDF5Storage

/// What was fitted to the columns of a table's training rows: makes samples of the rows of any table with these columns.
///
/// In a checkpoint it is the group `/data/columns`: `version`, `names` of the columns in their order, and a group for each
/// kind of column. That has the `name` of each column of the kind and arrays of what was fitted, a value a column; what has
/// any length, such as the `levels` of categories, is a group with a dataset for each column, called by its name (where `/`
/// is written as `%2F`). Targets that are scaled are the group `targets`.
public struct TableEncoding: Sendable, Equatable {
  public let columns: [any FittedColumn]
  /// nil: targets are trained on as they are.
  public let targetScaling: TargetScaling?
  /// What was met while fitting that a person should know of.
  public private(set) var warnings: [String] = []

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
      let rule: any ColumnDeclaration =
        column.declaration ?? (column.cells == .numbers ? NumberColumn() : CategoryColumn())
      return try rule.fitted(to: column, rows: rows, scaling: scaling, at: table.place)
    }
    if let clash = fitted.first(where: { $0.categories != nil && $0.name == SampleSchema.features }) {
      throw DatasetError(
        .arguments, at: table.place, "a column called `\(clash.name)` cannot be an input of its own",
        remedy: "rename the column: the other columns are the input of that name")
    }
    var scalings: [NumberScaling] = []
    if !table.targets.isEmpty, targetNames.count == table.targets.count {
      scalings = try targetNames.indices.map { place in
        let (name, values) = (targetNames[place], table.targets[place])
        let declared = (table.targetDeclarations[place] as? NumberColumn)?.scaling ?? .none
        guard declared.isLinear else {
          throw DatasetError(
            .arguments, at: table.place, "the target `\(name)` cannot have scaling: \(declared.rawValue)",
            expected: "standard or min_max, which predictions can be put back from")
        }
        let scaling = try NumberScaling(declared, fittedTo: rows.map { values[Int($0)] }, of: name, at: table.place)
        try scaling.requireDigits(of: name, at: table.place)
        return scaling
      }
    }
    let isScaled = scalings.contains { $0.method != .none }
    self.init(
      fitted,
      targetScaling: isScaled
        ? TargetScaling(
          names: targetNames, methods: scalings.map(\.method), center: scalings.map(\.center),
          scale: scalings.map(\.scale)) : nil)
    warnings = zip(fitted, table.columns).compactMap { $0.warning($1, rows: rows, at: table.place) }
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
  /// - Throws: `DatasetError` `nonFinite` where a number is beyond float32 as it was scaled.
  public func source(of table: Table, rows: [Int32]? = nil) throws -> InMemorySource {
    let count = rows?.count ?? table.count
    let width = outputs.count
    var (fields, inputs) = ([SampleSchema.Field](), [FieldValues]())
    if width > 0 {
      fields.append(SampleSchema.Field(SampleSchema.features, shape: [width]))
      let features = [Float](unsafeUninitializedCapacity: count * width) { buffer, initialized in
        var place = 0
        for (column, values) in zip(columns, table.columns) where column.categories == nil {
          if let base = buffer.baseAddress { column.encode(values, rows: rows, into: base + place, stride: width) }
          place += column.outputs.count
        }
        initialized = count * width
      }
      try requireFinite(features, of: table, rows)
      inputs.append(.floats(features))
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
      targets: targets, weights: own.weights, warnings: own.warnings + warnings)
  }
}

extension TableEncoding {
  private func requireFinite(_ features: [Float], of table: Table, _ rows: [Int32]?) throws {
    let names = outputs
    guard let place = features.firstIndex(where: { !$0.isFinite }) else { return }
    let row = rows.map { Int($0[place / names.count]) } ?? place / names.count
    throw DatasetError(
      .nonFinite(row: row, column: place % names.count), at: table.place,
      "row \(row) has a number in `\(names[place % names.count])` that is beyond float32 as the run scales it",
      expected: FeatureOrigins.range, remedy: "is it a typing error? else divide the column by a constant")
  }

  /// What a checkpoint holds of it.
  public var stored: StoredValue {
    var values = [
      StoredValue("version", .integers([TableEncoding.version])), StoredValue("names", .texts(names)),
    ]
    for kind in TableEncoding.kinds {
      let own = columns.filter { type(of: $0) == kind }
      if own.isEmpty { continue }
      let lists = own.flatMap { column in
        column.lists.map { ($0.name, StoredValue(TableEncoding.datasetName(column.name), $0.content)) }
      }
      let groups = lists.map(\.0).reduce(into: [String]()) { if !$0.contains($1) { $0.append($1) } }
      values.append(
        StoredValue(
          kind.word,
          .group(
            [StoredValue("name", .texts(own.map(\.name)))] + TableEncoding.joined(own.map(\.figures))
              + groups.map { group in StoredValue(group, .group(lists.filter { $0.0 == group }.map(\.1))) })))
    }
    if let targetScaling {
      values.append(
        StoredValue(
          "targets",
          .group([
            StoredValue("name", .texts(targetScaling.names)),
            StoredValue("scaling", .texts(targetScaling.methods.map(\.rawValue))),
            StoredValue("center", .doubles(targetScaling.center)), StoredValue("scale", .doubles(targetScaling.scale)),
          ])))
    }
    return StoredValue(TableEncoding.storedName, .group(values))
  }

  /// Values of one element each as one of as many elements.
  private static func joined(_ parts: [[StoredValue]]) -> [StoredValue] {
    parts[0].map { first in
      let name = first.name
      let content: StoredValue.Content =
        switch first.content {
        case .texts: .texts(parts.flatMap { $0.texts(name) ?? [] })
        case .integers: .integers(parts.flatMap { $0.integers(name) ?? [] })
        default: .doubles(parts.flatMap { $0.doubles(name) ?? [] })
        }
      return StoredValue(name, content)
    }
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
    var found: [ExactText: any FittedColumn] = [:]
    for kind in TableEncoding.kinds {
      guard case .group(let group)? = own[kind.word] else { continue }
      for (place, name) in (group.texts("name") ?? []).enumerated() {
        found[ExactText(name)] = try kind.init(
          name: name, restoring: group.compactMap { TableEncoding.part($0, place, name) })
      }
    }
    let columns = try (own.texts("names") ?? []).map { name -> any FittedColumn in
      guard let column = found[ExactText(name)] else {
        throw ColumnError("/data/columns names `\(name)`, and has nothing of it that this program reads")
      }
      return column
    }
    guard !columns.isEmpty else { throw ColumnError("/data/columns names no column") }
    var scaling: TargetScaling?
    if case .group(let targets)? = own["targets"] {
      let names = targets.texts("name") ?? []
      let (center, scale) = (targets.doubles("center") ?? [], targets.doubles("scale") ?? [])
      let methods = (targets.texts("scaling") ?? []).compactMap { NumberScaling.Method(rawValue: $0) }
      guard Set([names.count, methods.count, center.count, scale.count]).count == 1, !names.isEmpty,
        scale.allSatisfy({ $0 > 0 })
      else { throw ColumnError("/data/columns/targets: its values do not fit together") }
      scaling = TargetScaling(names: names, methods: methods, center: center, scale: scale)
    }
    self.init(columns, targetScaling: scaling)
  }

  /// What a value of a kind's group holds of one column; nil: nothing.
  private static func part(_ value: StoredValue, _ place: Int, _ name: String) -> StoredValue? {
    switch value.content {
    case .group(let lists): lists[datasetName(name)].map { StoredValue(value.name, $0) }
    case .texts(let texts) where texts.indices.contains(place): StoredValue(value.name, .texts([texts[place]]))
    case .doubles(let all) where all.indices.contains(place): StoredValue(value.name, .doubles([all[place]]))
    case .integers(let all) where all.indices.contains(place): StoredValue(value.name, .integers([all[place]]))
    default: nil
    }
  }

  /// A name that a dataset can have: `/` separates groups, and `.` is one.
  private static func datasetName(_ name: String) -> String {
    let escaped = name.replacing("%", with: "%25").replacing("/", with: "%2F")
    if escaped.utf8.first == UInt8(ascii: ".") { return "%2E" + escaped.dropFirst() }
    return escaped.isEmpty ? "%" : escaped
  }
}
