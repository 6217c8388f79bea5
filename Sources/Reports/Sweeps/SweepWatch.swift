internal import Checkpointing
internal import Files
internal import Glibc
internal import Sweeps
internal import Threads

/// Looks at a sweep's folder again and again: what has ended is read once, of the rest what is there.
package final class SweepWatch {
  package let path: String
  package private(set) var state: SweepState
  private let read: @Sendable (_ path: String) -> SweepOutline?
  private let isServed: @Sendable (_ member: String) -> Bool
  private let asksForLocks: Bool
  private var stamps: [FileStamp?]
  private var records: [String: MemberRecord] = [:]
  private var readers: [String: RunLogReader] = [:]
  private var known: (states: [SweepState.MemberState], running: [Int: SweepState.Running])?

  /// A sweep's file, in its folder.
  package static let fileName = "sweep.yaml"

  /// Whether a folder is a sweep's.
  package static func isSweep(_ path: String) -> Bool { FilePath.exists("\(path)/\(fileName)") }

  /// - Parameters:
  ///   - asksForLocks: whether it is asked who works on members: of no use to those that look once at many.
  ///   - isServed: whether a member's folder may be read.
  ///   - read: what a sweep's folder says of it; nil: it is no sweep, or none that can be read.
  /// - Returns: nil: `read` gives none.
  package init?(
    path: String, asksForLocks: Bool = true, isServed: @escaping @Sendable (_ member: String) -> Bool = { _ in true },
    read: @escaping @Sendable (_ path: String) -> SweepOutline?
  ) {
    stamps = SweepWatch.stamps(path)
    guard let outline = read(path) else { return nil }
    self.path = path
    self.read = read
    self.isServed = isServed
    self.asksForLocks = asksForLocks
    state = SweepState(outline, records: outline.members.map { _ in nil })
  }

  deinit { for name in readers.keys { readers[name]?.close() } }

  private static func stamps(_ path: String) -> [FileStamp?] {
    [FileStamp("\(path)/\(fileName)"), FileStamp("\(path)/told.jsonl")]
  }

  private struct Found {
    var record: MemberRecord?
    var isHeld = false
    var isThere = false
  }

  /// - Returns: whether anything is new.
  @discardableResult
  package func look() -> Bool {
    var outline = state.outline
    var members = state.members
    let stamps = SweepWatch.stamps(path)
    var isNew = known == nil
    if stamps != self.stamps {
      self.stamps = stamps
      if let read = read(path) {
        outline = read
        members = read.members
        isNew = true
      }
    }
    let names = members.map(\.name)
    var found = names.map { Found(record: records[$0]) }
    let open = found.indices.filter { !(found[$0].record?.state.isFinal ?? false) }
    if open.isEmpty, !isNew { return false }
    let folders = Set((try? FolderListing.names(in: path)) ?? [])
    let there = open.filter { folders.contains(names[$0]) }
    let (path, isServed, asksForLocks) = (path, isServed, asksForLocks)
    found.withUnsafeMutableBufferPointer { found in
      // Each index is written by one iteration.
      nonisolated(unsafe) let places = found
      ConcurrentLoop.run((there.count + 63) / 64) { block in
        for index in there[block * 64..<min(block * 64 + 64, there.count)] {
          guard isServed(names[index]) else { continue }
          let folder = "\(path)/\(names[index])"
          places[index].isThere = true
          // Asked first: whoever holds it may write its last word meanwhile.
          let isHeld = asksForLocks && RunLock.holder(directory: folder) != nil
          places[index].record = MemberRecord.read(folder: folder)
          places[index].isHeld = isHeld && !(places[index].record?.state.isFinal ?? false)
        }
      }
    }
    var running: [Int: SweepState.Running] = [:]
    for index in there where found[index].isHeld { running[index] = follow(names[index], outline) }
    let held = Set(running.keys.map { names[$0] })
    for name in Array(readers.keys) where !held.contains(name) {
      readers[name]?.close()
      readers[name] = nil
    }
    var isChanged = isNew
    for index in there where found[index].record != records[names[index]] {
      records[names[index]] = found[index].record
      isChanged = true
    }
    let next = SweepState(
      outline, records: found.map(\.record), begun: Set(found.indices.filter { found[$0].isThere }), running: running)
    if let known, known.states == next.states, known.running == running, !isChanged { return false }
    known = (next.states, running)
    state = next
    return true
  }

  /// What a member's log tells of one that runs.
  private func follow(_ name: String, _ outline: SweepOutline) -> SweepState.Running {
    var reader = readers[name] ?? RunLogReader(path: "\(path)/\(name)", name: name)
    reader.readOn()
    readers[name] = reader
    var events = reader.events
    let record = events.finish(now: UTCTime.now)
    let curve = events.epochCurve(outline.objective.monitor).map {
      MemberRecord.Point(epoch: $0.epoch, value: $0.value)
    }
    let epochs = record.epochs ?? outline.epochs
    let epoch = record.epoch ?? 0
    // Whole seconds: what changes all the time would be sent all the time.
    let left = record.duration.flatMap { duration in
      epoch > 0 ? (duration / Double(epoch) * Double(max(0, epochs - epoch))).rounded() : nil
    }
    return SweepState.Running(
      epoch: epoch, epochs: epochs, value: curve.last?.value ?? .nan, left: left, curve: MemberRecord.thinned(curve))
  }
}

/// Whether a file is as it was.
struct FileStamp: Equatable {
  private var seconds = 0
  private var nanoseconds = 0
  private var size = 0
  private var inode: UInt64 = 0

  /// nil: there is none.
  init?(_ path: String) {
    var status = stat()
    guard stat(path, &status) == 0 else { return nil }
    (seconds, nanoseconds) = (status.st_mtim.tv_sec, status.st_mtim.tv_nsec)
    (size, inode) = (Int(status.st_size), UInt64(status.st_ino))
  }
}

/// The sweeps of a folder.
package final class SweepsWatch {
  private let directory: String
  private let open: @Sendable (_ name: String, _ path: String) -> SweepWatch?
  private var watches: [String: SweepWatch] = [:]

  /// - Parameter open: the watch over a sweep; nil: it is none, or is not to be shown.
  package init(directory: String, open: @escaping @Sendable (_ name: String, _ path: String) -> SweepWatch?) {
    self.directory = directory
    self.open = open
  }

  /// - Parameter names: folders that may be sweeps.
  /// - Returns: those that are, by name.
  package func look(_ names: [String]) -> [(name: String, state: SweepState)] {
    var now: [String: SweepWatch] = [:]
    var found: [(String, SweepState)] = []
    for name in names.sorted() {
      let path = "\(directory)/\(name)"
      guard SweepWatch.isSweep(path), let watch = watches[name] ?? open(name, path) else { continue }
      watch.look()
      now[name] = watch
      found.append((name, watch.state))
    }
    watches = now
    return found
  }
}
