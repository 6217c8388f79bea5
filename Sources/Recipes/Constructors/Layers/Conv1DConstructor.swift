internal import NeuralNetwork

extension Constructor<any Layer> {
  static var conv1D: Constructor {
    Constructor(
      Conv1D.kind,
      keys: [ConvolutionKeys.filters] + ConvolutionKeys.window
        + [ConvolutionKeys.padding([.valid, .same, .causal]), ConvolutionKeys.dilation, ConvolutionKeys.groups]
        + ConvolutionKeys.ending()
    ) {
      Conv1D(
        filters: $0.integer("filters"), groups: $0.integer("groups"), settings: $0.convolution(axes: 1),
        name: $0.layerName)
    }
  }
}
