internal import Kernels

/// y = f(x W + b), along the last axis.
///
/// x: `[rows, inputs]`, W (`kernel`): `[inputs, units]`, b (`bias`): `[units]`, y: `[rows, units]`. Tied to an embedding, W is
/// its table transposed, and no weight of this layer.
public struct Dense: Layer {
  public static let className = "Dense"
  public static let kind = "dense"

  public let units: Int
  public let activation: ActivationFunction
  public let useBias: Bool
  public let kernelInitializer: Initializer
  public let biasInitializer: Initializer
  public let kernelRegularizer: Regularizer?
  public let biasRegularizer: Regularizer?
  public let activityRegularizer: Regularizer?
  public let tiedTo: String?
  public let name: String?

  /// - Parameter tiedTo: name of the embedding whose table is the kernel; nil: there is a kernel.
  /// - Precondition: `units > 0`.
  public init(
    units: Int, activation: ActivationFunction = .linear, useBias: Bool = true,
    kernelInitializer: Initializer = .glorotUniform, biasInitializer: Initializer = .zeros,
    kernelRegularizer: Regularizer? = nil, biasRegularizer: Regularizer? = nil,
    activityRegularizer: Regularizer? = nil, tiedTo: String? = nil, name: String? = nil
  ) {
    precondition(units > 0, "a dense layer of \(units) units")
    self.units = units
    self.activation = activation
    self.useBias = useBias
    self.kernelInitializer = kernelInitializer
    self.biasInitializer = biasInitializer
    self.kernelRegularizer = kernelRegularizer
    self.biasRegularizer = biasRegularizer
    self.activityRegularizer = activityRegularizer
    self.tiedTo = tiedTo
    self.name = name
  }

  public var arguments: [LayerArgument] {
    [
      LayerArgument("units", .integer(units)), LayerArgument("activation", .activation(activation)),
      LayerArgument("use_bias", .boolean(useBias)),
      LayerArgument("kernel_regularizer", .regularizer(kernelRegularizer)),
      LayerArgument("bias_regularizer", .regularizer(biasRegularizer)),
      LayerArgument("activity_regularizer", .regularizer(activityRegularizer)),
    ]
  }

  public var traits: LayerTraits {
    LayerTraits(
      role: .kernel, units: units, activation: activation, initializer: kernelInitializer,
      regularizer: kernelRegularizer)
  }
  public var masking: Masking { .passes }

  public var splitActivation: SplitActivation? {
    SplitActivation(
      activation, regularizer: activityRegularizer,
      rest: Dense(
        units: units, useBias: useBias, kernelInitializer: kernelInitializer, biasInitializer: biasInitializer,
        kernelRegularizer: kernelRegularizer, biasRegularizer: biasRegularizer, tiedTo: tiedTo, name: name))
  }

  public func isCausal(for inputs: [Shape]) -> Bool { inputs.haveTime }

  public func operation(for inputs: [Shape]) throws -> any Operation {
    guard !inputs[0].extents.isEmpty else { throw NetworkError("dense needs samples of at least one axis") }
    return tiedTo == nil ? DenseOperation(self, input: inputs[0]) : TiedDenseOperation(self, input: inputs[0])
  }
}

/// Weight 0 is the kernel, 1 the bias.
struct DenseOperation: Operation {
  let outputs: [Shape]
  let parameters: [ParameterSpec]
  let kept: MemorySize
  let backwardReads: BackwardReads
  let factoredKernels: [FactoredKernel]
  let multiplications: Int
  var activation: ActivationFunction? { function }
  private let function: ActivationFunction
  private let inputs: Int
  private let units: Int
  private let useBias: Bool
  private let activityRegularizer: Regularizer?

  init(_ layer: Dense, input: Shape) {
    function = layer.activation
    inputs = input.features
    units = layer.units
    useBias = layer.useBias
    activityRegularizer = layer.activityRegularizer
    outputs = [Shape(input.extents.dropLast() + [layer.units])]
    let kernel = ParameterSpec(
      "kernel", shape: [inputs, units], initializer: layer.kernelInitializer, regularizer: layer.kernelRegularizer)
    let bias = ParameterSpec(
      "bias", shape: [units], initializer: layer.biasInitializer, regularizer: layer.biasRegularizer)
    parameters = useBias ? [kernel, bias] : [kernel]
    let positions = input.count / inputs
    kept = MemorySize(perRow: function.needsPreactivation ? positions * units : 0)
    backwardReads = function == .linear && activityRegularizer == nil ? .inputs : [.inputs, .output]
    factoredKernels =
      FactoredKernel(parameter: 0, inputs: inputs, units: units, rowsPerSample: positions).map { [$0] } ?? []
    multiplications = positions * inputs * units
  }

  func forward(_ pass: ForwardPass) -> Double {
    let x = pass.input(0, features: inputs)
    let y = pass.output(features: units)
    multiply(x, pass.parameter(0).matrix(rows: inputs, columns: units), into: y)
    function.apply(
      bias: useBias ? pass.parameter(1) : nil,
      kept: function.needsPreactivation ? pass.kept.matrix(rows: x.rows, columns: units) : nil, output: y)
    return activityRegularizer?.penalty(of: y.readOnly.vector) ?? 0
  }

  func backward(_ pass: BackwardPass) {
    let x = pass.input(0, features: inputs)
    let y = pass.output(features: units)
    let gradient = pass.outputGradient(features: units)
    activityRegularizer?.addGradient(of: y.vector, to: gradient.vector)
    function.backward(
      gradient: gradient, output: y,
      kept: function.needsPreactivation ? pass.kept.readOnly.matrix(rows: x.rows, columns: units) : nil)

    let dz = gradient.readOnly
    if let panels = pass.panels(0) {
      packPanels(of: dz, into: panels)
    } else {
      multiply(x, transposed: true, dz, into: pass.parameterGradient(0).matrix(rows: inputs, columns: units))
    }
    if useBias {
      let biasGradient = pass.parameterGradient(1)
      biasGradient.fill(0)
      Elementwise.addColumnSums(of: dz, to: biasGradient)
    }
    if let dx = pass.inputGradient(0, features: inputs) {
      multiply(
        dz, transposed: false, pass.parameter(0).matrix(rows: inputs, columns: units), transposed: true, into: dx)
    }
  }
}
