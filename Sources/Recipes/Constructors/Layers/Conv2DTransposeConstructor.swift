internal import NeuralNetwork

extension Constructor<any Layer> {
  static var conv2DTranspose: Constructor {
    Constructor(
      Conv2DTranspose.kind,
      keys: [ConvolutionKeys.filters] + ConvolutionKeys.window + [ConvolutionKeys.padding([.valid, .same])]
        + ConvolutionKeys.ending()
    ) {
      Conv2DTranspose(filters: $0.integer("filters"), settings: $0.convolution(axes: 2), name: $0.layerName)
    }
  }
}
