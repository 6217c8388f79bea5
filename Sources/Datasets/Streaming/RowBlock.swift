/// How the fields of rows lie in one piece of memory: one field after another, each with room for as many rows.
struct RowLayout: Sendable, Equatable {
  struct Field: Sendable, Equatable {
    let storage: FieldValues.Storage
    let columns: Int
    var rowBytes: Int { columns * storage.size }
  }

  let inputs: [Field]
  let targetColumns: Int

  /// - Parameter storage: how each input is held.
  init(_ schema: SampleSchema, storage: [FieldValues.Storage]) {
    precondition(storage.count == schema.inputs.count, "\(storage.count) kinds of storage")
    inputs = zip(schema.inputs, storage).map { Field(storage: $1, columns: $0.columns) }
    targetColumns = schema.targetColumns
  }

  /// Bytes of a row, of all fields.
  var rowBytes: Int { inputs.reduce(4 * targetColumns) { $0 + $1.rowBytes } }

  /// Where each input begins, and behind them the targets, and where they end.
  func offsets(rows: Int) -> [Int] {
    (inputs.map(\.rowBytes) + [4 * targetColumns]).reduce(into: [0]) { offsets, bytes in
      offsets.append((offsets[offsets.count - 1] + rows * bytes + 63) / 64 * 64)
    }
  }
}

/// Memory for some rows: of each input as a reader's `storage` says, and targets as floats. A trivial value; the memory is
/// somebody else's.
public struct RowBlock: @unchecked Sendable {
  // Unchecked: as pointers are; whoever fills it has it alone.
  private let base: UnsafeMutableRawPointer
  private let offsets: [Int]
  let layout: RowLayout
  /// Rows that there is room for.
  public let rows: Int

  /// - Parameter base: aligned to 4 bytes at least, of `layout.offsets(rows: rows).last` bytes.
  init(_ base: UnsafeMutableRawPointer, _ layout: RowLayout, rows: Int) {
    self.base = base
    self.layout = layout
    self.rows = rows
    offsets = layout.offsets(rows: rows)
  }

  /// Of an input that is held as floats, `[rows, columns]`.
  public func floats(ofInput number: Int) -> UnsafeMutablePointer<Float> {
    precondition(layout.inputs[number].storage == .floats, "input \(number) is no floats")
    return (base + offsets[number]).assumingMemoryBound(to: Float.self)
  }

  /// Of an input that is held as bytes, `[rows, columns]`.
  public func bytes(ofInput number: Int) -> UnsafeMutablePointer<UInt8> {
    precondition(layout.inputs[number].storage == .bytes, "input \(number) is no bytes")
    return (base + offsets[number]).assumingMemoryBound(to: UInt8.self)
  }

  /// `[rows, columns of the target]`.
  public var targets: UnsafeMutablePointer<Float> {
    (base + offsets[layout.inputs.count]).assumingMemoryBound(to: Float.self)
  }

  /// A piece of memory for a while.
  static func withTemporary<R>(
    _ layout: RowLayout, rows: Int, _ body: (RowBlock) throws -> R
  ) rethrows -> R {
    let memory = UnsafeMutableRawPointer.allocate(
      byteCount: max(64, layout.offsets(rows: rows).last ?? 0), alignment: 64)
    defer { memory.deallocate() }
    return try body(RowBlock(memory, layout, rows: rows))
  }
}
