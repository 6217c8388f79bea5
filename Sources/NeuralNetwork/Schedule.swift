internal import Kernels

/// Operations in the order they run, and the buffers that they work on.
///
/// Moments: forward passes 0..<n, the loss n, backward passes n + 1...2 n in opposite order, and 2 n + 1, when the
/// shards' gradients are summed.
final class Schedule: Sendable {
  let operations: [ScheduledOperation]
  /// Numbers of buffers: what is gathered, the last output with its gradient, the output behind a link and a spare of
  /// its size, and what completing a factored gradient clobbers.
  let inputs: [Int]
  let targets: Int
  let output: Int
  let outputGradient: Int
  let linked: Int
  let spare: Int
  let product: Int

  let factored: [FactoredPlace]
  let probes: [ActivationProbe]
  let measured: [MeasuredPlace]
  /// Floats of a shard's figures: the probes' and the measurements'.
  let probeWidth: Int
  /// Floats that a row carries from batch to batch, and whose they are.
  let carriedWidth: Int
  let carried: [CarriedPlace]
  /// Numbers of the layers that neither read nor pass on a mask that their input has.
  let losingMasks: [Int]
  /// Which positions of the output count; nil: all.
  let mask: MaskedPositions?

  private let sizes: [MemorySize]

  /// - Parameters:
  ///   - graph: in which each output has one reader.
  ///   - masks: of each input, the number of the input that is its mask; nil: it has none.
  ///   - places: of the user's graph, whose layers the nodes are called after.
  ///   - outputs: floats of the last output.
  init(
    _ graph: Graph, inputs shapes: [Shape], masks: [Int?], places: [Network.Place], layout: ParameterLayout,
    outputs: Int,
    hasLink: Bool
  ) throws {
    var layers: [String: Int] = [:]
    var ordinals: [Int] = []
    for (number, place) in places.enumerated() {
      layers[place.name] = number
      ordinals.append((ordinals.last ?? -1) + (place.trainable.isEmpty ? 0 : 1))
    }
    var sizes: [MemorySize] = []
    func buffer(_ perRow: Int, fixed: Int = 0) -> Int {
      sizes.append(MemorySize(perRow: perRow, fixed: fixed))
      return sizes.count - 1
    }
    /// Where a value stands, where its gradient does, whether anything before it has weights, and which layer with
    /// weights comes last before it (its number among those; -1: none). Of what its one reader may write over its memory.
    struct Tensor {
      let shape: Shape
      let buffer: Int
      let gradient: Int
      let isTrained: Bool
      let feeder: Int
      var mayBeOverwritten = false
      var mask: MaskedPositions?
      /// Number of the network's input that it is, in whatever shape.
      var input: Int?
    }
    var tensors: [Graph.Value: Tensor] = [:]
    for (number, shape) in shapes.enumerated() {
      tensors[.input(number)] = Tensor(
        shape: shape, buffer: buffer(shape.count), gradient: -1, isTrained: false, feeder: -1, input: number)
    }
    for (number, mask) in masks.enumerated() {
      guard let mask, let positions = shapes[number].extents.first, let source = tensors[.input(mask)] else { continue }
      tensors[.input(number)]?.mask = MaskedPositions(buffer: source.buffer, sources: [mask], positions: positions)
    }
    inputs = shapes.indices.map { tensors[.input($0)]?.buffer ?? 0 }
    targets = buffer(0)

    var operations: [ScheduledOperation] = []
    var factored: [FactoredPlace] = []
    var probes: [ActivationProbe] = []
    var measured: [MeasuredPlace] = []
    var probeWidth = 0
    var carriedWidth = 0
    var carriedPlaces: [CarriedPlace] = []
    var losingMasks: [Int] = []
    /// A mask that counts where any of several does, by what they come from; computed where it is first wanted.
    var unions: [Set<Int>: MaskedPositions] = [:]
    func union(_ masks: [MaskedPositions], layer: Int) -> MaskedPositions {
      let sources = masks.reduce(into: Set<Int>()) { $0.formUnion($1.sources) }
      if let same = masks.first(where: { $0.sources == sources }) { return same }
      if let made = unions[sources] { return made }
      let positions = masks[0].positions
      let made = MaskedPositions(buffer: buffer(positions), sources: sources, positions: positions)
      unions[sources] = made
      operations.append(
        ScheduledOperation(
          MaskUnion(outputs: [[positions]], inputs: masks.count), layer: layer,
          operands: Operands(
            layer: layer, inputs: masks.map { .init(buffer: $0.buffer, columns: positions) },
            output: .init(buffer: made.buffer, columns: positions))))
      return made
    }
    /// The last node that uses each weight, and how many do, by where it stands.
    var users: [Int: (last: Int, count: Int)] = [:]
    func weights(_ layer: Int) -> [ParameterLayout.Entry] {
      let own = layout.trainable.filter { $0.layer == layer }
      return (places[layer].tied.flatMap { tied in layout.trainable.first { $0.layer == tied } }.map { [$0] } ?? [])
        + own
    }
    for (number, node) in graph.nodes.enumerated() where !(node.layer is Split) {
      for entry in layers[node.name].map(weights) ?? [] {
        users[entry.range.lowerBound] = (number, (users[entry.range.lowerBound]?.count ?? 0) + 1)
      }
    }
    for (number, node) in graph.nodes.enumerated() {
      let read = node.inputs.compactMap { tensors[$0] }
      let operation = try Network.operation(of: node, for: read.map(\.shape))
      let isSplit = operation.outputs.count > 1
      guard let layer = layers[node.name] else { throw NetworkError("no layer is called `\(node.name)`") }
      let place = places[layer]
      let trainable = isSplit ? [] : weights(layer)
      let isTrained = read.contains(where: \.isTrained) || !trainable.isEmpty
      let feeder = isSplit || place.trainable.isEmpty ? read.map(\.feeder).max() ?? -1 : ordinals[layer]
      let isView = isSplit || operation.inPlace.contains(.view)
      let isInPlace = isView || (operation.inPlace.contains(.output) && read[0].mayBeOverwritten)
      let sharesGradient = operation.inPlace.contains(.gradient) && read[0].isTrained
      let mask = try Schedule.mask(
        of: node, reading: read.map(\.mask), ids: read.first.map { ($0.buffer, $0.shape.count, $0.input) },
        output: operation.outputs[0]
      ) { union($0, layer: layer) }
      if mask == nil, !operation.readsMasks, read.contains(where: { $0.mask != nil }) { losingMasks.append(layer) }
      let written = operation.outputs.enumerated().map { index, shape in
        Tensor(
          shape: shape, buffer: isInPlace ? read[0].buffer : buffer(shape.count),
          gradient: (isSplit && index == 0) || sharesGradient ? read[0].gradient : buffer(shape.count),
          isTrained: isTrained, feeder: feeder,
          // A tensor that is split has several readers, and what its operation reads again must stay.
          mayBeOverwritten: !isSplit && !operation.backwardReads.contains(.output)
            && (!isView || read[0].mayBeOverwritten), mask: mask,
          input: node.layer.traits.role == .reshaping || isSplit ? read[0].input : nil)
      }
      for (index, tensor) in written.enumerated() { tensors[.output(node: number, number: index)] = tensor }
      var panels = Array(repeating: OperandTable.Rows(buffer: -1, columns: 0), count: trainable.count)
      for kernel in operation.factoredKernels
      where users[trainable[kernel.parameter].range.lowerBound]?.count == 1 {
        let columns = kernel.keptCount
        panels[kernel.parameter] = OperandTable.Rows(buffer: buffer(columns), columns: columns)
        let entry = layout.trainable.firstIndex { $0.range == trainable[kernel.parameter].range } ?? 0
        factored.append(
          FactoredPlace(
            kernel: kernel, entry: entry, range: layout.trainable[entry].range, input: read[0].buffer,
            panels: panels[kernel.parameter].buffer))
      }
      var probe: ActivationProbe?
      if !isSplit, let kind = operation.activation?.probe, feeder >= 0 {
        // Of outputs at several positions a unit is a channel.
        let units = kind == .rectifying ? operation.output.features : operation.output.count
        let count = kind == .rectifying ? units : 1
        let made = ActivationProbe(
          layer: feeder, kind: kind, units: units, range: probeWidth..<probeWidth + count)
        probes.append(made)
        probeWidth += AlignedBuffer.padded(count)
        probe = made
      }
      var figures: [Extent] = []
      for measurement in isSplit ? [] : operation.measurements {
        let count = measurement.positions.count
        let name = measurement.part.map { "\(place.name)_\($0)" } ?? place.name
        measured.append(
          MeasuredPlace(name: name, measurement: measurement, range: probeWidth..<probeWidth + count))
        figures.append(Extent(start: probeWidth, count: count))
        probeWidth += AlignedBuffer.padded(count)
      }
      let carried = carriedWidth..<carriedWidth + operation.carried
      carriedWidth = carried.upperBound
      if !carried.isEmpty { carriedPlaces.append(CarriedPlace(layer: place.name, range: carried)) }
      operations.append(
        ScheduledOperation(
          operation, layer: layer, isTrained: isTrained, probe: probe,
          operands: Operands(
            layer: layer, inputs: read.map { .init(buffer: $0.buffer, columns: $0.shape.count) },
            outputs: written.map { .init(buffer: $0.buffer, columns: $0.shape.count) },
            inputGradients: read.map { .init(buffer: $0.isTrained ? $0.gradient : -1, columns: $0.shape.count) },
            outputGradients: written.map { .init(buffer: $0.gradient, columns: $0.shape.count) },
            trainable: trainable.map { entry in
              Extent(
                start: entry.range.lowerBound, count: entry.range.count,
                isStarted: (users[entry.range.lowerBound]?.last ?? number) > number)
            },
            state: (isSplit ? [] : layout.state.filter { $0.layer == layer }).map {
              Extent(start: $0.range.lowerBound, count: $0.range.count)
            },
            panels: panels,
            masks: read.map { tensor in
              .init(
                buffer: operation.readsMasks ? tensor.mask?.buffer ?? -1 : -1, columns: tensor.mask?.positions ?? 0)
            },
            figures: figures, carried: carried,
            kept: .init(buffer: buffer(operation.kept.perRow, fixed: operation.kept.fixed), size: operation.kept),
            forward: .init(
              buffer: buffer(operation.scratch.perRow, fixed: operation.scratch.fixed), size: operation.scratch),
            backward: .init(
              buffer: buffer(operation.scratch.perRow, fixed: operation.scratch.fixed), size: operation.scratch)),
          hasState: !isSplit && !place.state.isEmpty))
    }
    let last = tensors[graph.output]
    output = last?.buffer ?? 0
    outputGradient = last?.gradient ?? 0
    linked = buffer(hasLink ? outputs : 0)
    spare = buffer(hasLink ? outputs : 0)
    // Of a product by the row, of a table whatever the rows are.
    product = buffer(
      factored.map { $0.kernel.kind == .product ? $0.kernel.scratchCount(rows: 1, shards: 1) : 0 }.max() ?? 0,
      fixed: factored.map { $0.kernel.kind == .lookup ? $0.kernel.scratchCount(rows: 1, shards: 1) : 0 }.max() ?? 0)
    self.sizes = sizes
    self.operations = operations
    self.factored = factored
    self.probes = probes
    self.measured = measured
    self.probeWidth = probeWidth
    self.carriedWidth = carriedWidth
    carried = carriedPlaces
    self.losingMasks = losingMasks
    mask = last?.mask
  }

