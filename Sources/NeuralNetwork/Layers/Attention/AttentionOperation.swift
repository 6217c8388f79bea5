internal import Kernels

/// Weights: kernels, each with its bias where there are biases, of Q, K, V and the output.
struct AttentionOperation: Operation {
  let outputs: [Shape]
  let parameters: [ParameterSpec]
  let backwardReads: BackwardReads
  private let attention: Attention
  private let projections: AttentionProjections
  private let dropout: Float
  private let useBias: Bool
  private let activityRegularizer: Regularizer?
  private let isSelf: Bool
  private let features: Int
  /// Floats of a position's context: all heads' values.
  private let width: Int

  init(_ layer: MultiHeadAttention, query: Shape, value: Shape?) {
    let (heads, key, head) = (layer.numHeads, layer.keyDim, layer.valueDim)
    outputs = [query]
    isSelf = value == nil
    features = query.features
    width = heads * head
    dropout = layer.dropout
    useBias = layer.useBias
    activityRegularizer = layer.activityRegularizer
    backwardReads = layer.activityRegularizer == nil ? .inputs : [.inputs, .output]
    attention = Attention(
      heads: heads, queries: query.extents[0], keys: (value ?? query).extents[0], keyWidth: key, valueWidth: head,
      causal: layer.causal, dropsLost: layer.dropout > 0)
    projections = AttentionProjections(
      query: query, value: value, widths: [heads * key, heads * key, heads * head], useBias: layer.useBias)
    parameters = AttentionOperation.parameters(layer, query: query.features, value: (value ?? query).features)
  }

  private static func parameters(_ layer: MultiHeadAttention, query: Int, value: Int) -> [ParameterSpec] {
    let (heads, key, head) = (layer.numHeads, layer.keyDim, layer.valueDim)
    /// - Parameter inputs: axes of the kernel that are summed over.
    func product(_ name: String, _ shape: [Int], inputs: Int) -> [ParameterSpec] {
      // The fans are those of the product that it is: Keras' EinsumDense.
      let fans = Initializer.Fans(in: shape[..<inputs].reduce(1, *), out: shape[inputs...].reduce(1, *))
      let kernel = ParameterSpec(
        "\(name)/kernel", shape: shape, initializer: layer.kernelInitializer, regularizer: layer.kernelRegularizer,
        fans: fans)
      let bias = ParameterSpec(
        "\(name)/bias", shape: Array(shape[inputs...]), initializer: layer.biasInitializer,
        regularizer: layer.biasRegularizer)
      return layer.useBias ? [kernel, bias] : [kernel]
    }
    return product("query", [query, heads, key], inputs: 1) + product("key", [value, heads, key], inputs: 1)
      + product("value", [value, heads, head], inputs: 1)
      + product("attention_output", [heads, head, query], inputs: 2)
  }

  private var queries: Int { attention.queries }
  private var kernel: Int { useBias ? 6 : 3 }

  /// Q, K and V, then the contexts, then what the softmax needs again.
  var kept: MemorySize {
    MemorySize(perRow: projections.perRow + queries * width + attention.keptCount)
  }
  /// Kernels side by side, what attention clobbers, and the figures of a row; in backward the gradients of Q, K and V, then
  /// those of the contexts.
  var scratch: MemorySize {
    MemorySize(
      perRow: projections.perRow + queries * width,
      fixed: projections.scratchCount + attention.scratchCount + 2 * attention.heads)
  }
  var readsMasks: Bool { true }
  var multiplications: Int {
    projections.multiplications + queries * attention.keys * attention.heads
      * (attention.keyWidth + attention.valueWidth)
      + queries * width * features
  }
  var measurements: [Measurement] {
    let heads = Array(0..<attention.heads)
    let once = heads.map { _ in 1 }
    return [
      Measurement(.largestLogit, positions: heads, valuesPerRow: once),
      Measurement(.attentionEntropy, positions: heads, valuesPerRow: once),
    ]
  }

  private struct Parts {
    let projections: MutableVector
    let contexts: MutableMatrix
    let rest: MutableVector
  }

  private func parts(_ memory: MutableVector, rows: Int) -> Parts {
    let end = rows * projections.perRow
    let contexts = end + rows * queries * width
    return Parts(
      projections: memory[0..<end], contexts: memory[end..<contexts].matrix(rows: rows * queries, columns: width),
      rest: memory[contexts..<memory.count])
  }

  private func mask(_ queries: Matrix?, _ keys: Matrix?, _ row: Int) -> Attention.Mask {
    Attention.Mask(queries: queries?.row(row), keys: keys?.row(row))
  }

