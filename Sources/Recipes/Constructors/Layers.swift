internal import NeuralNetwork

extension Grammar {
  static let layers = Registry<any Layer>(
    "a layer",
    [
      .dense, .activation, .batchNormalization, .layerNormalization, .dropout, .flatten, .add, .concatenate,
      .conv1D, .conv2D, .depthwiseConv2D, .conv2DTranspose,
      .maxPooling1D, .maxPooling2D, .averagePooling1D, .averagePooling2D,
      .globalMaxPooling1D, .globalMaxPooling2D, .globalAveragePooling1D, .globalAveragePooling2D,
      .multiply, .average, .maximum, .reshape, .permute, .embedding, .positionEmbedding,
      .rmsNormalization, .groupNormalization, .multiHeadAttention,
      .zeroPadding2D, .upSampling2D, .rescaling, .spatialDropout1D, .spatialDropout2D, .gaussianNoise, .randomFlip,
      .randomTranslation, Constructor<any RecurrentLayer>.simpleRNN.asLayer,
      Constructor<any RecurrentLayer>.lstm.asLayer,
      Constructor<any RecurrentLayer>.gru.asLayer, .bidirectional,
    ],
    besides: layerInputs)

  /// Every layer's last key.
  static let layerName = Key(
    "name", .text(.layerName), .absent, "Default: as Keras would call it, `dense`, `dense_1`, ...")

  /// What every layer may say besides.
  private static let layerInputs = Key(
    "inputs", .oneOrMore(.text(.layerName)), .absent,
    "Layers further up whose outputs this one reads. Default: the layer before.")

  static let regularizer = MapForm(
    what: "a regularizer",
    keys: [
      Key("l1", .number(.notNegative), "0", "Factor of the sum of magnitudes."),
      Key("l2", .number(.notNegative), "0", "Factor of the sum of squares."),
    ], definition: "regularizer")

  /// Of optimizers, too.
  static func epsilon(_ preset: Key.Preset) -> Key {
    Key("epsilon", .number(.positive), preset, "Keeps a divisor from 0.")
  }
}

extension RecipeValue {
  /// The user's name of a layer with these arguments.
  var layerName: String? { self["name"]?.text }

  func regularizer(_ key: String) -> Regularizer? {
    self[key].map { Regularizer(l1: $0.float("l1"), l2: $0.float("l2")) }
  }
}
