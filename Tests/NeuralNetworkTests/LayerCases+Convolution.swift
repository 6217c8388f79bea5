import NeuralNetwork

extension LayerCase {
  static let convolutions: [LayerCase] = plain + depthwise + transposed

  private static func settings(
    _ kernel: [Int], strides: [Int] = [1], _ padding: ConvolutionPadding = .valid, dilation: [Int] = [1],
    activation: ActivationFunction = .linear, useBias: Bool = true, activity: Regularizer? = nil, axes: Int = 2
  ) -> ConvolutionSettings {
    var settings = ConvolutionSettings(axes: axes, kernelSize: kernel, strides: strides, dilationRate: dilation)
    settings.padding = padding
    settings.activation = activation
    settings.useBias = useBias
    settings.activityRegularizer = activity
    return settings
  }

  /// - Parameter shape: of a sample; over time an image of one row.
  private static func image(_ shape: Shape) -> [Int] { shape.extents.count == 2 ? [1] + shape.extents : shape.extents }
  private static func both(_ extents: [Int]) -> [Int] { extents.count == 1 ? [1] + extents : extents }

  private static func conv(
    _ input: Shape, _ filters: Int, _ settings: ConvolutionSettings, groups: Int = 1, rows: Int = 3
  ) -> LayerCase {
    let layer: any Layer =
      input.extents.count == 2
      ? Conv1D(filters: filters, groups: groups, settings: settings)
      : Conv2D(filters: filters, groups: groups, settings: settings)
    let label =
      "\(settings.kernelSize) of \(input) to \(filters), strides \(settings.strides), \(settings.padding), dilation "
      + "\(settings.dilationRate), \(groups) groups, \(settings.activation.name)"
    return LayerCase(
      "convolution, \(label)", layer, input: input, rows: rows, activityRegularizer: settings.activityRegularizer
    ) { inputs in
      let z = Reference.convolve(
        inputs.x, shape: image(input), kernel: inputs.weights[0], size: both(settings.kernelSize),
        filters: filters, strides: both(settings.strides), padding: settings.padding,
        dilation: both(settings.dilationRate), groups: groups)
      return Reference.activate(
        settings.activation, Reference.add(settings.useBias ? inputs.weights[1] : [], to: z, columns: filters),
        columns: filters)
    }
  }

  /// Minimal filtering: elements of the output may be 1e-5 of the largest one off, not of themselves.
  private static func minimal(_ input: Shape, _ filters: Int, _ settings: ConvolutionSettings) -> LayerCase {
    var subject = conv(input, filters, settings, rows: 1)
    subject.tolerance = 1e-4
    return subject
  }

  private static let plain: [LayerCase] = [
    // One row, one channel, one filter, a kernel of one tap, a kernel as large as the image.
    conv([1, 1, 1], 1, settings([1]), rows: 1),
    conv([5, 6, 1], 3, settings([3])),
    conv([5, 6, 2], 1, settings([2, 3], activation: .tanh)),
    conv([4, 3, 3], 17, settings([4, 3], activation: .relu), rows: 2),
    conv([6, 5, 3], 4, settings([1], activation: .silu)),
    conv([6, 5, 19], 33, settings([1], useBias: false), rows: 2),
    conv([5, 5, 2], 3, settings([3], .same, activation: .sigmoid)),
    conv([4, 7, 2], 5, settings([2, 4], .same, activation: .gelu)),
    conv([2, 3, 2], 3, settings([5, 4], .same)),
    conv([7, 9, 2], 3, settings([3], strides: [2], .same, activation: .elu)),
    conv([7, 9, 3], 2, settings([2], strides: [3, 4])),
    conv([8, 7, 3], 18, settings([3], strides: [2, 1])),
    conv([6, 6, 2], 3, settings([1], strides: [2], .same)),
    conv([9, 8, 2], 3, settings([3, 2], dilation: [2, 3])),
    conv([6, 7, 3], 2, settings([3], .same, dilation: [2])),
    conv([5, 6, 4], 6, settings([3], .same, activation: .softmax), groups: 2),
    conv([4, 5, 3], 3, settings([3], .same), groups: 3),
    conv([4, 4, 6], 12, settings([2], useBias: false), groups: 3),
    conv([4, 4, 3], 2, settings([2], activation: .softplus, activity: Regularizer(l1: 0.3, l2: 0.2))),
    // Winograd's shapes: whole tiles, and edges of every kind.
    minimal([5, 6, 16], 16, settings([3], .same)),
    minimal([6, 7, 17], 18, settings([3], .same, activation: .tanh)),
    minimal([6, 10, 16], 18, settings([3])),
    // Over time.
    conv([9, 2], 3, settings([3], axes: 1)),
    conv([9, 1], 4, settings([4], strides: [2], .same, activation: .relu, axes: 1)),
    conv([8, 3], 5, settings([3], .causal, activation: .elu, axes: 1)),
    conv([8, 3], 2, settings([2], .causal, dilation: [3], axes: 1)),
    conv([7, 2], 3, settings([3], strides: [3], .causal, axes: 1)),
    conv([11, 4], 6, settings([5], dilation: [2], axes: 1), groups: 2, rows: 1),
  ]

