internal import Kernels

/// Samples that are held in memory: numbers as floats, and bytes and whole numbers as they are.
public struct InMemorySource: SampleSource {
  public let count: Int
  public let schema: SampleSchema
  public let fingerprint: String
  /// Of each input, `[count, columns of the input]`, row-major.
  public let inputs: [FieldValues]
  /// `[count, targetColumns]`, row-major; without any where there are no targets.
  public let targetValues: FieldValues
  /// What each row counts for; empty: each for 1.
  public let weights: [Float]
  /// What sums over rows that have weights are divided by.
  public private(set) var lossDivisor = LossDivisor.weights
  /// Names of the columns where the source has them, else empty.
  public let featureNames: [String]
  public let origins: FeatureOrigins
  public let warnings: [String]

  /// Samples of one input, `features`.
  ///
  /// - Parameters:
  ///   - features: `[count, product of sampleShape]`, row-major.
  ///   - targets: `[count, targetColumns]`, row-major.
  /// - Precondition: both hold the same number of whole rows, at least one, and classes are whole numbers.
  public init(
    features: [Float], sampleShape: [Int], targets: [Float], targetColumns: Int, targetKind: TargetKind,
    featureNames: [String] = [], origins: FeatureOrigins = .none, warnings: [String] = []
  ) {
    self.init(
      SampleSchema(sampleShape: sampleShape, targetColumns: targetColumns, targetKind: targetKind),
      inputs: [.floats(features)], targets: .floats(targets), featureNames: featureNames, origins: origins,
      warnings: warnings)
  }

  /// - Parameters:
  ///   - schema: at most one target; whether it is weighted is said by `weights`.
  ///   - inputs: one for each of the schema's, `[count, columns]`, row-major.
  ///   - targets: `[count, targetColumns]`, row-major; empty where the schema has none.
  ///   - weights: `[count]`; empty: the rows have none.
  ///   - featureNames: of the columns of a single input; empty: they have none.
  ///   - origins: of the schema's value columns.
  /// - Precondition: all hold the same number of whole rows, at least one, and classes are whole numbers.
  public init(
    _ schema: SampleSchema, inputs: [FieldValues], targets: FieldValues, weights: [Float] = [],
    featureNames: [String] = [], origins: FeatureOrigins = .none, warnings: [String] = []
  ) {
    precondition(inputs.count == schema.inputs.count && schema.targets.count <= 1)
    count = inputs[0].count / schema.inputs[0].columns
    precondition(count > 0 && count <= Int(Int32.max), "\(count) rows; row numbers are Int32")
    for (field, values) in zip(schema.inputs, inputs) {
      precondition(values.count == count * field.columns, "`\(field.name)`: \(values.count) numbers for \(count) rows")
    }
    precondition(targets.count == count * schema.targetColumns, "\(targets.count) targets for \(count) rows")
    precondition(featureNames.isEmpty || featureNames.count == schema.inputs[0].columns && inputs.count == 1)
    precondition(origins.isEmpty || origins.origin.count == schema.valueColumns, "origins of other columns")
    precondition(weights.isEmpty || weights.count == count, "\(weights.count) weights for \(count) rows")
    let schema = SampleSchema(inputs: schema.inputs, targets: schema.targets, isWeighted: !weights.isEmpty)
    self.schema = schema
    self.inputs = inputs
    targetValues = targets
    self.weights = weights
    self.featureNames = featureNames
    self.origins = origins
    self.warnings = warnings

    var hash = Fingerprint()
    if schema.hasNamedInputs {
      hash.add(named: schema.inputs)
    } else {
      hash.add(schema.sampleShape.count)
      for extent in schema.sampleShape { hash.add(extent) }
    }
    hash.add(schema.targetColumns)
    hash.add(schema.targetKind)
    for values in inputs { hash.add(values) }
    hash.add(targets)
    if !weights.isEmpty {
      hash.add("weights")
      hash.add(weights)
    }
    hash.add(origins)
    fingerprint = hash.hexadecimal
  }

  /// Floats of a sample's quantities: of its one input, or of all inputs that are values.
  public var featureColumns: Int { schema.hasNamedInputs ? schema.valueColumns : schema.inputs[0].columns }

  /// The quantities of all rows, `[count, featureColumns]`, row-major: the columns of one input that is held as floats as
  /// they are; else a new array.
  public var features: [Float] {
    guard schema.hasNamedInputs else { return inputs[0].floats }
    let numbers = schema.valueInputs
    if numbers.count == 1 { return inputs[numbers[0]].floats }
    let columns = featureColumns
    return [Float](unsafeUninitializedCapacity: count * columns) { buffer, initialized in
      var start = 0
      for number in numbers {
        let (floats, width) = (inputs[number].floats, schema.inputs[number].columns)
        for row in 0..<count {
          for column in 0..<width { buffer[row * columns + start + column] = floats[row * width + column] }
        }
        start += width
      }
      initialized = count * columns
    }
  }

