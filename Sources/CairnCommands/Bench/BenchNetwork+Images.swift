internal import Datasets
internal import NeuralNetwork

extension BenchNetwork {
  /// 28 x 28 x 1; 5 x 5 to 6, same padding, tanh; mean of 2 x 2; 5 x 5 to 16, tanh; mean of 2 x 2; 400-120-84-10, tanh.
  /// 61,706 weights. [LeCun et al.: Gradient-based learning applied to document recognition, 1998, with softmax]
  static let lenet = chain(
    [28, 28, 1],
    [
      conv(6, 5, .same, .tanh), AveragePooling2D(), conv(16, 5, .valid, .tanh), AveragePooling2D(), Flatten(),
      Dense(units: 120, activation: .tanh), Dense(units: 84, activation: .tanh),
      Dense(units: 10, activation: .softmax),
    ])

  /// 32 x 32 x 3; twice 3 x 3 to 32, largest of 2 x 2; twice 3 x 3 to 64, largest of 2 x 2; 4096-512-10; relu, same padding.
  /// 2,168,362 weights.
  static let convnet = chain(
    [32, 32, 3],
    [
      conv(32, 3, .same, .relu), conv(32, 3, .same, .relu), MaxPooling2D(), conv(64, 3, .same, .relu),
      conv(64, 3, .same, .relu), MaxPooling2D(), Flatten(), Dense(units: 512, activation: .relu),
      Dense(units: 10, activation: .softmax),
    ])

  /// 32 x 32 x 3; 3 x 3 to 16; three stages of three residual blocks of two 3 x 3 at 16, 32 and 64 channels; where the shape
  /// changes the shortcut is a 1 x 1 of stride 2; mean over positions; 10. Batch normalization after each 3 x 3, relu.
  /// 272,282 trainable weights. [He et al.: Deep residual learning for image recognition, 2015, section 4.2, option B]
  static let resnet20: BenchNetwork = {
    var layers: [ListedLayer] = []
    var count = 0
    func add(_ layer: (_ name: String) -> any Layer, _ inputs: String...) -> String {
      count += 1
      let name = "layer_\(count)"
      layers.append(ListedLayer(layer(name), inputs: inputs))
      return name
    }
    func normalized(_ filters: Int, _ stride: Int, _ input: String) -> String {
      let sums = add({ conv(filters, 3, .same, .linear, stride: stride, useBias: false, name: $0) }, input)
      return add({ BatchNormalization(momentum: 0.9, epsilon: 1e-5, name: $0) }, sums)
    }
    func relu(_ input: String) -> String { add({ Activation(.relu, name: $0) }, input) }
    var x = relu(normalized(16, 1, "features"))
    for (stage, filters) in [16, 32, 64].enumerated() {
      for block in 0..<3 {
        let stride = stage > 0 && block == 0 ? 2 : 1
        let inner = normalized(filters, 1, relu(normalized(filters, stride, x)))
        let shortcut =
          stride == 1
          ? x : add({ conv(filters, 1, .valid, .linear, stride: stride, useBias: false, name: $0) }, x)
        x = relu(add({ Add(name: $0) }, shortcut, inner))
      }
    }
    x = add({ GlobalAveragePooling2D(name: $0) }, x)
    _ = add({ Dense(units: 10, activation: .softmax, name: $0) }, x)
    return BenchNetwork(inputs: [SampleSchema.Field("features", shape: [32, 32, 3])], layers: layers, classes: 10)
  }()

  private static func chain(_ input: [Int], _ layers: [any Layer]) -> BenchNetwork {
    BenchNetwork(
      inputs: [SampleSchema.Field("features", shape: input)], layers: layers.map { ListedLayer($0) }, classes: 10)
  }

  private static func conv(
    _ filters: Int, _ kernel: Int, _ padding: ConvolutionPadding, _ activation: ActivationFunction, stride: Int = 1,
    useBias: Bool = true, name: String? = nil
  ) -> Conv2D {
    var settings = ConvolutionSettings(axes: 2, kernelSize: [kernel], strides: [stride])
    settings.padding = padding
    settings.activation = activation
    settings.useBias = useBias
    settings.kernelInitializer = .heNormal
    return Conv2D(filters: filters, settings: settings, name: name)
  }
}
