public import Kernels

/// Layer-sequential unit variance: a start from which signals keep their size through any number of layers, found from
/// one batch. [Mishkin, Matas: All you need is a good init, 2016]
///
/// Every kernel is drawn orthonormal, whatever initializer its layer names. Then, layer by layer in the order of the
/// forward pass, a kernel is divided by the standard deviation of what its layer gives before the activation, x W + b
/// over all rows and units, until the variance is within `tolerance` of 1 or `mostTries` divisions are done. The output
/// layer is treated like the others, as in the paper. Biases stay as their initializers have made them; a vector, such as
/// gamma, is no kernel. Recurrent layers stay as they are: their state is bounded, whatever their kernels are.
public struct UnitVariance: Sendable, Hashable {
  public static let tolerance = 0.01
  public static let mostTries = 10

  /// What became of one layer's kernel.
  public struct Kernel: Sendable, Hashable {
    public let layer: String
    /// Divisions.
    public let tries: Int
    /// Of the output before the activation, after the last of them.
    public let variance: Double

    /// Whether the variance is within `tolerance` of 1.
    public var hasArrived: Bool { abs(variance - 1) < UnitVariance.tolerance }
  }
}

extension Network {
  /// Overwrites the kernels of all layers that multiply by one: a pure function of the seed, the layout, the other weights
  /// and the rows.
  ///
  /// - Parameters:
  ///   - trainable: read and overwritten, flat.
  ///   - state: read, flat.
  ///   - workspace: holds the rows; laid out with or without training.
  ///   - training: as the first step has it: its batch statistics and dropout masks.
  /// - Returns: the kernels in the order of the forward pass.
  public func initializeToUnitVariance(
    trainable: MutableVector, state: Vector, seed: UInt64, workspace: Workspace, rows: Int, training: TrainingPass
  ) -> [UnitVariance.Kernel] {
    for (number, entry) in layout.trainable.enumerated() where isKernel(entry) {
      var random = RandomStream(seed: seed, stream: UInt64(number) + 3_000_001)
      OrthonormalDraw.fill(trainable[entry.range], shape: entry.spec.shape, random: &random)
    }
    workspace.prepare()
    let statistics = AlignedBuffer(count: layout.stateCount)
    var kernels: [UnitVariance.Kernel] = []
    for scheduled in schedule.operations {
      let pass = ForwardPass(
        operands: scheduled.operands.table, buffers: workspace.buffers, rows: rows, parameters: trainable.readOnly.base,
        states: state.base, shardStatistics: statistics.mutable.base, training: training)
      let own = layout.trainable.filter { $0.layer == scheduled.layer && isKernel($0) }
      if scheduled.isOfLayer, !own.isEmpty,
        let linear = LinearPart(places[scheduled.layer], scheduled)
      {
        kernels.append(
          bring(own.map { trainable[$0.range] }, of: places[scheduled.layer].name) {
            linear.variance(pass, workspace: workspace)
          })
      }
      _ = scheduled.operation.forward(pass)
    }
    return kernels
  }

  private func isKernel(_ entry: ParameterLayout.Entry) -> Bool {
    let traits = places[entry.layer].layer.traits
    return traits.role == .kernel && traits.recurrent == nil && entry.spec.isMatrix
  }

  /// Divides weights until `variance` says 1. A variance that is 0 or not finite leaves them as they are.
  private func bring(_ weights: [MutableVector], of layer: String, variance measure: () -> Double)
    -> UnitVariance.Kernel
  {
    var (tries, variance) = (0, measure())
    while abs(variance - 1) >= UnitVariance.tolerance, variance > 0, variance.isFinite, tries < UnitVariance.mostTries {
      for weight in weights { Elementwise.scale(weight, by: Float(1 / variance.squareRoot())) }
      tries += 1
      variance = measure()
    }
    return UnitVariance.Kernel(layer: layer, tries: tries, variance: variance)
  }
}

/// A layer without its activation, which reads and writes where the whole layer does.
private struct LinearPart {
  private let operation: any Operation
  private let operands: Operands
  private let inputs: [Int]
  private let output: Int

  /// nil: the layer's shapes do not fit, which the network has seen before.
  init?(_ place: Network.Place, _ scheduled: ScheduledOperation) {
    let layer = place.layer.splitActivation?.rest ?? place.layer
    guard let operation = try? layer.operation(for: place.inputShapes) else { return nil }
    self.operation = operation
    inputs = scheduled.operands.inputs.map(\.buffer)
    output = scheduled.operands.outputs[0].buffer
    let count = inputs.count
    let old = scheduled.operands.table.pointee
    let entries = operation.parameters.filter { $0.role == .trainable }.count
    let read = scheduled.operands.inputs.enumerated().map { OperandTable.Rows(buffer: $0, columns: $1.columns) }
    let written = OperandTable.Rows(buffer: count, columns: scheduled.operands.outputs[0].columns)
    let scratch = OperandTable.Memory(buffer: count + 2, size: operation.scratch)
    operands = Operands(
      layer: scheduled.layer, inputs: read, outputs: [written], inputGradients: [], outputGradients: [],
      trainable: (0..<entries).map { old.trainable[$0] },
      state: (0..<operation.parameters.count - entries).map { old.state[$0] }, panels: [],
      masks: read.map { _ in OperandTable.Rows(buffer: -1, columns: 0) }, figures: [], carried: 0..<0,
      kept: OperandTable.Memory(buffer: count + 1, size: operation.kept), forward: scratch, backward: scratch)
  }

  /// Overwrites the layer's output with what it is before the activation, and says how that varies.
  func variance(_ pass: ForwardPass, workspace: Workspace) -> Double {
    let kept = AlignedBuffer(count: operation.kept.count(rows: pass.rows))
    let scratch = AlignedBuffer(count: operation.scratch.count(rows: pass.rows))
    let buffers = (inputs + [output]).map { workspace.buffers[$0] } + [kept.mutable.base, scratch.mutable.base]
    return buffers.withUnsafeBufferPointer { buffers in
      guard let base = buffers.baseAddress else { return .nan }
      let linear = ForwardPass(
        operands: operands.table, buffers: base, rows: pass.rows, parameters: pass.parameters, states: pass.states,
        shardStatistics: pass.shardStatistics, training: pass.training)
      _ = operation.forward(linear)
      return LinearPart.variance(linear.output.readOnly.vector)
    }
  }

  /// About the mean of all, in double, in the order of the elements.
  private static func variance(_ values: Vector) -> Double {
    guard values.count > 0 else { return .nan }
    let count = Double(values.count)
    var sum = 0.0
    for index in 0..<values.count { sum += Double(values.base[index]) }
    let mean = sum / count
    var squares = 0.0
    for index in 0..<values.count {
      let distance = Double(values.base[index]) - mean
      squares += distance * distance
    }
    return squares / count
  }
}
