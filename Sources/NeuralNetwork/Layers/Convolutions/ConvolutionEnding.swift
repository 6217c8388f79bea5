internal import Kernels

/// What the operations of convolutional layers share around their products: bias, activation, and the gradients of these.
struct ConvolutionEnding: Sendable {
  let function: ActivationFunction
  let useBias: Bool
  let activityRegularizer: Regularizer?
  let filters: Int
  /// Of one sample.
  let positions: Int

  init(_ settings: ConvolutionSettings, output: Shape) {
    function = settings.activation
    useBias = settings.useBias
    activityRegularizer = settings.activityRegularizer
    filters = output.features
    positions = output.count / output.features
  }

  /// The sums before the activation, where it needs them.
  var kept: MemorySize { MemorySize(perRow: function.needsPreactivation ? positions * filters : 0) }

  /// Besides the layer's inputs.
  var backwardReads: BackwardReads { function == .linear && activityRegularizer == nil ? [] : .output }

  /// Floats that `gradient` clobbers.
  var scratchCount: Int { AlignedBuffer.padded(filters) }

  /// y = f(y + bias) of some samples.
  func apply(to samples: Range<Int>, _ pass: ForwardPass) {
    let range = samples.lowerBound * positions..<samples.upperBound * positions
    let y = pass.output.vector[range.lowerBound * filters..<range.upperBound * filters]
    function.apply(
      bias: useBias ? pass.parameter(1) : nil,
      kept: function.needsPreactivation
        ? pass.kept[range.lowerBound * filters..<range.upperBound * filters].matrix(
          rows: range.count, columns: filters) : nil, output: y.matrix(rows: range.count, columns: filters))
  }

  func penalty(_ pass: ForwardPass) -> Double {
    activityRegularizer?.penalty(of: pass.output.readOnly.vector) ?? 0
  }

  /// dL/dz, in the output gradient's memory; the bias's gradient on the way, summed by sample first.
  func gradient(_ pass: BackwardPass, scratch: MutableVector) -> Vector {
    let gradient = pass.outputGradient(features: filters)
    activityRegularizer?.addGradient(of: pass.output.vector, to: gradient.vector)
    if function != .linear {
      function.backward(
        gradient: gradient, output: pass.output(features: filters),
        kept: function.needsPreactivation
          ? pass.kept.readOnly.matrix(rows: gradient.rows, columns: filters) : nil)
    }
    if useBias {
      let bias = pass.parameterGradient(1)
      let sums = scratch[0..<filters]
      bias.fill(0)
      for sample in 0..<pass.rows {
        sums.fill(0)
        Elementwise.addColumnSums(
          of: gradient.readOnly.rows(sample * positions..<(sample + 1) * positions), to: sums)
        Elementwise.add(sums.readOnly, to: bias)
      }
    }
    return gradient.readOnly.vector
  }
}