  /// The mask of a node's output; nil: it has none.
  ///
  /// - Parameters:
  ///   - masks: of what it reads.
  ///   - ids: buffer and floats of its first input, a network's input or one in another shape.
  ///   - union: of several masks that differ.
  private static func mask(
    of node: Graph.Node, reading masks: [MaskedPositions?], ids: (buffer: Int, count: Int, input: Int?)?, output: Shape,
    union: ([MaskedPositions]) -> MaskedPositions
  ) throws -> MaskedPositions? {
    func fits(_ mask: MaskedPositions?) -> MaskedPositions? {
      mask?.positions == output.extents.first && output.extents.count > 1 ? mask : nil
    }
    switch node.layer.masking {
    case .ends: return nil
    case .first: return fits(masks.first ?? nil)
    case .passes:
      let all = masks.compactMap(fits)
      return all.count == masks.count && !all.isEmpty ? union(all) : nil
    case .starts:
      guard let ids, output.extents.first == ids.count else { return nil }
      guard let input = ids.input else {
        throw NetworkError(
          layer: node.listed,
          "layer `\(node.name)`: `mask_zero` needs the ids of an input of the data, found what a layer has made; "
            + "look the input up itself")
      }
      return MaskedPositions(buffer: ids.buffer, sources: [input], positions: ids.count)
    }
  }

