internal import Datasets
internal import GradientHealth
internal import Kernels
internal import NeuralNetwork

extension DataFigures {
  /// Rows and floats that are looked at, at most; of larger data the first so many of an order that is not shuffled. Of rows
  /// that take work to read a glance is taken at some, drawn from all, and at the targets of all.
  private static let (mostRows, mostFloats) = (1 << 18, 1 << 26)

  /// Measures the rows of a source.
  ///
  /// - Parameters:
  ///   - network: whose inputs are measured but for those that it looks up in tables; nil: all are.
  ///   - skipped: rows that are not trained on.
  /// - Throws: what the source throws where rows cannot be read.
  init(of source: any SampleSource, loss: any Loss, network: Network? = nil, without skipped: Set<Int32> = []) throws {
    self.init()
    guard source.targetColumns > 0, source.count > 0 else { return }
    let fields = source.schema.inputs
    let features = fields.reduce(0) { $0 + $1.columns }
    let width = features + source.targetColumns
    let count = min(
      source.count, DataFigures.mostRows, max(1024, DataFigures.mostFloats / width), source.glance ?? .max)
    let size = min(256, count)
    let rows = EpochRows(source, seed: 0, shuffle: source.glance != nil, batchSize: size)
    let inputs = AlignedBuffer(count: size * features)
    let starts = fields.indices.map { size * fields[..<$0].reduce(0) { $0 + $1.columns } }
    let outputs = AlignedBuffer(count: count * source.targetColumns)
    let weights = AlignedBuffer(count: source.schema.isWeighted ? count : 0)
    let views = BatchViews(source.schema, workers: 1)
    var moments = fields.map { Array(repeating: Moments(), count: $0.columns) }
    var taken = 0
    rows.begin(epoch: 0, attempt: 0, batch: 0)
    for number in 0..<rows.batches where taken < count {
      let all = try rows.batch(number)
      let batch = skipped.isEmpty ? Array(all) : all.filter { !skipped.contains($0) }
      let used = min(batch.count, count - taken)
      if used == 0 { continue }
      let input = zip(starts, fields).map {
        MutableMatrix(base: inputs.mutable.base + $0, rows: used, columns: $1.columns)
      }
      let target = MutableMatrix(
        base: outputs.mutable.base + taken * source.targetColumns, rows: used, columns: source.targetColumns)
      batch.prefix(used).withUnsafeBufferPointer {
        source.gather(
          $0,
          into: views.batch(
            worker: 0, rows: used, inputs: { input[$0] }, targets: { _ in target },
            weights: source.schema.isWeighted ? weights.mutable[taken..<taken + used] : nil))
      }
      for number in fields.indices {
        for row in 0..<used {
          for column in 0..<fields[number].columns { moments[number][column].add(Double(input[number][row, column])) }
        }
      }
      taken += used
    }
    guard taken > 0 else { return }
    if source.schema.isWeighted {
      DataFigures.resample(
        outputs.mutable, columns: source.targetColumns, by: (0..<taken).map { weights.vector[$0] })
    }
    let known = source.knownTargets.map { all in
      skipped.isEmpty ? all : all.indices.filter { !skipped.contains(Int32($0)) }.map { all[$0] }
    }
    let held = AlignedBuffer(count: known?.count ?? 0)
    if let known { held.mutable.copy(from: known) }
    let targets =
      known == nil
      ? Matrix(base: outputs.vector.base, rows: taken, columns: source.targetColumns)
      : Matrix(
        base: held.vector.base, rows: held.vector.count / source.targetColumns, columns: source.targetColumns)
    // Each position of a sample counts as a row.
    let last = loss.targets.takesOneColumn ? 1 : source.schema.targets.first?.shape.last ?? 1
    constantLoss = loss.constantLoss(
      targets: Matrix(base: targets.base, rows: targets.count / last, columns: last))
    if (source as? InMemorySource)?.lossDivisor == .rows, source.schema.isWeighted {
      constantLoss *= (0..<taken).reduce(0.0) { $0 + Double(weights.vector[$1]) } / Double(taken)
    }
    if loss.targets.areQuantities {
      var all = Moments()
      for index in 0..<targets.count { all.add(Double(targets.base[index])) }
      (targetMean, targetDeviation) = (all.mean, all.deviation)
    }
    let lookups = network?.lookups ?? []
    let binding = network?.binding(of: source.schema) ?? []
    let quantities = moments.indices.filter { lookups.isEmpty || lookups[binding[$0]] == nil }
    let varying = quantities.flatMap { moments[$0] }.filter { $0.deviation > 0 && $0.deviation.isFinite }
    largestFeatureDeviation = varying.map(\.deviation).max() ?? .nan
    smallestFeatureDeviation = varying.map(\.deviation).min() ?? .nan
    largestFeatureMean = varying.map { abs($0.mean) }.max() ?? .nan
  }
}

extension DataFigures {
  /// Puts rows in the place of others so that each is there about as often as its weight says: what figures of rows that
  /// count alike are computed from. Systematic resampling: row r holds the point (i + 1/2) / rows of the weights' sum.
  fileprivate static func resample(_ values: MutableVector, columns: Int, by weights: [Float]) {
    let total = weights.reduce(0.0) { $0 + Double($1) }
    guard total > 0, total.isFinite else { return }
    let from = Array((0..<weights.count * columns).map { values[$0] })
    var (row, reached) = (0, Double(weights[0]))
    for place in weights.indices {
      let point = (Double(place) + 0.5) / Double(weights.count) * total
      while reached < point, row + 1 < weights.count {
        row += 1
        reached += Double(weights[row])
      }
      for column in 0..<columns { values[place * columns + column] = from[row * columns + column] }
    }
  }
}

/// Mean and deviation of numbers that come one by one, measured from the first of them, so that the squares keep their
/// digits.
private struct Moments {
  private var origin = Double.nan
  private var count = 0.0
  private var sum = 0.0
  private var squares = 0.0

  var mean: Double { origin + sum / count }
  var deviation: Double { max(0, squares / count - (sum / count) * (sum / count)).squareRoot() }

  mutating func add(_ value: Double) {
    if count == 0 { origin = value }
    let distance = value - origin
    count += 1
    sum += distance
    squares += distance * distance
  }
}