  /// `[count, targetColumns]`, row-major.
  public var targets: [Float] { targetValues.floats }

  /// Memory that the rows take, in bytes.
  public var memory: Int { inputs.reduce(targetValues.memory) { $0 + $1.memory } }

  public func gather(_ rows: UnsafeBufferPointer<Int32>, into batch: Batch) {
    for number in inputs.indices {
      inputs[number].gather(rows, columns: schema.inputs[number].columns, into: batch.input(number))
    }
    if !schema.targets.isEmpty { targetValues.gather(rows, columns: schema.targetColumns, into: batch.target(0)) }
    if let own = batch.weights { for (place, row) in rows.enumerated() { own[place] = weights[Int(row)] } }
  }

  /// The sum of the weights, in the order of the rows, where there are some and `lossDivisor` does not say otherwise.
  public func divisor(of rows: UnsafeBufferPointer<Int32>) -> Divisor {
    let isWeighted = !weights.isEmpty && lossDivisor == .weights
    return Divisor(isWeighted ? rows.reduce(0.0) { $0 + Double(weights[Int($1)]) } : Double(rows.count))
  }

  public func divided(by divisor: LossDivisor) -> InMemorySource {
    var source = self
    source.lossDivisor = divisor
    return source
  }

  public func countedPositions(of rows: UnsafeBufferPointer<Int32>, inputs numbers: [Int]) -> Int {
    let columns = schema.inputs[numbers[0]].columns
    return rows.reduce(0) { sum, row in
      let places = Int(row) * columns..<(Int(row) + 1) * columns
      if numbers.count == 1 { return sum + inputs[numbers[0]].nonzeroCount(places) }
      return sum
        + places.reduce(0) { count, place in numbers.contains { inputs[$0].isNonzero(place) } ? count + 1 : count }
    }
  }

  public var targetRange: ClosedRange<Float>? { targetValues.range }

  public func range(ofInput number: Int) -> ClosedRange<Float>? { inputs[number].range }

  /// A source of these rows alone, in the order given. Classes stay as they are, also those without a row.
  ///
  /// - Precondition: at least one row, each within `0..<count`.
  public func selecting(_ rows: [Int32]) -> InMemorySource {
    InMemorySource(
      schema, inputs: zip(inputs, schema.inputs).map { $0.selecting(rows, columns: $1.columns) },
      targets: schema.targets.isEmpty ? targetValues : targetValues.selecting(rows, columns: schema.targetColumns),
      weights: weights.isEmpty ? [] : rows.map { weights[Int($0)] },
      featureNames: featureNames, origins: origins, warnings: warnings
    ).divided(by: lossDivisor)
  }

  /// Rows without NaN and Inf, in order.
  public var finiteRows: [Int32] {
    (0..<count).filter { row in
      zip(inputs, schema.inputs).allSatisfy { $0.isFinite(row: row, columns: $1.columns) }
        && (schema.targets.isEmpty || targetValues.isFinite(row: row, columns: schema.targetColumns))
        && (weights.isEmpty || weights[row].isFinite)
    }.map { Int32($0) }
  }

  /// The same samples with other class numbers.
  func replacing(targets: [Float], _ kind: TargetKind) -> InMemorySource {
    InMemorySource(
      SampleSchema(inputs: schema.inputs, targetShape: schema.targetShape, targetKind: kind), inputs: inputs,
      targets: .floats(targets), weights: weights, featureNames: featureNames, origins: origins, warnings: warnings
    ).divided(by: lossDivisor)
  }

  /// The same samples with other quantities: of the same shape where there are as many columns.
  ///
  /// - Precondition: as many columns, where inputs have names.
  func replacing(features: [Float], columns: Int) -> InMemorySource {
    guard columns == featureColumns else {
      precondition(!schema.hasNamedInputs, "\(featureColumns) columns of named inputs become \(columns)")
      return InMemorySource(
        SampleSchema(
          inputs: [SampleSchema.Field(SampleSchema.features, shape: [columns])], targetShape: schema.targetShape,
          targetKind: schema.targetKind), inputs: [.floats(features)], targets: targetValues, weights: weights,
        origins: origins, warnings: warnings
      ).divided(by: lossDivisor)
    }
    var (features, inputs) = (features, inputs)
    if let padding { for place in padding.indices where padding[place] { features[place] = 0 } }
    let numbers = schema.hasNamedInputs ? schema.valueInputs : [0]
    if numbers.count == 1 {
      inputs[numbers[0]] = .floats(features)
    } else {
      var start = 0
      for number in numbers {
        let width = schema.inputs[number].columns
        inputs[number] = .floats(
          (0..<count).flatMap { features[$0 * columns + start..<$0 * columns + start + width] })
        start += width
      }
    }
    return InMemorySource(
      schema, inputs: inputs, targets: targetValues, weights: weights, featureNames: featureNames, origins: origins,
      warnings: warnings
    ).divided(by: lossDivisor)
  }
}
