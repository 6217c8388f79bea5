internal import NeuralNetwork

extension Constructor<any Layer> {
  static var averagePooling2D: Constructor {
    Constructor(AveragePooling2D.kind, keys: PoolingPlan.keys + [Grammar.layerName]) {
      AveragePooling2D(
        poolSize: $0.extents("pool_size"), strides: $0.optionalExtents("strides"), padding: $0.word("padding"),
        name: $0.layerName)
    }
  }
}
