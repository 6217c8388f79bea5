import Kernels
import Testing

@testable import NeuralNetwork

/// A layer on its own: buffers as a workspace would hand them out, full of NaN where the layer must write.
private final class Bench {
  let subject: LayerCase
  let operation: any Operation
  let entries: [ParameterLayout.Entry]
  let inputs: [Floats]
  let parameters: Floats
  let state: Floats
  let output: Floats
  let kept: Floats
  let scratch: Floats
  let statistics: Floats
  let masks: [Floats]
  let figures: Floats
  private let layout: ParameterLayout
  private var rows: Int { subject.rows }

  init(_ subject: LayerCase) throws {
    self.subject = subject
    operation = try subject.layer.operation(for: subject.inputs)
    var layout = ParameterLayout()
    _ = layout.append(layer: 0, name: "subject", specs: operation.parameters)
    self.layout = layout
    entries = layout.trainable
    inputs = subject.inputs.enumerated().map { number, shape in
      let drawn = draws(subject.rows * shape.count, stream: 1 + 100 * UInt64(number))
      return Floats(subject.element.map { drawn.map($0) } ?? drawn)
    }
    parameters = Floats(repeating: 0, count: layout.trainableCount)
    for (number, entry) in entries.enumerated() {
      parameters.mutable[entry.range].copy(from: draws(entry.range.count, stream: 10 + UInt64(number), scale: 0.7))
    }
    state = Floats(repeating: .nan, count: layout.stateCount)
    output = Floats(repeating: .nan, count: subject.rows * operation.output.count)
    kept = Floats(repeating: .nan, count: operation.kept.count(rows: subject.rows))
    scratch = Floats(repeating: .nan, count: operation.scratch.count(rows: subject.rows))
    statistics = Floats(repeating: .nan, count: layout.stateCount)
    masks = subject.masks.map { Floats($0 ?? []) }
    figures = Floats(repeating: .nan, count: operation.measurements.reduce(0) { $0 + $1.positions.count })
  }

  /// Runs `body` with operands whose buffers are, in this order: inputs, output, input gradients, the output's gradient,
  /// what is kept, scratch.
  private func withOperands<Result>(
    inputs: [Floats], gradients: [Floats], outputGradient: Floats, wantsInputGradient: Bool,
    _ body: (UnsafePointer<OperandTable>, UnsafePointer<UnsafeMutablePointer<Float>>) -> Result
  ) -> Result {
    let count = inputs.count
    let columns = subject.inputs.map(\.count)
    func rows(_ first: Int, _ columns: [Int]) -> [OperandTable.Rows] {
      columns.enumerated().map { OperandTable.Rows(buffer: first < 0 ? -1 : first + $0.offset, columns: $0.element) }
    }
    func extents(_ entries: [ParameterLayout.Entry]) -> [Extent] {
      entries.map { Extent(start: $0.range.lowerBound, count: $0.range.count) }
    }
    func panels(_: ParameterLayout.Entry) -> OperandTable.Rows { OperandTable.Rows(buffer: -1, columns: 0) }
    let shown = inputs.indices.map { number -> OperandTable.Rows in
      guard masks.indices.contains(number), operation.readsMasks, masks[number].count > 0 else {
        return OperandTable.Rows(buffer: -1, columns: 0)
      }
      return OperandTable.Rows(buffer: 2 * count + 4 + number, columns: masks[number].count / self.rows)
    }
    var measured: [Extent] = []
    for measurement in operation.measurements {
      let start = measured.last.map { $0.start + $0.count } ?? 0
      measured.append(Extent(start: start, count: measurement.positions.count))
    }
    let scratchMemory = OperandTable.Memory(buffer: 2 * count + 3, size: operation.scratch)
    let operands = Operands(
      layer: subject.number, inputs: rows(0, columns), outputs: rows(count, [operation.output.count]),
      inputGradients: rows(wantsInputGradient ? count + 1 : -1, columns),
      outputGradients: rows(2 * count + 1, [operation.output.count]), trainable: extents(layout.trainable),
      state: extents(layout.state), panels: layout.trainable.map(panels), masks: shown, figures: measured,
      carried: 0..<0, kept: OperandTable.Memory(buffer: 2 * count + 2, size: operation.kept), forward: scratchMemory,
      backward: scratchMemory)
    let all: [Floats] = inputs + [output] + gradients + [outputGradient, kept, scratch] + masks
    let buffers = all.map { $0.mutable.base }
    let bases = UnsafeMutablePointer<UnsafeMutablePointer<Float>>.allocate(capacity: buffers.count)
    bases.initialize(from: buffers, count: buffers.count)
    defer { bases.deallocate() }
    return withExtendedLifetime(operands) { body(operands.table, bases) }
  }

