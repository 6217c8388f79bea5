public import Kernels

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
        tile(0), gradient: gradient[range], scale: scale, prepared: state.prepared,
        decays: fused.decays && !state.excludes(transform: 2, entry: entry), weights: weights[range])
      return (statistics, 0)
    }
    var clippedSquareSum = 0.0
    if case .value(let limit) = clipping {
      Updates.copy(gradient[range], clippedTo: Float(limit), into: update)
      clippedSquareSum = Reductions.finishGradient(update, scale: 1, weights: nil, l1: 0, l2: 0).squareSum
    } else {
      Updates.copy(gradient[range], scaledBy: scale, into: update)
    }
    for index in transforms.indices where !state.excludes(transform: index, entry: entry) {
      transforms[index].apply(tile(index), prepared: state.prepared[index])
    }
    return (Updates.apply(update.readOnly, to: weights[range], statistics: true), clippedSquareSum)
  }
}
