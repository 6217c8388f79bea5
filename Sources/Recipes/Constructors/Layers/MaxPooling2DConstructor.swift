internal import NeuralNetwork

extension Constructor<any Layer> {
  static var maxPooling2D: Constructor {
    Constructor(MaxPooling2D.kind, keys: PoolingPlan.keys + [Grammar.layerName]) {
      MaxPooling2D(
        poolSize: $0.extents("pool_size"), strides: $0.optionalExtents("strides"), padding: $0.word("padding"),
        name: $0.layerName)
    }
  }
}
