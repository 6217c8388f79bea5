internal import Kernels

/// y = f(x W + b), along the last axis.
///
/// x: `[rows, inputs]`, W (`kernel`): `[inputs, units]`, b (`bias`): `[units]`, y: `[rows, units]`.
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
  public let name: String?

  /// - Precondition: `units > 0`.
  public init(
    units: Int, activation: ActivationFunction = .linear, useBias: Bool = true,
    kernelInitializer: Initializer = .glorotUniform, biasInitializer: Initializer = .zeros,
    kernelRegularizer: Regularizer? = nil, biasRegularizer: Regularizer? = nil,
    activityRegularizer: Regularizer? = nil, name: String? = nil
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
    self.name = name
  }

  /// The same layer without activation and activity penalty: its output is the logits that a fused loss wants.
  var logits: Dense {
    Dense(
      units: units, useBias: useBias, kernelInitializer: kernelInitializer, biasInitializer: biasInitializer,
      kernelRegularizer: kernelRegularizer, biasRegularizer: biasRegularizer, name: name)
  }

  public func outputShape(for input: Shape) throws -> Shape {
    guard !input.extents.isEmpty else { throw NetworkError("dense needs samples of at least one axis") }
    return Shape(input.extents.dropLast() + [units])
  }

  public func parameters(for input: Shape) -> [ParameterSpec] {
    let kernel = ParameterSpec(
      "kernel", shape: [input.features, units], initializer: kernelInitializer, regularizer: kernelRegularizer)
    let bias = ParameterSpec("bias", shape: [units], initializer: biasInitializer, regularizer: biasRegularizer)
    return useBias ? [kernel, bias] : [kernel]
  }

  public func scratchCount(for input: Shape, rows: Int) -> Int {
    activation.needsPreactivation ? rows * input.count / input.features * units : 0
  }

  public func factoredKernel(for input: Shape) -> FactoredKernel? {
    FactoredKernel(inputs: input.features, units: units, rowsPerSample: input.count / input.features)
  }

  private func biasStart(inputs: Int) -> Int { AlignedBuffer.padded(inputs * units) }

  public func forward(_ pass: ForwardPass) -> Double {
    let x = pass.flatInput
    let y = pass.output.vector.matrix(rows: x.rows, columns: units)
    let start = biasStart(inputs: x.columns)
    multiply(x, pass.parameters.matrix(rows: x.columns, columns: units), into: y)
    activation.apply(
      bias: useBias ? pass.parameters[start..<start + units] : nil,
      preactivation: activation.needsPreactivation ? pass.scratch.matrix(rows: x.rows, columns: units) : nil,
      output: y)
    return activityRegularizer?.penalty(of: y.readOnly.vector) ?? 0
  }

  public func backward(_ pass: BackwardPass) {
    let x = pass.flatInput
    let y = pass.output.vector.matrix(rows: x.rows, columns: units)
    let gradient = pass.outputGradient.vector.matrix(rows: x.rows, columns: units)
    activityRegularizer?.addGradient(of: y.vector, to: gradient.vector)
    activation.backward(
      gradient: gradient, output: y,
      preactivation: activation.needsPreactivation
        ? pass.scratch.readOnly.matrix(rows: x.rows, columns: units) : nil)

    let dz = gradient.readOnly
    if let panels = pass.kernelPanels {
      packPanels(of: dz, into: panels)
    } else {
      multiply(x, transposed: true, dz, into: pass.parameterGradient.matrix(rows: x.columns, columns: units))
    }
    if useBias {
      let start = biasStart(inputs: x.columns)
      let biasGradient = pass.parameterGradient[start..<start + units]
      biasGradient.fill(0)
      Elementwise.addColumnSums(of: dz, to: biasGradient)
    }
    if let dx = pass.inputGradient {
      multiply(
        dz, transposed: false, pass.parameters.matrix(rows: x.columns, columns: units), transposed: true,
        into: dx.vector.matrix(rows: x.rows, columns: x.columns))
    }
  }
}