  func forward() -> Double {
    withOperands(inputs: inputs, gradients: inputs, outputGradient: output, wantsInputGradient: false) {
      operation.forward(
        ForwardPass(
          operands: $0, buffers: $1, rows: rows, parameters: parameters.vector.base, states: state.vector.base,
          shardStatistics: statistics.mutable.base, training: LayerCase.training,
          records: PassRecords(figures: figures.mutable.base)))
    }
  }

  /// The gradients of the inputs and of the flat parameters. What the operation says that it does not read is NaN.
  func backward(_ upstream: [Float], wantsInputGradient: Bool) -> (inputs: [Floats], parameters: Floats) {
    let outputGradient = Floats(upstream)
    let gradients = inputs.map { Floats(repeating: .nan, count: $0.count) }
    let parameterGradient = Floats(repeating: .nan, count: parameters.count)
    let (keptBefore, outputBefore) = (kept.array, output.array)
    let reads = operation.backwardReads
    let shown = reads.contains(.inputs) ? inputs : gradients.map { Floats(repeating: .nan, count: $0.count) }
    if !reads.contains(.output) { output.mutable.fill(.nan) }
    scratch.mutable.fill(.nan)
    withOperands(
      inputs: shown, gradients: gradients, outputGradient: outputGradient, wantsInputGradient: wantsInputGradient
    ) {
      operation.backward(
        BackwardPass(
          operands: $0, buffers: $1, rows: rows, parameters: parameters.vector.base,
          gradients: parameterGradient.mutable.base, training: LayerCase.training,
          records: PassRecords(figures: figures.mutable.base)))
    }
    #expect(gradients.allSatisfy(\.isIntact) && outputGradient.isIntact && parameterGradient.isIntact)
    #expect(kept.isIntact && scratch.isIntact && figures.isIntact)
    #expect(figures.array.allSatisfy { !$0.isNaN }, "figures that nobody has written")
    kept.mutable.copy(from: keptBefore)
    output.mutable.copy(from: outputBefore)
    return (gradients, parameterGradient)
  }

  var doubleInputs: LayerCase.Inputs {
    LayerCase.Inputs(
      xs: inputs.map { doubles($0.array) }, weights: entries.map { doubles(parameters.vector[$0.range].array) },
      features: subject.inputs[0].features, rows: subject.rows, masks: subject.masks)
  }
}

@Suite struct LayerGradientTests {
  @Test(arguments: LayerCase.all)
  func gradientIsThatOfTheFormula(_ subject: LayerCase) throws {
    let bench = try Bench(subject)
    let penalty = bench.forward()
    let inputs = bench.doubleInputs
    let expected = subject.reference(inputs)
    expectClose(bench.output.array, expected, tolerance: subject.tolerance, "output")
    let expectedPenalty = Reference.penalty(subject.activityRegularizer, expected)
    #expect(abs(penalty - expectedPenalty) <= 1e-5 * max(expectedPenalty, 1e-3))
    #expect(bench.output.isIntact && bench.kept.isIntact && bench.scratch.isIntact && bench.statistics.isIntact)

    let upstream = draws(expected.count, stream: 2)
    func objective(_ inputs: LayerCase.Inputs) -> Double {
      let y = subject.reference(inputs)
      return zip(y, upstream).reduce(Reference.penalty(subject.activityRegularizer, y)) { $0 + $1.0 * Double($1.1) }
    }
    let found = bench.backward(upstream, wantsInputGradient: true)
    for number in inputs.xs.indices {
      let places = sampledPlaces(of: inputs.xs[number].count)
      let inputDifferences = differences(at: inputs.xs[number], places: places) { x in
        var moved = inputs
        moved.xs[number] = x
        return objective(moved)
      }
      let all = found.inputs[number].array
      expectClose(places.map { all[$0] }, inputDifferences, tolerance: 1e-4, "gradient of input \(number)")
      #expect(all.allSatisfy { $0.isFinite }, "gradient of input \(number)")
    }
    var padding = Set(0..<found.parameters.count)
    for (number, entry) in bench.entries.enumerated() {
      padding.subtract(entry.range)
      let places = sampledPlaces(of: inputs.weights[number].count)
      let weightDifferences = differences(at: inputs.weights[number], places: places) { weights in
        var moved = inputs
        moved.weights[number] = weights
        return objective(moved)
      }
      let all = found.parameters.vector[entry.range].array
      if subject.idle.contains(entry.spec.name) {
        #expect(all.allSatisfy { abs($0) < 1e-5 } && weightDifferences.allSatisfy { abs($0) < 1e-7 })
        continue
      }
      expectClose(
        places.map { all[$0] }, weightDifferences, tolerance: 1e-4, "gradient of \(entry.spec.name)")
      #expect(all.allSatisfy { $0.isFinite }, "gradient of \(entry.spec.name)")
    }
    let written = padding.filter { !found.parameters.array[$0].isNaN }
    #expect(written.isEmpty, "padding is not the layer's to write")
  }

