public import Kernels

/// One link of an optimizer: turns the update so far into the next, tile by tile.
///
/// A transform is an immutable description. Its slots (one flat vector each, laid out like the weights) belong to the
/// `OptimizerState`. Order is meaning: decay before the learning rate is scaled with it, momentum after it sums scaled
/// steps. The minus sign stands in the learning-rate transform alone.
public protocol GradientTransform: Sendable {
  /// Names of the slots, as Keras calls them. A slot starts at `initialSlotValue`.
  var slots: [String] { get }
  var initialSlotValue: Float { get }

  /// Name of the running scalar kept in the state, which starts at 1; nil: none.
  var scalar: String? { get }

  /// What it is to a kernel that computes several transforms in one pass; nil: nothing.
  var part: FusiblePart? { get }

  /// Whether it acts on the weight of that name (`kernel`, `bias`, ...). Asked for at setup.
  func applies(to weight: String) -> Bool

  /// What every tile of one step needs, computed once; the running scalar is advanced.
  ///
  /// - Parameters:
  ///   - step: number of this update, from 1.
  ///   - scalar: read and overwritten, by a transform that named one.
  func prepare(step: Int, learningRate: Double, scalar: inout Double) -> SIMD4<Float>

  /// - Parameter tile: `update` read and overwritten, slots accumulated, weights read.
  func apply(_ tile: OptimizerTile, prepared: SIMD4<Float>)
}

extension GradientTransform {
  public var slots: [String] { [] }
  public var initialSlotValue: Float { 0 }
  public var scalar: String? { nil }
  public var part: FusiblePart? { nil }
  public func applies(to weight: String) -> Bool { true }
  public func prepare(step: Int, learningRate: Double, scalar: inout Double) -> SIMD4<Float> { .zero }
}

/// A tile as a transform sees it.
public struct OptimizerTile {
  /// The update so far.
  public let update: MutableVector
  /// The weights before the update.
  public let weights: Vector
  /// Where the tile stands in the flat vectors.
  let range: Range<Int>
  let slotBases: UnsafePointer<UnsafeMutablePointer<Float>>

  /// The tile's part of the transform's slot number `index`.
  public func slot(_ index: Int) -> MutableVector {
    MutableVector(base: slotBases[index] + range.lowerBound, count: range.count)
  }
}
