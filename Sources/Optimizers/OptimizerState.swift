public import Kernels

/// Everything an optimizer remembers between steps: slot vectors, running scalars and the count of updates.
public final class OptimizerState: @unchecked Sendable {
  // Unchecked: between steps one thread owns all of it; in the update phase each worker touches the slots' tiles that it
  // owns, and `prepared` is only read.

  /// Slots in chain order. Names are unique: a chain has each transform once.
  public let slotNames: [String]
  /// The running scalar of each transform of the chain; nil: it has none.
  public let scalarNames: [String?]
  /// Updates applied.
  public internal(set) var iterations = 0
  /// Running scalars in chain order; 1 where a transform has none.
  public internal(set) var scalars: [Double]
  /// What reduction on a plateau has made of the rate so far; 1: nothing.
  public var learningRateFactor = 1.0

  /// Floats of one slot.
  public let count: Int
  private let memory: AlignedBuffer
  let slotBases: UnsafeMutablePointer<UnsafeMutablePointer<Float>>
  /// Number of each transform's first slot.
  let firstSlots: [Int]

  // This step's figures, made by `Optimizer.prepare`.
  var prepared: [SIMD4<Float>]
  var staged: [Double]
  var clipScale: Float = 1
  var entryScales: [Float]

  /// - Parameters:
  ///   - count: floats of the flat vector of trainable weights.
  ///   - entries: weights in it, for clipping by each weight's norm.
  public init(optimizer: Optimizer, count: Int, entries: Int) {
    slotNames = optimizer.transforms.flatMap(\.slots)
    scalarNames = optimizer.transforms.map(\.scalar)
    scalars = Array(repeating: 1, count: optimizer.transforms.count)
    staged = scalars
    var slots = 0
    firstSlots = optimizer.transforms.map { transform in
      defer { slots += transform.slots.count }
      return slots
    }
    prepared = Array(repeating: .zero, count: optimizer.transforms.count)
    entryScales = Array(repeating: 1, count: entries)
    self.count = count
    let stride = AlignedBuffer.padded(count)
    memory = AlignedBuffer(count: stride * slotNames.count)
    slotBases = .allocate(capacity: max(slotNames.count, 1))
    for index in slotNames.indices { slotBases[index] = memory.mutable.base + index * stride }
    reset(optimizer)
  }

  deinit { slotBases.deallocate() }

  public func slot(_ index: Int) -> MutableVector { MutableVector(base: slotBases[index], count: count) }

  /// Puts slots and scalars to their first values; the count of updates stays.
  public func reset(_ optimizer: Optimizer) {
    var index = 0
    for transform in optimizer.transforms {
      for _ in transform.slots {
        slot(index).fill(transform.initialSlotValue)
        index += 1
      }
    }
    for index in scalars.indices { scalars[index] = 1 }
  }

  /// Takes up where a checkpoint stood.
  ///
  /// - Precondition: as many scalars as names.
  public func restore(iterations: Int, scalars: [Double], learningRateFactor: Double) {
    precondition(scalars.count == scalarNames.count)
    self.iterations = iterations
    self.scalars = scalars
    self.learningRateFactor = learningRateFactor
  }
}

/// Statistics of the whole gradient that a step's clipping may need.
public struct GradientNorms: Sendable {
  /// L2 norm over all weights.
  public var global: Double
  /// Sum of squares of each weight's gradient, in entry order.
  public var entrySquares: [Double]

  public init(entries: Int) {
    global = 0
    entrySquares = Array(repeating: 0, count: entries)
  }
}

extension Optimizer {
  /// The rate that the next update will use.
  public func learningRate(_ state: OptimizerState) -> Double {
    learningRate.rate(iterations: state.iterations) * state.learningRateFactor * rateFactor
  }

  /// Computes what every tile of the next update needs. Nothing is advanced until `commit`.
  ///
  /// - Returns: the norm of the gradient after clipping.
  public func prepare(_ state: OptimizerState, norms: borrowing GradientNorms) -> Double {
    let rate = learningRate(state)
    for index in transforms.indices {
      var scalar = state.scalars[index]
      state.prepared[index] = transforms[index].prepare(
        step: state.iterations + 1, learningRate: rate, scalar: &scalar)
      state.staged[index] = scalar
    }
    switch clipping {
    case .none:
      return norms.global
    case .value:
      return .nan  // known only element by element: the update pass sums it
    case .globalNorm(let limit):
      let scale = GradientClipping.scale(norm: norms.global, limit: limit)
      state.clipScale = Float(scale)
      return norms.global * scale
    case .norm(let limit):
      var square = 0.0
      for (entry, entrySquare) in norms.entrySquares.enumerated() {
        let scale = GradientClipping.scale(norm: entrySquare.squareRoot(), limit: limit)
        state.entryScales[entry] = Float(scale)
        square += entrySquare * scale * scale
      }
      return square.squareRoot()
    }
  }

  /// The update has been applied to every tile.
  public func commit(_ state: OptimizerState) {
    state.iterations += 1
    for index in state.scalars.indices { state.scalars[index] = state.staged[index] }
  }

  /// Applies the prepared update to one tile. Workers call this at once for different tiles.
  ///
  /// - Parameters:
  ///   - range: the tile in the flat vectors, inside one entry.
  ///   - entry: number of the weight that the tile is part of.
  ///   - gradient: read, flat.
  ///   - weights: read and overwritten, flat.
  ///   - scratch: clobbered, at least `range.count` floats of the worker's own.
  /// - Returns: statistics of the update, and the sum of squares of the clipped gradient where clipping by value makes it
  ///   known only here (else 0).
  public func update(
    _ state: OptimizerState, range: Range<Int>, entry: Int, gradient: Vector, weights: MutableVector,
    scratch: MutableVector
  ) -> (UpdateStatistics, clippedSquareSum: Double) {
    let update = scratch[0..<range.count]
    let scale =
      switch clipping {
      case .none, .value: Float(1)
      case .norm: state.entryScales[entry]
      case .globalNorm: state.clipScale
      }
    func tile(_ transform: Int) -> OptimizerTile {
      OptimizerTile(
        update: update, weights: weights.readOnly[range], range: range,
        slotBases: UnsafePointer(state.slotBases + state.firstSlots[transform]))
    }
    if let fused {
      let statistics = fused.apply(
        tile(0), gradient: gradient[range], scale: scale, prepared: state.prepared, weights: weights[range])
      return (statistics, 0)
    }
    var clippedSquareSum = 0.0
    if case .value(let limit) = clipping {
      Updates.copy(gradient[range], clippedTo: Float(limit), into: update)
      clippedSquareSum = Reductions.finishGradient(update, scale: 1, weights: nil, l1: 0, l2: 0).squareSum
    } else {
      Updates.copy(gradient[range], scaledBy: scale, into: update)
    }
    for index in transforms.indices {
      transforms[index].apply(tile(index), prepared: state.prepared[index])
    }
    return (Updates.apply(update.readOnly, to: weights[range], statistics: true), clippedSquareSum)
  }
}