  private func dropout(_ training: TrainingPass?, layer: Int, row: Int) -> Attention.Dropout {
    guard let training, dropout > 0 else { return .none }
    return Attention.Dropout(
      rate: dropout, key: training.key, step: training.step, layer: UInt32(layer),
      row: training.firstRow + UInt32(row))
  }

  func forward(_ pass: ForwardPass) -> Double {
    let kept = parts(pass.kept, rows: pass.rows)
    let scratch = pass.scratch
    let packing = scratch[0..<projections.scratchCount]
    let clobbered = scratch[packing.count..<packing.count + attention.scratchCount]
    projections.forward(pass, into: kept.projections, scratch: packing)
    let masks = (pass.mask(0), pass.mask(isSelf ? 0 : 1))
    let figures =
      pass.figures(0) == nil
      ? nil : scratch[packing.count + clobbered.count..<packing.count + clobbered.count + 2 * attention.heads]
    pass.figures(0)?.fill(-.infinity)
    pass.figures(1)?.fill(0)
    for row in 0..<pass.rows {
      func projection(_ number: Int) -> Matrix {
        projections.view(number, of: row, kept.projections, rows: pass.rows).readOnly
      }
      attention.forward(
        projection(0), projection(1), projection(2), mask: mask(masks.0, masks.1, row),
        dropout: dropout(pass.training, layer: pass.layer, row: row),
        into: kept.contexts.rows(row * queries..<(row + 1) * queries), kept: ofRow(row, kept.rest), figures: figures,
        scratch: clobbered)
      if let figures { add(figures.readOnly, pass) }
    }
    let y = pass.output(features: features)
    multiply(
      kept.contexts.readOnly, pass.parameter(kernel).matrix(rows: width, columns: features), into: y)
    if useBias { ActivationFunction.linear.apply(bias: pass.parameter(kernel + 1), preactivation: nil, output: y) }
    guard let activityRegularizer else { return 0 }
    return activityRegularizer.penalty(of: kept.projections.readOnly)
      + activityRegularizer.penalty(of: y.readOnly.vector)
  }

  func backward(_ pass: BackwardPass) {
    let kept = parts(pass.kept, rows: pass.rows)
    let scratch = pass.scratch
    let packing = scratch[0..<projections.scratchCount]
    let clobbered = scratch[packing.count..<packing.count + attention.scratchCount]
    let gradients = parts(scratch[packing.count + clobbered.count..<scratch.count], rows: pass.rows)
    let dy = pass.outputGradient(features: features)
    activityRegularizer?.addGradient(of: pass.output.vector, to: dy.vector)
    multiply(
      kept.contexts.readOnly, transposed: true, dy.readOnly,
      into: pass.parameterGradient(kernel).matrix(rows: width, columns: features))
    if useBias {
      let bias = pass.parameterGradient(kernel + 1)
      bias.fill(0)
      Elementwise.addColumnSums(of: dy.readOnly, to: bias)
    }
    multiply(
      dy.readOnly, transposed: false, pass.parameter(kernel).matrix(rows: width, columns: features), transposed: true,
      into: gradients.contexts)
    let masks = (pass.mask(0), pass.mask(isSelf ? 0 : 1))
    for row in 0..<pass.rows {
      func projection(_ number: Int) -> Matrix {
        projections.view(number, of: row, kept.projections, rows: pass.rows).readOnly
      }
      func gradient(_ number: Int) -> MutableMatrix {
        projections.view(number, of: row, gradients.projections, rows: pass.rows)
      }
      let positions = row * queries..<(row + 1) * queries
      attention.backward(
        projection(0), projection(1), projection(2), mask: mask(masks.0, masks.1, row),
        dropout: dropout(pass.training, layer: pass.layer, row: row), out: kept.contexts.rows(positions).readOnly,
        kept: ofRow(row, kept.rest).readOnly, outputGradient: gradients.contexts.rows(positions).readOnly,
        queryGradient: gradient(0), keyGradient: gradient(1), valueGradient: gradient(2), scratch: clobbered)
    }
    activityRegularizer?.addGradient(of: kept.projections.readOnly, to: gradients.projections)
    projections.backward(pass, gradients: gradients.projections, scratch: packing)
  }

  private func ofRow(_ row: Int, _ kept: MutableVector) -> MutableVector {
    kept[row * attention.keptCount..<(row + 1) * attention.keptCount]
  }

  /// Folds a row's figures into the shard's.
  private func add(_ figures: Vector, _ pass: ForwardPass) {
    guard let largest = pass.figures(0), let entropy = pass.figures(1) else { return }
    for head in 0..<attention.heads {
      largest[head] = largest[head] > figures[head] ? largest[head] : figures[head]
      entropy[head] += figures[attention.heads + head]
    }
  }
}
