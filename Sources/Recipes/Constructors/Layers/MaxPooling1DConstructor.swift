internal import NeuralNetwork

extension Constructor<any Layer> {
  static var maxPooling1D: Constructor {
    Constructor(MaxPooling1D.kind, keys: PoolingPlan.keys + [Grammar.layerName]) {
      MaxPooling1D(
        poolSize: $0.extents("pool_size"), strides: $0.optionalExtents("strides"), padding: $0.word("padding"),
        name: $0.layerName)
    }
  }
}
