internal import Kernels
internal import NeuralNetwork

/// The weights of the best epoch so far.
final class BestWeights {
  private let trainable: AlignedBuffer
  private let moving: AlignedBuffer
  private(set) var isTaken = false

  init(_ network: Network) {
    trainable = AlignedBuffer(count: network.layout.trainableCount)
    moving = AlignedBuffer(count: network.layout.stateCount)
  }

  var parameters: Vector { trainable.vector }
  var state: Vector { moving.vector }

  func take(_ model: Model) { take(parameters: model.parameters.readOnly, state: model.state.readOnly) }

  func take(parameters: Vector, state: Vector) {
    trainable.mutable.copy(from: parameters)
    moving.mutable.copy(from: state)
    isTaken = true
  }

  /// After a rollback: the best epoch may have been one of the discarded attempt's.
  func discard() { isTaken = false }

  func putBack(_ model: Model) {
    model.parameters.copy(from: trainable.vector)
    model.state.copy(from: moving.vector)
  }
}