  @Test(arguments: LayerCase.all)
  func firstLayerHasTheSameWeightGradient(_ subject: LayerCase) throws {
    let bench = try Bench(subject)
    _ = bench.forward()
    let upstream = draws(bench.output.count, stream: 3)
    let inner = bench.backward(upstream, wantsInputGradient: true).parameters.array
    let first = bench.backward(upstream, wantsInputGradient: false)
    #expect(first.parameters.array.map(\.bitPattern) == inner.map(\.bitPattern))
    #expect(first.inputs.allSatisfy { $0.array.allSatisfy(\.isNaN) })
  }

  /// The first of equal inputs has a maximum's gradient, as in TensorFlow; NaN comes through.
  @Test func maximumOfEquals() {
    let inputs: [[Float]] = [[1, 2, 0, .nan, 1], [1, 3, 0, 1, 1], [0, 3, 0, 1, .nan]]
    let y = Floats(inputs[0])
    for x in inputs.dropFirst() { Merging.maximum(Floats(x).vector, into: y.mutable) }
    #expect(Array(y.array.prefix(3)) == [1, 3, 0] && y.array[3].isNaN && y.array[4].isNaN)
    let rest = Floats([5, 6, 7, 8, 9])
    let gradients = inputs.map { x in
      let dx = Floats(repeating: .nan, count: 5)
      Merging.takeGradient(Floats(x).vector, of: y.vector, from: rest.mutable, into: dx.mutable)
      return Array(dx.array.prefix(3))
    }
    #expect(gradients == [[5, 0, 7], [0, 6, 0], [0, 0, 0]])
  }

  /// What is no row of the table is neither read nor written, and shows as NaN.
  @Test(arguments: [Float.nan, -1, 3, 0.5, 1e30, -.infinity, .infinity, 2.9999998])
  func idsBeyondATable(_ id: Float) {
    let table = Floats([1, 2, 3, 4, 5, 6])
    let y = Floats(repeating: 0, count: 4)
    TableLookup.lookUp(Floats([id, 2]).vector, in: table.matrix(3, 2), into: y.mutableMatrix(2, 2))
    #expect(y.array[0].isNaN && y.array[1].isNaN && Array(y.array[2...]) == [5, 6])
    let gradient = Floats(repeating: 0, count: 6)
    TableLookup.addRows(
      Floats([id, 2]).vector, of: Floats([9, 9, 1, 2]).matrix(2, 2), to: gradient.mutableMatrix(3, 2))
    #expect(gradient.array == [0, 0, 0, 0, 1, 2] && gradient.isIntact && y.isIntact)
  }

  @Test(
    arguments: [
      (Reshape(targetShape: [4, 2]), "[2, 3]", [2, 3]), (Reshape(targetShape: [-1, 4]), "do not fill", [6]),
      (Reshape(targetShape: [-1, -1]), "one may be -1", [6]), (Reshape(targetShape: [0, -1]), "1 or more", [6]),
      (Reshape(targetShape: [Int.max, Int.max]), "do not fill", [6]), (Permute(dims: [1, 1]), "[1, 1]", [2, 3]),
      (Permute(dims: [2, 1]), "[2, 1]", [6]), (PositionEmbedding(sequenceLength: 3), "4", [4, 2]),
      (PositionEmbedding(sequenceLength: 3), "[time, features]", [4]),
      (
        Conv2D(filters: 2, settings: ConvolutionSettings(axes: 2, kernelSize: [3, 3, 3])),
        "conv2d takes extents for 2 axes; found kernel_size [3, 3, 3]", [8, 8, 1]
      ),
      (
        Conv1D(filters: 2, settings: ConvolutionSettings(axes: 1, kernelSize: [3, 3])),
        "conv1d takes extents for 1 axis; found kernel_size [3, 3]", [8, 1]
      ),
      (ZeroPadding2D(padding: [[1], [2], [3]]), "as padding, found [1, 2, 3]", [8, 8, 1]),
    ] as [(any Layer, String, [Int])])
  func shapesThatDoNotFitAreRefused(_ layer: any Layer, _ words: String, _ extents: [Int]) {
    let error = #expect(throws: NetworkError.self) { try layer.operation(for: [Shape(extents)]) }
    #expect(error?.description.contains(words) == true, "\(error?.description ?? "")")
  }

  /// Where a derivative jumps it is TensorFlow's.
  @Test(arguments: [
    (ActivationFunction.relu, 0), (.leakyRelu(negativeSlope: 0.2), 0.2), (.elu, 1), (.selu, 1.0507009873554805),
    (.softsign, 1),
  ])
  func derivativeAtZero(_ function: ActivationFunction, _ expected: Double) throws {
    let x = Floats([0])
    let y = Floats([0])
    let gradient = Floats([1])
    function.apply(bias: nil, preactivation: nil, output: y.mutableMatrix(1, 1))
    function.backward(gradient: gradient.mutableMatrix(1, 1), output: y.matrix(1, 1), preactivation: x.matrix(1, 1))
    #expect(abs(Double(gradient.array[0]) - expected) < 1e-6)
  }
}
