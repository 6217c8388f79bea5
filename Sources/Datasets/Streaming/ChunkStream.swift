internal import Threads

/// Chunks of a file in memory: those of the window at hand, and those that a reader's queue brings in ahead of it.
///
/// The buffer is bounded: there are slots for two windows, and a chunk is read when a slot is free. Of the two threads that
/// meet here, the trainer's waits in `prepare` if a window is not complete yet, and the reader never waits for the trainer.
final class ChunkStream: @unchecked Sendable {
  // Unchecked: what stands under `monitor` is touched under it alone. `bases` of a chunk is written by the reader before
  // `prepare` lets a step begin that gathers from it, and cleared by `prepare` or `begin`, between steps. A slot's floats
  // are the reader's while it fills them and nobody's to write afterwards.
  private let rows: StreamedRows
  private let pipeline: ColumnPipeline
  let chunkRows: Int
  /// Floats of a row as it stands in memory, and of its targets.
  private let columns: Int
  private let targetColumns: Int
  private let slotFloats: Int
  private let queue: WorkQueue
  private let monitor = Monitor()
  /// Where a chunk stands in memory: its features, then its targets; nil: it does not.
  private let bases: UnsafeMutableBufferPointer<UnsafeMutablePointer<Float>?>

  // Under `monitor`.
  private var windows: [ReadWindow] = []
  private var generation = 0
  /// Oldest window that is held, newest that is asked for.
  private var firstWindow = 0
  private var neededWindow = 0
  /// What is read next, and how many windows are complete.
  private var nextWindow = 0
  private var nextChunk = 0
  private var isReading = false
  private var isAwaited = false
  private var failure: (any Error)?
  private var freeSlots: [UnsafeMutablePointer<Float>] = []
  private var allSlots: [UnsafeMutablePointer<Float>] = []
  private let slotLimit: Int

  /// - Parameter windowChunks: chunks of the largest window.
  /// - Throws: `ThreadError`.
  init(_ rows: StreamedRows, pipeline: ColumnPipeline, chunkRows: Int, windowChunks: Int) throws {
    queue = try WorkQueue()
    self.rows = rows
    self.pipeline = pipeline
    self.chunkRows = chunkRows
    columns = pipeline.outputColumns(of: rows.columns)
    targetColumns = rows.targetColumns
    slotFloats = chunkRows * (columns + targetColumns)
    slotLimit = 2 * windowChunks
    bases = .allocate(capacity: (rows.count + chunkRows - 1) / chunkRows)
    bases.initialize(repeating: nil)
  }

  deinit {
    bases.deallocate()
    for slot in allSlots { slot.deallocate() }
  }

  /// Features of a row that has been prepared, and its targets.
  ///
  /// - Precondition: the row's chunk is in memory.
  @inline(__always)
  func row(_ row: Int) -> (features: UnsafeMutablePointer<Float>, targets: UnsafeMutablePointer<Float>) {
    let chunk = row / chunkRows
    guard let base = bases[chunk] else { preconditionFailure("row \(row) was gathered before it was prepared") }
    let place = row - chunk * chunkRows
    return (base + place * columns, base + chunkRows * columns + place * targetColumns)
  }

  func begin(_ schedule: [ReadWindow], at position: Int) {
    monitor.locked {
      generation += 1
      for window in windows { release(window) }
      windows = schedule
      firstWindow = schedule.firstIndex { $0.positions.upperBound > position } ?? schedule.count
      (neededWindow, nextWindow, nextChunk) = (firstWindow, firstWindow, 0)
      failure = nil
      skipCompleted()
      readOn()
    }
  }

  func prepare(_ positions: Range<Int>) throws {
    try monitor.locked {
      while firstWindow < windows.count, windows[firstWindow].positions.upperBound <= positions.lowerBound {
        release(windows[firstWindow])
        firstWindow += 1
      }
      neededWindow = firstWindow
      while neededWindow + 1 < windows.count, windows[neededWindow].positions.upperBound < positions.upperBound {
        neededWindow += 1
      }
      readOn()
      isAwaited = true
      defer { isAwaited = false }
      while nextWindow <= neededWindow, nextWindow < windows.count {
        if let failure { throw failure }
        monitor.wait()
      }
    }
  }

  private func release(_ window: ReadWindow) {
    for chunk in window.chunks {
      guard let slot = bases[Int(chunk)] else { continue }
      bases[Int(chunk)] = nil
      freeSlots.append(slot)
    }
  }

  /// Sets the reader going if it is not and has something to do.
  private func readOn() {
    guard !isReading, hasWork else { return }
    isReading = true
    queue.async { self.read() }
  }

  private var hasWork: Bool {
    guard failure == nil, nextWindow < windows.count else { return false }
    // A batch that reaches over more windows than there is room for gets more room.
    return !freeSlots.isEmpty || allSlots.count < slotLimit || nextWindow <= neededWindow
  }

  private func read() {
    while let (chunk, slot, generation) = monitor.locked({ takeWork() }) {
      let result = Result { try fill(slot, chunk) }
      monitor.locked {
        guard generation == self.generation else { return freeSlots.append(slot) }
        switch result {
        case .success:
          bases[chunk] = slot
          nextChunk += 1
          skipCompleted()
        case .failure(let error):
          freeSlots.append(slot)
          failure = error
        }
        monitor.signal()
      }
    }
  }

  private func skipCompleted() {
    while nextWindow < windows.count, nextChunk == windows[nextWindow].chunks.count {
      nextWindow += 1
      nextChunk = 0
    }
  }

  private func takeWork() -> (chunk: Int, slot: UnsafeMutablePointer<Float>, generation: Int)? {
    guard hasWork else {
      isReading = false
      return nil
    }
    let slot: UnsafeMutablePointer<Float>
    if let free = freeSlots.popLast() {
      slot = free
    } else {
      slot = .allocate(capacity: slotFloats)
      allSlots.append(slot)
    }
    return (Int(windows[nextWindow].chunks[nextChunk]), slot, generation)
  }

  private func fill(_ slot: UnsafeMutablePointer<Float>, _ chunk: Int) throws {
    let range = chunk * chunkRows..<min((chunk + 1) * chunkRows, rows.count)
    try pipeline.read(rows: range.count, columns: rows.columns, into: slot) {
      try rows.reader.read(range, features: $0, targets: slot + chunkRows * columns) {
        monitor.locked { isAwaited && nextWindow <= neededWindow }
      }
    }
  }
}
