internal import Glibc
internal import Threads

/// Chunks of a file in memory: those of the window at hand, and those that readers' queues bring in ahead of it.
///
/// The buffer is bounded: there are slots for two windows, and a chunk is read when a slot is free. Chunks of rows that stand
/// alone may all be kept instead, each being read once; then reading goes on to the end of the schedule. Of the threads that
/// meet here, the trainer's waits in `prepare` if a window is not complete yet, and the readers never wait for the trainer.
final class ChunkStream: @unchecked Sendable {
  // Unchecked: what stands under `monitor` is touched under it alone. `bases` of a chunk is written by a reader before
  // `prepare` lets a step begin that gathers from it, and cleared by `prepare` or `begin`, between steps. A slot's bytes
  // are one reader's while it fills them and nobody's to write afterwards.
  private let rows: StreamedRows
  private let pipeline: ColumnPipeline
  let chunkRows: Int
  private let layout: RowLayout
  /// Where fields begin in a slot, and where it ends; bytes of a field's row.
  private let offsets: [Int]
  private let rowBytes: [Int]
  private let keepsAll: Bool
  private let queues: [WorkQueue]
  private let monitor = Monitor()
  /// Where a chunk stands in memory; nil: it does not.
  private let bases: UnsafeMutableBufferPointer<UnsafeMutableRawPointer?>

  // Under `monitor`.
  private var windows: [ReadWindow] = []
  /// Chunks of each window that are not in memory yet.
  private var missing: [Int] = []
  private var generation = 0
  /// Oldest window that is held, newest that is asked for, first that is not complete.
  private var firstWindow = 0
  private var neededWindow = 0
  private var incomplete = 0
  /// What is read next.
  private var nextWindow = 0
  private var nextChunk = 0
  private var isReading: [Bool]
  /// Chunks that are being read.
  private var inFlight = 0
  private var isAwaited = false
  private var failure: (any Error)?
  private var freeSlots: [UnsafeMutableRawPointer] = []
  private var allSlots: [UnsafeMutableRawPointer] = []
  private let slotLimit: Int

  /// Readers of rows that stand alone, at most.
  private static let mostReaders = 8

  /// - Parameters:
  ///   - windowChunks: chunks of the largest window.
  ///   - keepsAll: whether chunks stay in memory once they are read.
  /// - Throws: `ThreadError`.
  init(
    _ rows: StreamedRows, pipeline: ColumnPipeline, chunkRows: Int, windowChunks: Int, keepsAll: Bool = false
  ) throws {
    let processors = Int(sysconf(Int32(_SC_NPROCESSORS_ONLN)))
    let readers = rows.reader.windowOfLoneRows == nil ? 1 : max(1, min(processors, ChunkStream.mostReaders))
    queues = try (0..<readers).map { _ in try WorkQueue() }
    isReading = queues.map { _ in false }
    self.rows = rows
    self.pipeline = pipeline
    self.chunkRows = chunkRows
    self.keepsAll = keepsAll
    layout = rows.layout(behind: pipeline)
    offsets = layout.offsets(rows: chunkRows)
    rowBytes = layout.inputs.map(\.rowBytes) + [4 * layout.targetColumns]
    slotLimit = keepsAll ? .max : 2 * windowChunks
    bases = .allocate(capacity: (rows.count + chunkRows - 1) / chunkRows)
    bases.initialize(repeating: nil)
  }

  deinit {
    bases.deallocate()
    for slot in allSlots { slot.deallocate() }
  }

  /// A field of a row that has been prepared; the field after the inputs is the targets.
  ///
  /// - Precondition: the row's chunk is in memory.
  @inline(__always)
  func row(_ row: Int, field: Int) -> UnsafeMutableRawPointer {
    let chunk = row / chunkRows
    guard let base = bases[chunk] else { preconditionFailure("row \(row) was gathered before it was prepared") }
    return base + offsets[field] + (row - chunk * chunkRows) * rowBytes[field]
  }

