internal import NeuralNetwork

extension Constructor<any Layer> {
  static var conv2D: Constructor {
    Constructor(
      Conv2D.kind,
      keys: [ConvolutionKeys.filters] + ConvolutionKeys.window
        + [ConvolutionKeys.padding([.valid, .same]), ConvolutionKeys.dilation, ConvolutionKeys.groups]
        + ConvolutionKeys.ending()
    ) {
      Conv2D(
        filters: $0.integer("filters"), groups: $0.integer("groups"), settings: $0.convolution(axes: 2),
        name: $0.layerName)
    }
  }
}
