internal import NeuralNetwork

extension Constructor<any Layer> {
  static var depthwiseConv2D: Constructor {
    Constructor(
      DepthwiseConv2D.kind,
      keys: ConvolutionKeys.window + [
        ConvolutionKeys.padding([.valid, .same]), ConvolutionKeys.dilation,
        Key("depth_multiplier", .integer(Grammar.extent), "1", "Outputs of each channel."),
      ] + ConvolutionKeys.ending(kernel: "depthwise")
    ) {
      DepthwiseConv2D(
        depthMultiplier: $0.integer("depth_multiplier"), settings: $0.convolution(axes: 2, kernel: "depthwise"),
        name: $0.layerName)
    }
  }
}
