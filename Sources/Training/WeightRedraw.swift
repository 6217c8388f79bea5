internal import GradientHealth
internal import Kernels
internal import NeuralNetwork

/// Weights that a run could have started from: kernels that keep signals at one size, and outputs where the targets are.
struct WeightRedraw {
  private let network: Network
  private let data: DataFigures
  private let loss: any Loss
  private let profiles: [LayerProfile]

  init(_ network: Network, data: DataFigures, loss: any Loss) {
    self.network = network
    self.data = data
    self.loss = loss
    profiles = LayerProfile.profiles(of: network.graph)
  }

  /// He's initializer under rectifiers, Glorot's under all else; recurrent kernels keep lengths.
  private func initializer(_ entry: ParameterLayout.Entry) -> Initializer {
    guard isKernel(entry) else { return entry.spec.initializer }
    if isRecurrent(entry) { return .orthogonal() }
    let rectifiers = ["relu", "relu6", "leaky_relu", "elu", "selu", "gelu", "silu", "hard_silu", "mish"]
    let isRectified = profiles[entry.layer].activation.map(rectifiers.contains) ?? false
    return isRectified ? .heUniform : .glorotUniform
  }

  /// Vectors are none, nor is a bias of several rows.
  private func isKernel(_ entry: ParameterLayout.Entry) -> Bool {
    entry.spec.isMatrix
  }

  private func isRecurrent(_ entry: ParameterLayout.Entry) -> Bool { entry.spec.name.hasSuffix("recurrent_kernel") }

  /// Whether a kernel would more than double the size of a signal, against what suits its activation (a recurrent one, make
  /// it larger by a quarter: it does so at each time), or the targets lie where no output starts.
  func isNeeded(_ model: Model) -> Bool {
    let isTooLarge = network.layout.trainable.contains { entry in
      guard isKernel(entry) else { return false }
      var suited = [Float](repeating: 0, count: entry.range.count)
      var random = RandomStream(seed: 1, stream: 1)
      suited.withUnsafeMutableBufferPointer { buffer in
        guard let base = buffer.baseAddress else { return }
        initializer(entry).draw(
          MutableVector(base: base, count: buffer.count), shape: entry.spec.shape, fans: entry.spec.fans,
          random: &random)
      }
      let own = (0..<entry.range.count).reduce(0.0) { sum, index in
        let value = Double(model.parameters[entry.range.lowerBound + index])
        return sum + value * value
      }
      return own > (isRecurrent(entry) ? 1.5 : 4) * suited.reduce(0.0) { $0 + Double($1) * Double($1) }
    }
    return isTooLarge || shift != nil || scale != nil || inputScale != nil
  }

  private var outputsAreValues: Bool {
    guard case .values = loss.targets, let last = network.places.last else { return false }
    return (profiles.last?.activation ?? "linear") == "linear"
      && !network.layout.entries(ofLayer: network.places.count - 1).isEmpty
      && last.trainable.count > 0
  }

  /// The output's bias, where the targets' mean is many deviations from 0.
  private var shift: Double? {
    guard outputsAreValues, abs(data.targetMean) > 10 * max(1, data.targetDeviation) else { return nil }
    return data.targetMean
  }

  /// Factor of the output's kernel, where the targets' deviation is far from 1.
  private var scale: Double? {
    guard outputsAreValues, data.targetDeviation > 1e4 || data.targetDeviation < 1e-4,
      data.targetDeviation > 0
    else { return nil }
    return data.targetDeviation
  }

  /// Factor of the first kernel, where features are far from 0 and 1.
  private var inputScale: Double? {
    let size = max(data.largestFeatureDeviation, data.largestFeatureMean)
    return size > 30 && size.isFinite ? 1 / size : nil
  }

  /// Overwrites all weights: a pure function of the seed, the layout and the targets.
  func fill(_ model: Model, seed: UInt64) {
    let output = network.places.count - 1
    let first = network.layout.trainable.first { $0.spec.isMatrix }?.layer
    for (number, entry) in network.layout.trainable.enumerated() {
      var random = RandomStream(seed: seed, stream: UInt64(number) + 2_000_001)
      let weight = model.parameters[entry.range]
      initializer(entry).draw(weight, shape: entry.spec.shape, fans: entry.spec.fans, random: &random)
      if entry.layer == first, entry.spec.isMatrix, let inputScale {
        Elementwise.scale(weight, by: Float(inputScale))
      }
      guard entry.layer == output else { continue }
      if entry.spec.isMatrix, let scale { Elementwise.scale(weight, by: Float(scale)) }
      if !entry.spec.isMatrix, let shift { weight.fill(Float(shift)) }
    }
  }
}
