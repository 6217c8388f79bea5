public import Kernels

/// What a training pass over a shard depends on besides the data.
public struct TrainingPass: Sendable {
  /// Key of this run's and attempt's random numbers.
  public let key: UInt64
  /// Updates applied before this step.
  public let step: UInt32
  /// Number of the shard's first row in its batch.
  public let firstRow: UInt32
  /// What the loss of a position that counts is multiplied by, where a mask leaves positions out: rows of the batch by its
  /// positions that count. nil: as of the rows at hand alone.
  public let positionWeight: Double?

  public init(key: UInt64, step: UInt32, firstRow: UInt32, positionWeight: Double? = nil) {
    self.key = key
    self.step = step
    self.firstRow = firstRow
    self.positionWeight = positionWeight
  }
}

/// What a pass over a shard leaves besides outputs and gradients, and what it goes on from. A trivial value.
struct PassRecords {
  /// The shard's figures; nil: nobody looks.
  var figures: UnsafeMutablePointer<Float>?
  /// What the batch before left, and what this one leaves, by row; nil: it begins with zeros.
  var carried: Matrix?
  var carriedOn: MutableMatrix?
}

/// The operands of one forward pass, views by number. A trivial value: two pointers and the vectors' bases.
public struct ForwardPass {
  let operands: UnsafePointer<OperandTable>
  /// Where each buffer of the workspace begins.
  let buffers: UnsafePointer<UnsafeMutablePointer<Float>>
  public let rows: Int
  let parameters: UnsafePointer<Float>
  let states: UnsafePointer<Float>
  let shardStatistics: UnsafeMutablePointer<Float>?
  /// nil: inference.
  public let training: TrainingPass?
  var records = PassRecords()

  /// Number of the layer in its network: part of the counter of its random numbers.
  @inline(__always)
  public var layer: Int { operands.pointee.layer }

  /// Read: which positions of input `number` count, `[rows, positions]`: where the float is not 0. nil: all do. Only where
  /// `readsMasks`.
  @inline(__always)
  public func mask(_ number: Int) -> Matrix? { operands.pointee.mask(number, rows, buffers) }

  /// Overwritten: the numbers of measurement `number`, of this shard; nil: nobody looks at this step.
  @inline(__always)
  public func figures(_ number: Int) -> MutableVector? {
    records.figures.map { operands.pointee.figures[number].of($0) }
  }

  /// Read: what the rows of the batch before left, `[rows, carried]`; nil: nothing, which stands for zeros.
  @inline(__always)
  public var carried: Matrix? { records.carried.map { $0.columns(operands.pointee.carriedColumns) } }

  /// Overwritten: what the next batch goes on from; nil: there is none.
  @inline(__always)
  public var carriedOn: MutableMatrix? { records.carriedOn.map { $0.columns(operands.pointee.carriedColumns) } }

  /// Read, `[rows, floats a sample]`.
  @inline(__always)
  public func input(_ number: Int) -> Matrix { operands.pointee.input(number, rows, buffers) }

  /// Read: input `number` with its last axis as columns, `[rows * leading extents, features]`.
  @inline(__always)
  public func input(_ number: Int, features: Int) -> Matrix { input(number).byLastAxis(features) }

  /// Overwritten, `[rows, floats a sample]`.
  @inline(__always)
  public var output: MutableMatrix { operands.pointee.output(rows, buffers) }

  /// Overwritten: the output with its last axis as columns.
  @inline(__always)
  public func output(features: Int) -> MutableMatrix { output.byLastAxis(features) }

  /// Read: trainable weight `number`.
  @inline(__always)
  public func parameter(_ number: Int) -> Vector { operands.pointee.trainable[number].of(parameters) }

  /// Read: state `number`.
  @inline(__always)
  public func state(_ number: Int) -> Vector { operands.pointee.state[number].of(states) }

  /// Overwritten in training, of the shape of state `number`: this shard's own statistics.
  ///
  /// - Precondition: `training` is not nil.
  @inline(__always)
  public func statistics(_ number: Int) -> MutableVector {
    guard let shardStatistics else { preconditionFailure("inference has no statistics") }
    return operands.pointee.state[number].of(shardStatistics)
  }

  /// Overwritten in training; `backward` gets it as it was left. May be clobbered in inference.
  @inline(__always)
  public var kept: MutableVector { operands.pointee.kept(rows, buffers) }

  /// May be clobbered.
  @inline(__always)
  public var scratch: MutableVector { operands.pointee.forwardScratch(rows, buffers) }
}

/// The operands of one backward pass, views by number.
public struct BackwardPass {
  let operands: UnsafePointer<OperandTable>
  let buffers: UnsafePointer<UnsafeMutablePointer<Float>>
  public let rows: Int
  let parameters: UnsafePointer<Float>
  let gradients: UnsafeMutablePointer<Float>
  /// As in `forward`.
  public let training: TrainingPass
  var records = PassRecords()

