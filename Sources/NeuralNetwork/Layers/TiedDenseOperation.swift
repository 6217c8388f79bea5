internal import Kernels

/// y = f(x E^T + b), along the last axis, with an embedding's table E in the place of a kernel.
///
/// x: `[rows, ..., features]`, E: `[units, features]`, b: `[units]`. Weight 0 is the table, which belongs to the embedding,
/// 1 the bias. The table's gradient is the sum over all who use it.
///
/// Press, Wolf: Using the output embedding to improve language models, 2017.
struct TiedDenseOperation: Operation {
  let outputs: [Shape]
  let parameters: [ParameterSpec]
  let kept: MemorySize
  let backwardReads: BackwardReads
  let multiplications: Int
  var activation: ActivationFunction? { function }
  private let function: ActivationFunction
  private let features: Int
  private let units: Int
  private let useBias: Bool
  private let activityRegularizer: Regularizer?

  init(_ layer: Dense, input: Shape) {
    function = layer.activation
    features = input.features
    units = layer.units
    useBias = layer.useBias
    activityRegularizer = layer.activityRegularizer
    outputs = [Shape(input.extents.dropLast() + [layer.units])]
    parameters =
      useBias
      ? [
        ParameterSpec(
          "bias", shape: [units], initializer: layer.biasInitializer, regularizer: layer.biasRegularizer)
      ] : []
    kept = MemorySize(perRow: function.needsPreactivation ? input.count / features * units : 0)
    backwardReads = function == .linear && activityRegularizer == nil ? .inputs : [.inputs, .output]
    multiplications = input.count * units
  }

  func forward(_ pass: ForwardPass) -> Double {
    let x = pass.input(0, features: features)
    let y = pass.output(features: units)
    multiply(
      x, transposed: false, pass.parameter(0).matrix(rows: units, columns: features), transposed: true, into: y)
    function.apply(
      bias: useBias ? pass.parameter(1) : nil,
      kept: function.needsPreactivation ? pass.kept.matrix(rows: x.rows, columns: units) : nil, output: y)
    return activityRegularizer?.penalty(of: y.readOnly.vector) ?? 0
  }

  func backward(_ pass: BackwardPass) {
    let x = pass.input(0, features: features)
    let y = pass.output(features: units)
    let gradient = pass.outputGradient(features: units)
    activityRegularizer?.addGradient(of: y.vector, to: gradient.vector)
    function.backward(
      gradient: gradient, output: y,
      kept: function.needsPreactivation ? pass.kept.readOnly.matrix(rows: x.rows, columns: units) : nil)
    let dz = gradient.readOnly
    multiply(
      dz, transposed: true, x, into: pass.parameterGradient(0).matrix(rows: units, columns: features),
      accumulating: pass.isStarted(0))
    if useBias {
      let biasGradient = pass.parameterGradient(1)
      biasGradient.fill(0)
      Elementwise.addColumnSums(of: dz, to: biasGradient)
    }
    if let dx = pass.inputGradient(0, features: features) {
      multiply(dz, pass.parameter(0).matrix(rows: units, columns: features), into: dx)
    }
  }
}
