public import Kernels

/// Memory that samples are gathered into: a view for each input and target of a schema, and one for weights.
///
/// A trivial value over memory that somebody else has laid out: making and handing it on allocates nothing. Valid as long as
/// its `BatchViews` live and are not filled again for the same worker.
public struct Batch: @unchecked Sendable {
  // Unchecked: as views are; one worker fills a batch and reads it.
  public let rows: Int
  /// What each sample counts for, `[rows]`; nil: each counts for 1.
  public let weights: MutableVector?
  private let views: UnsafePointer<MutableMatrix>
  private let inputs: Int
  private let targets: Int

  init(rows: Int, views: UnsafePointer<MutableMatrix>, inputs: Int, targets: Int, weights: MutableVector?) {
    self.rows = rows
    self.views = views
    self.inputs = inputs
    self.targets = targets
    self.weights = weights
  }

  /// Input `number` of the schema, `[rows, columns]`.
  public func input(_ number: Int) -> MutableMatrix {
    precondition(number >= 0 && number < inputs, "input \(number) of \(inputs)")
    return views[number]
  }

  /// Target `number` of the schema, `[rows, columns]`.
  public func target(_ number: Int) -> MutableMatrix {
    precondition(number >= 0 && number < targets, "target \(number) of \(targets)")
    return views[inputs + number]
  }
}

/// Room for the views of batches, one batch a worker: laid out once, filled again for every batch.
public final class BatchViews: @unchecked Sendable {
  // Unchecked: a worker fills and reads its own views alone.
  private let views: UnsafeMutablePointer<MutableMatrix>
  private let inputs: Int
  private let targets: Int
  private let workers: Int
  private let isWeighted: Bool

  public init(_ schema: SampleSchema, workers: Int) {
    inputs = schema.inputs.count
    targets = schema.targets.count
    isWeighted = schema.isWeighted
    self.workers = workers
    views = .allocate(capacity: max(1, workers * (inputs + targets)))
  }

  deinit { views.deallocate() }

  /// The batch of a worker over memory that it has; allocates nothing.
  ///
  /// - Parameters:
  ///   - inputs, targets: the view of the input or target of a number, `[rows, columns]`.
  ///   - weights: `[rows]`; not nil where the schema is weighted.
  public func batch(
    worker: Int, rows: Int, inputs input: (Int) -> MutableMatrix, targets target: (Int) -> MutableMatrix,
    weights: MutableVector? = nil
  ) -> Batch {
    precondition(worker >= 0 && worker < workers, "worker \(worker) of \(workers)")
    precondition((weights?.count ?? 0) == (isWeighted ? rows : 0), "room for the weights of \(rows) rows")
    let own = views + worker * (inputs + targets)
    // Views are trivial: what stood here needs no end.
    for number in 0..<inputs { (own + number).initialize(to: input(number)) }
    for number in 0..<targets { (own + inputs + number).initialize(to: target(number)) }
    return Batch(rows: rows, views: own, inputs: inputs, targets: targets, weights: weights)
  }
}