  /// What the buffers need, by number.
  ///
  /// - Parameter training: whether backward passes run.
  func requests(targetColumns: Int, training: Bool) -> [MemoryPlan.Request] {
    let count = operations.count
    let end = 2 * count + 1
    var uses: [ClosedRange<Int>?] = Array(repeating: nil, count: sizes.count)
    var isOfShard = Array(repeating: false, count: sizes.count)
    func use(_ buffer: Int, _ moment: Int) {
      guard buffer >= 0 else { return }
      let known = uses[buffer] ?? moment...moment
      uses[buffer] = min(known.lowerBound, moment)...max(known.upperBound, moment)
    }
    // Rows are gathered before anything runs; culprits are looked for in them, metrics in targets and outputs, after all.
    for buffer in inputs + [targets] {
      use(buffer, 0)
      use(buffer, end)
    }
    for buffer in [output, linked] { use(buffer, end) }
    for buffer in [linked, spare, output] { use(buffer, count) }
    if training { use(outputGradient, count) }
    if let mask {
      use(mask.buffer, count)
      use(mask.buffer, end)
    }
    for (number, scheduled) in operations.enumerated() {
      let operands = scheduled.operands
      for tensor in operands.inputs + operands.outputs { use(tensor.buffer, number) }
      for mask in operands.masks where mask.buffer >= 0 { use(mask.buffer, number) }
      use(operands.kept.buffer, number)
      use(operands.forward.buffer, number)
      guard training, scheduled.isTrained else { continue }
      let moment = 2 * count - number
      let reads = scheduled.operation.backwardReads
      if reads.contains(.inputs) { for tensor in operands.inputs { use(tensor.buffer, moment) } }
      if reads.contains(.output) { for tensor in operands.outputs { use(tensor.buffer, moment) } }
      for tensor in operands.inputGradients + operands.outputGradients { use(tensor.buffer, moment) }
      for mask in operands.masks where mask.buffer >= 0 { use(mask.buffer, moment) }
      use(operands.kept.buffer, moment)
      use(operands.backward.buffer, moment)
      for panels in operands.panels where panels.buffer >= 0 { use(panels.buffer, moment) }
    }
    if training {
      for place in factored {
        for buffer in [place.input, place.panels] {
          use(buffer, end)
          isOfShard[buffer] = true
        }
      }
      use(product, end)
    }
    return sizes.indices.map { buffer in
      var size = buffer == targets ? MemorySize(perRow: targetColumns) : sizes[buffer]
      if uses[buffer] == nil { size = MemorySize() }
      return MemoryPlan.Request(size, use: uses[buffer] ?? 0...0, region: isOfShard[buffer] ? .shard : .worker)
    }
  }
}

/// An operation at its place in a schedule. A class: a pass takes each up some times, and copying a value would retain
/// all it holds.
final class ScheduledOperation: Sendable {
  let operation: any Operation
  /// Number of the user's layer.
  let layer: Int
  /// Whether it, or anything before it, has weights: only then its backward pass is of use.
  let isTrained: Bool
  let probe: ActivationProbe?
  let operands: Operands
  let hasState: Bool

  /// Whether it makes the layer's output; else something beside it, such as a mask.
  let isOfLayer: Bool

  init(
    _ operation: any Operation, layer: Int, isTrained: Bool, probe: ActivationProbe?, operands: Operands, hasState: Bool
  ) {
    isOfLayer = operation.outputs.count == 1
    self.operation = operation
    self.layer = layer
    self.isTrained = isTrained
    self.probe = probe
    self.operands = operands
    self.hasState = hasState
  }

  /// What is put in beside the layers, without weights and without a backward pass.
  init(_ operation: any Operation, layer: Int, operands: Operands) {
    self.operation = operation
    self.layer = layer
    self.operands = operands
    (isTrained, probe, hasState, isOfLayer) = (false, nil, false, false)
  }
}
