internal import Kernels

/// The exponential moving average of the weights, which is evaluated and used in the place of those that are trained.
///
/// After each update: average = momentum * average + (1 - momentum) * weights; after the first one it is the weights, as
/// in Keras' optimizers (`use_ema`, `ema_momentum`): no bias of the weights that a run starts from. Moving statistics
/// are no weights: there is one of each.
/// Source: Polyak, Juditsky: Acceleration of stochastic approximation by averaging, 1992.
final class WeightAverage: @unchecked Sendable {
  // Unchecked: in the update phase each worker writes the tiles that it updates; all else happens between steps.
  /// The network with the averaged weights; its moving statistics are the trained model's.
  let model: Model
  private let trained: Model
  private let momentum: Float

  /// - Parameter model: the one that is trained.
  init(of model: Model, _ averaging: WeightAveraging) {
    trained = model
    self.model = Model(sharingStateOf: model)
    switch averaging {
    case .ema(let decay): momentum = Float(decay)
    }
    restart()
  }

  /// Begins with the weights at hand.
  func restart() { model.parameters.copy(from: trained.parameters.readOnly) }

  /// Takes in weights that an update has just changed.
  ///
  /// - Parameter iterations: updates before that.
  func take(_ range: Range<Int>, iterations: Int) {
    Updates.average(
      model.parameters[range], weights: trained.parameters.readOnly[range], momentum: iterations == 0 ? 0 : momentum)
  }
}