  func begin(_ schedule: [ReadWindow], at position: Int) {
    monitor.locked {
      generation += 1
      for window in windows { release(window) }
      windows = []
      // What an older order has asked for counts as read when the new one begins.
      while keepsAll, inFlight > 0 { monitor.wait() }
      windows = schedule
      missing = schedule.map { window in
        keepsAll ? window.chunks.reduce(0) { bases[Int($1)] == nil ? $0 + 1 : $0 } : window.chunks.count
      }
      firstWindow = schedule.firstIndex { $0.positions.upperBound > position } ?? schedule.count
      (neededWindow, incomplete, nextWindow, nextChunk) = (firstWindow, firstWindow, firstWindow, 0)
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
      while incomplete <= neededWindow, incomplete < windows.count {
        if let failure { throw failure }
        monitor.wait()
      }
    }
  }

  private func release(_ window: ReadWindow) {
    if keepsAll { return }
    for chunk in window.chunks {
      guard let slot = bases[Int(chunk)] else { continue }
      bases[Int(chunk)] = nil
      freeSlots.append(slot)
    }
  }

  /// Sets the readers going that are not, if there is something to do.
  private func readOn() {
    for (number, queue) in queues.enumerated() where !isReading[number] && hasWork {
      isReading[number] = true
      queue.async { self.read(number) }
    }
  }

  private var hasWork: Bool {
    guard failure == nil, nextWindow < windows.count else { return false }
    // A batch that reaches over more windows than there is room for gets more room.
    return !freeSlots.isEmpty || allSlots.count < slotLimit || nextWindow <= neededWindow
  }

  private func read(_ reader: Int) {
    while let work = monitor.locked({ takeWork(reader) }) {
      let result = Result { try fill(work.slot, work.chunk) }
      monitor.locked { settle(work, result) }
    }
  }

  private struct Work {
    let chunk: Int
    let window: Int
    let slot: UnsafeMutableRawPointer
    let generation: Int
  }

  private func settle(_ work: Work, _ result: Result<Void, any Error>) {
    let isOwn = work.generation == generation
    inFlight -= 1
    switch result {
    case .success where isOwn || keepsAll: bases[work.chunk] = work.slot
    case .success: freeSlots.append(work.slot)
    case .failure(let error):
      freeSlots.append(work.slot)
      if isOwn { failure = failure ?? error }
    }
    if isOwn, case .success = result {
      missing[work.window] -= 1
      skipCompleted()
    }
    monitor.signal()
  }

  private func skipCompleted() {
    while incomplete < windows.count, missing[incomplete] == 0 { incomplete += 1 }
  }

  private func takeWork(_ reader: Int) -> Work? {
    // What is in memory already needs no reading.
    while nextWindow < windows.count {
      let chunks = windows[nextWindow].chunks
      while keepsAll, nextChunk < chunks.count, bases[Int(chunks[nextChunk])] != nil { nextChunk += 1 }
      if nextChunk < chunks.count { break }
      nextWindow += 1
      nextChunk = 0
    }
    guard hasWork else {
      isReading[reader] = false
      return nil
    }
    let slot: UnsafeMutableRawPointer
    if let free = freeSlots.popLast() {
      slot = free
    } else {
      slot = .allocate(byteCount: max(64, offsets[offsets.count - 1]), alignment: 64)
      allSlots.append(slot)
    }
    defer {
      nextChunk += 1
      inFlight += 1
    }
    return Work(
      chunk: Int(windows[nextWindow].chunks[nextChunk]), window: nextWindow, slot: slot, generation: generation)
  }

  private func fill(_ slot: UnsafeMutableRawPointer, _ chunk: Int) throws {
    let range = chunk * chunkRows..<min((chunk + 1) * chunkRows, rows.count)
    try rows.read(range, pipeline: pipeline, into: RowBlock(slot, layout, rows: chunkRows)) {
      monitor.locked { isAwaited && incomplete <= neededWindow }
    }
  }
}
