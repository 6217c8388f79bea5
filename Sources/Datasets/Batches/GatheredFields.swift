public import Kernels

/// Memory of its own for some rows of a source: for looking at them beside the steps.
public final class GatheredFields {
  private let schema: SampleSchema
  private let views: BatchViews
  private let arena: AlignedBuffer
  /// Where the inputs stand, then the targets, then the weights.
  private let starts: [Int]

  /// - Parameter rows: at most.
  public init(_ schema: SampleSchema, rows: Int) {
    self.schema = schema
    views = BatchViews(schema, workers: 1)
    var starts = [0]
    for field in schema.inputs + schema.targets { starts.append(starts[starts.count - 1] + rows * field.columns) }
    self.starts = starts
    arena = AlignedBuffer(count: starts[starts.count - 1] + rows)
  }

  /// What a source gathers so many rows into.
  public func batch(rows: Int) -> Batch {
    let weights = starts[starts.count - 1]
    return views.batch(
      worker: 0, rows: rows, inputs: { field($0, schema.inputs[$0], rows) },
      targets: { field(schema.inputs.count + $0, schema.targets[$0], rows) },
      weights: schema.isWeighted ? arena.mutable[weights..<weights + rows] : nil)
  }

  /// Input `number` of the rows that were gathered last.
  public func input(_ number: Int, rows: Int) -> MutableMatrix { field(number, schema.inputs[number], rows) }

  private func field(_ number: Int, _ field: SampleSchema.Field, _ rows: Int) -> MutableMatrix {
    MutableMatrix(base: arena.mutable.base + starts[number], rows: rows, columns: field.columns)
  }
}
