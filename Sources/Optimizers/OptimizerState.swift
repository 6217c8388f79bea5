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
  /// Of each transform, in chain order, and each entry: whether the transform leaves the entry alone.
  private let exclusions: [Bool]
  private let entries: Int

  // This step's figures, made by `Optimizer.prepare`.
  var prepared: [SIMD4<Float>]
  var staged: [Double]
  var clipScale: Float = 1
  var entryScales: [Float]

  /// - Parameters:
  ///   - count: floats of the flat vector of trainable weights.
  ///   - entries: names of the weights in it, such as `kernel`, for clipping by each weight's norm and for transforms
  ///     that leave some out.
  public init(optimizer: Optimizer, count: Int, entries: [String]) {
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
    entryScales = Array(repeating: 1, count: entries.count)
    exclusions = optimizer.transforms.flatMap { transform in entries.map { !transform.applies(to: $0) } }
    self.entries = entries.count
    self.count = count
    let stride = AlignedBuffer.padded(count)
    memory = AlignedBuffer(count: stride * slotNames.count)
    slotBases = .allocate(capacity: max(slotNames.count, 1))
    for index in slotNames.indices { slotBases[index] = memory.mutable.base + index * stride }
    reset(optimizer)
  }

  deinit { slotBases.deallocate() }

  public func slot(_ index: Int) -> MutableVector { MutableVector(base: slotBases[index], count: count) }

  /// Whether a transform of the chain leaves an entry alone.
  func excludes(transform: Int, entry: Int) -> Bool { exclusions[transform * entries + entry] }

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
