internal import Kernels

/// A part of a flat vector.
struct Extent {
  let start: Int
  let count: Int
  /// Of a gradient: whether layers behind this one have begun it, which use the same weight.
  var isStarted = false

  @inline(__always)
  func of(_ vector: UnsafePointer<Float>) -> Vector { Vector(base: vector + start, count: count) }
  @inline(__always)
  func of(_ vector: UnsafeMutablePointer<Float>) -> MutableVector { MutableVector(base: vector + start, count: count) }
}

/// Where an operation finds its operands: numbers of a workspace's buffers, and places in the flat vectors.
///
/// A trivial value behind a pointer, so that a pass can be made and handed on without a single retain: with arrays a
/// step of a tiny network took longer. Owned by an `Operands`.
struct OperandTable {
  /// A buffer that holds `columns` floats a row.
  struct Rows {
    let buffer: Int
    let columns: Int
  }

  struct Memory {
    let buffer: Int
    let size: MemorySize
  }

  let layer: Int
  let inputs: UnsafePointer<Rows>
  let outputs: UnsafePointer<Rows>
  /// Buffer -1: no gradient is wanted.
  let inputGradients: UnsafePointer<Rows>
  let outputGradients: UnsafePointer<Rows>
  let trainable: UnsafePointer<Extent>
  let state: UnsafePointer<Extent>
  /// By trainable weight; buffer -1: its gradient is written, not left as factors.
  let kernelPanels: UnsafePointer<Rows>
  /// By input; buffer -1: all its positions count.
  let masks: UnsafePointer<Rows>
  /// By measurement: places in a shard's figures.
  let figures: UnsafePointer<Extent>
  /// Columns of what rows carry from batch to batch.
  let carriedStart: Int
  let carriedCount: Int
  let keeping: Memory
  let forward: Memory
  let backward: Memory

  typealias Buffers = UnsafePointer<UnsafeMutablePointer<Float>>

  @inline(__always)
  func input(_ number: Int, _ rows: Int, _ buffers: Buffers) -> Matrix {
    Matrix(base: buffers[inputs[number].buffer], rows: rows, columns: inputs[number].columns)
  }

  @inline(__always)
  func output(_ rows: Int, _ buffers: Buffers) -> MutableMatrix {
    MutableMatrix(base: buffers[outputs[0].buffer], rows: rows, columns: outputs[0].columns)
  }

  @inline(__always)
  func outputGradient(_ number: Int, _ rows: Int, _ buffers: Buffers) -> MutableMatrix {
    MutableMatrix(base: buffers[outputGradients[number].buffer], rows: rows, columns: outputGradients[number].columns)
  }

  @inline(__always)
  func inputGradient(_ number: Int, _ rows: Int, _ buffers: Buffers) -> MutableMatrix? {
    let wanted = inputGradients[number]
    if wanted.buffer < 0 { return nil }
    return MutableMatrix(base: buffers[wanted.buffer], rows: rows, columns: wanted.columns)
  }

  @inline(__always)
  func panels(_ number: Int, _ rows: Int, _ buffers: Buffers) -> MutableVector? {
    let panels = kernelPanels[number]
    if panels.buffer < 0 { return nil }
    return MutableVector(base: buffers[panels.buffer], count: rows * panels.columns)
  }

  @inline(__always)
  func mask(_ number: Int, _ rows: Int, _ buffers: Buffers) -> Matrix? {
    let mask = masks[number]
    if mask.buffer < 0 { return nil }
    return Matrix(base: buffers[mask.buffer], rows: rows, columns: mask.columns)
  }

  @inline(__always)
  var carriedColumns: Range<Int> { carriedStart..<carriedStart + carriedCount }

  @inline(__always)
  func kept(_ rows: Int, _ buffers: Buffers) -> MutableVector { memory(keeping, rows, buffers) }
  @inline(__always)
  func forwardScratch(_ rows: Int, _ buffers: Buffers) -> MutableVector { memory(forward, rows, buffers) }
  @inline(__always)
  func backwardScratch(_ rows: Int, _ buffers: Buffers) -> MutableVector { memory(backward, rows, buffers) }

  @inline(__always)
  private func memory(_ memory: Memory, _ rows: Int, _ buffers: Buffers) -> MutableVector {
    MutableVector(base: buffers[memory.buffer], count: memory.size.count(rows: rows))
  }
}

/// Owns an `OperandTable` and what it points to.
final class Operands: @unchecked Sendable {
  // Unchecked: nothing is written after init.
  let inputs: [OperandTable.Rows]
  let outputs: [OperandTable.Rows]
  let inputGradients: [OperandTable.Rows]
  let outputGradients: [OperandTable.Rows]
  let panels: [OperandTable.Rows]
  let masks: [OperandTable.Rows]
  let kept: OperandTable.Memory
  let forward: OperandTable.Memory
  let backward: OperandTable.Memory
  let table: UnsafePointer<OperandTable>

  init(
    layer: Int, inputs: [OperandTable.Rows], outputs: [OperandTable.Rows], inputGradients: [OperandTable.Rows],
    outputGradients: [OperandTable.Rows], trainable: [Extent], state: [Extent], panels: [OperandTable.Rows],
    masks: [OperandTable.Rows], figures: [Extent], carried: Range<Int>,
    kept: OperandTable.Memory, forward: OperandTable.Memory, backward: OperandTable.Memory
  ) {
    self.inputs = inputs
    self.outputs = outputs
    self.inputGradients = inputGradients
    self.outputGradients = outputGradients
    self.panels = panels
    self.masks = masks
    self.kept = kept
    self.forward = forward
    self.backward = backward
    let table = UnsafeMutablePointer<OperandTable>.allocate(capacity: 1)
    table.initialize(
      to: OperandTable(
        layer: layer, inputs: Operands.copy(inputs), outputs: Operands.copy(outputs),
        inputGradients: Operands.copy(inputGradients), outputGradients: Operands.copy(outputGradients),
        trainable: Operands.copy(trainable), state: Operands.copy(state), kernelPanels: Operands.copy(panels),
        masks: Operands.copy(masks), figures: Operands.copy(figures), carriedStart: carried.lowerBound,
        carriedCount: carried.count, keeping: kept, forward: forward, backward: backward))
    self.table = UnsafePointer(table)
  }

  /// Of an operation without weights and memory that nobody asks for a gradient.
  convenience init(layer: Int, inputs: [OperandTable.Rows], output: OperandTable.Rows) {
    let none = OperandTable.Rows(buffer: -1, columns: 0)
    let nothing = OperandTable.Memory(buffer: -1, size: MemorySize())
    self.init(
      layer: layer, inputs: inputs, outputs: [output], inputGradients: inputs.map { _ in none },
      outputGradients: [none],
      trainable: [], state: [], panels: [], masks: inputs.map { _ in none }, figures: [], carried: 0..<0, kept: nothing,
      forward: nothing, backward: nothing)
  }

  deinit {
    let own = table.pointee
    for rows in [
      own.inputs, own.outputs, own.inputGradients, own.outputGradients, own.kernelPanels, own.masks,
    ] {
      rows.deallocate()
    }
    own.trainable.deallocate()
    own.figures.deallocate()
    own.state.deallocate()
    table.deallocate()
  }

  private static func copy<Element>(_ elements: [Element]) -> UnsafePointer<Element> {
    let memory = UnsafeMutablePointer<Element>.allocate(capacity: max(elements.count, 1))
    memory.initialize(from: elements, count: elements.count)
    return UnsafePointer(memory)
  }
}