  /// Number of the layer in its network, as in `forward`.
  @inline(__always)
  public var layer: Int { operands.pointee.layer }

  /// Read: which positions of input `number` count, `[rows, positions]`: where the float is not 0. nil: all do. Only where
  /// `readsMasks`.
  @inline(__always)
  public func mask(_ number: Int) -> Matrix? { operands.pointee.mask(number, rows, buffers) }

  /// Overwritten: the numbers of measurement `number`, of this shard; nil: nobody looks at this step.
  @inline(__always)
  public func figures(_ number: Int) -> MutableVector? {
    records.figures.map { operands.pointee.figures[number].of($0) }
  }

  /// Read: what the rows of the batch before left, as in `forward`.
  @inline(__always)
  public var carried: Matrix? { records.carried.map { $0.columns(operands.pointee.carriedColumns) } }

  /// Read: what `forward` was given. Only where `backwardReads` names it.
  @inline(__always)
  public func input(_ number: Int) -> Matrix { operands.pointee.input(number, rows, buffers) }

  @inline(__always)
  public func input(_ number: Int, features: Int) -> Matrix { input(number).byLastAxis(features) }

  /// Read: what `forward` made. Only where `backwardReads` names it.
  @inline(__always)
  public var output: Matrix { operands.pointee.output(rows, buffers).readOnly }

  @inline(__always)
  public func output(features: Int) -> Matrix { output.byLastAxis(features) }

  /// dL/d output of the sum over rows; may be clobbered. `[rows, floats a sample]`
  @inline(__always)
  public var outputGradient: MutableMatrix { outputGradient(0) }

  @inline(__always)
  public func outputGradient(features: Int) -> MutableMatrix { outputGradient.byLastAxis(features) }

  @inline(__always)
  func outputGradient(_ number: Int) -> MutableMatrix { operands.pointee.outputGradient(number, rows, buffers) }

  /// dL/d input `number`: overwritten, `[rows, floats a sample]`; nil where nothing before has weights (saves a product).
  @inline(__always)
  public func inputGradient(_ number: Int) -> MutableMatrix? {
    operands.pointee.inputGradient(number, rows, buffers)
  }

  @inline(__always)
  public func inputGradient(_ number: Int, features: Int) -> MutableMatrix? {
    inputGradient(number)?.byLastAxis(features)
  }

  /// Read: trainable weight `number`.
  @inline(__always)
  public func parameter(_ number: Int) -> Vector { operands.pointee.trainable[number].of(parameters) }

  /// dL/d weight `number`: overwritten; added to where it `isStarted`.
  @inline(__always)
  public func parameterGradient(_ number: Int) -> MutableVector { operands.pointee.trainable[number].of(gradients) }

  /// Whether layers behind this one, which use the same weight `number`, have left their part of its gradient: what this one
  /// makes is added.
  @inline(__always)
  public func isStarted(_ number: Int) -> Bool { operands.pointee.trainable[number].isStarted }

  /// Not nil for a factored kernel: overwritten with what `FactoredKernel.Kind` says, and its gradient is left alone.
  @inline(__always)
  public func panels(_ number: Int) -> MutableVector? { operands.pointee.panels(number, rows, buffers) }

  /// As `forward` left it; may be clobbered.
  @inline(__always)
  public var kept: MutableVector { operands.pointee.kept(rows, buffers) }

  /// May be clobbered.
  @inline(__always)
  public var scratch: MutableVector { operands.pointee.backwardScratch(rows, buffers) }
}

/// The shards' statistics of a step, to be folded into a layer's state.
public struct StatePass {
  let operands: UnsafePointer<OperandTable>
  let states: UnsafeMutablePointer<Float>
  let shards: [Vector]
  /// Samples of each shard; 0: it has no statistics.
  public let rows: [Int]

  /// Read and overwritten: state `number`.
  public func state(_ number: Int) -> MutableVector { operands.pointee.state[number].of(states) }

  /// Read: what shard `shard` left for state `number`.
  public func statistics(_ number: Int, ofShard shard: Int) -> Vector {
    operands.pointee.state[number].of(shards[shard].base)
  }
}

extension Matrix {
  /// The same floats with `features` columns.
  @inline(__always)
  func byLastAxis(_ features: Int) -> Matrix {
    if columns == features { return self }
    return vector.matrix(rows: rows * (columns / features), columns: features)
  }
}

extension MutableMatrix {
  @inline(__always)
  func byLastAxis(_ features: Int) -> MutableMatrix {
    if columns == features { return self }
    return vector.matrix(rows: rows * (columns / features), columns: features)
  }
}

extension MutableVector {
  /// Overwrites all with `source`, whose memory it may be.
  @inline(__always)
  func copyUnlessSame(_ source: Vector) {
    if UnsafePointer(base) != source.base { copy(from: source) }
  }
}