  private static let depthwise: [LayerCase] = [
    ([1, 1, 1], 1, settings([1])), ([5, 6, 3], 1, settings([3])), ([5, 6, 1], 4, settings([2, 3], activation: .tanh)),
    ([9, 13, 17], 1, settings([3], .same, activation: .relu)), ([4, 5, 3], 3, settings([3], strides: [2], .same)),
    ([7, 6, 2], 2, settings([2], strides: [3])), ([7, 8, 5], 2, settings([3], .same, dilation: [2], useBias: false)),
    ([3, 3, 6], 3, settings([3], activation: .silu)),
  ].map { (input: Shape, multiplier: Int, settings: ConvolutionSettings) in
    let filters = input.features * multiplier
    return LayerCase(
      "depthwise convolution, \(settings.kernelSize) of \(input), \(multiplier) each, strides \(settings.strides), "
        + "\(settings.padding)",
      DepthwiseConv2D(depthMultiplier: multiplier, settings: settings), input: input, rows: 2
    ) { inputs in
      // [taps, channels, multiplier] is [taps, 1, filters] of as many groups as there are channels.
      let z = Reference.convolve(
        inputs.x, shape: input.extents, kernel: inputs.weights[0], size: settings.kernelSize, filters: filters,
        strides: settings.strides, padding: settings.padding, dilation: settings.dilationRate, groups: input.features)
      return Reference.activate(
        settings.activation, Reference.add(settings.useBias ? inputs.weights[1] : [], to: z, columns: filters),
        columns: filters)
    }
  }

  private static let transposed: [LayerCase] = [
    ([1, 1, 1], 1, settings([1])), ([3, 4, 2], 3, settings([3])), ([3, 4, 2], 3, settings([3], strides: [2])),
    ([3, 4, 3], 2, settings([3], strides: [2], .same, activation: .relu)),
    ([2, 3, 2], 4, settings([2], strides: [3], .same)), ([2, 3, 2], 4, settings([2], strides: [3], useBias: false)),
    ([4, 3, 5], 17, settings([4, 2], strides: [1, 2], .same, activation: .tanh)),
    ([6, 5, 7], 5, settings([3], .same)),
  ].map { (input: Shape, filters: Int, settings: ConvolutionSettings) in
    LayerCase(
      "transposed convolution, \(settings.kernelSize) of \(input) to \(filters), strides \(settings.strides), "
        + "\(settings.padding)",
      Conv2DTranspose(filters: filters, settings: settings), input: input, rows: 2
    ) { inputs in
      let z = Reference.convolveTransposed(
        inputs.x, shape: input.extents, kernel: inputs.weights[0], size: settings.kernelSize, filters: filters,
        strides: settings.strides, same: settings.padding == .same)
      return Reference.activate(
        settings.activation, Reference.add(settings.useBias ? inputs.weights[1] : [], to: z, columns: filters),
        columns: filters)
    }
  }
}
