internal import NeuralNetwork

extension Constructor<any Layer> {
  static var averagePooling1D: Constructor {
    Constructor(AveragePooling1D.kind, keys: PoolingPlan.keys + [Grammar.layerName]) {
      AveragePooling1D(
        poolSize: $0.extents("pool_size"), strides: $0.optionalExtents("strides"), padding: $0.word("padding"),
        name: $0.layerName)
    }
  }
}
