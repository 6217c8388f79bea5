internal import Glibc

/// Different texts in the order in which they come, by their bytes; what they are made of lies elsewhere, and must outlive
/// them.
struct CSVTextTable: @unchecked Sendable {
  // Unchecked: the texts are only read.
  struct Entry {
    let start: UnsafePointer<UInt8>
    let count: Int
    let hash: UInt64
    /// What it stands for: a number of its own, or -1 for nothing.
    let code: Int32

    var bytes: UnsafeBufferPointer<UInt8> { UnsafeBufferPointer(start: start, count: count) }
  }

  private(set) var entries: [Entry] = []
  /// Numbers from 1 of entries; 0: free.
  private var slots = [Int32](repeating: 0, count: 64)
  private(set) var codes: Int32 = 0

  /// Those that stand for something.
  var named: some Sequence<Entry> { entries.lazy.filter { $0.code >= 0 } }

  @inline(__always)
  static func hash(_ start: UnsafePointer<UInt8>, _ count: Int) -> UInt64 {
    var hash = UInt64(truncatingIfNeeded: count) &* 0x9E37_79B9_7F4A_7C15
    var place = 0
    while place + 8 <= count {
      hash = mixed(hash ^ UnsafeRawPointer(start + place).loadUnaligned(as: UInt64.self))
      place += 8
    }
    var rest: UInt64 = 0
    while place < count {
      rest = rest << 8 | UInt64(start[place])
      place += 1
    }
    return mixed(hash ^ rest)
  }

  @inline(__always)
  private static func mixed(_ word: UInt64) -> UInt64 {
    let (high, low) = word.multipliedFullWidth(by: 0xA076_1D64_78BD_642F)
    return high ^ low ^ word >> 32
  }

  /// The entry's code; nil: the text is new.
  @inline(__always)
  func code(_ start: UnsafePointer<UInt8>, _ count: Int, _ hash: UInt64) -> Int32? {
    let mask = slots.count - 1
    var slot = Int(truncatingIfNeeded: hash) & mask
    while slots[slot] != 0 {
      let entry = entries[Int(slots[slot] - 1)]
      if entry.hash == hash, entry.count == count, memcmp(entry.start, start, count) == 0 { return entry.code }
      slot = (slot + 1) & mask
    }
    return nil
  }

  /// Takes in a text that is new.
  ///
  /// - Returns: its code.
  mutating func insert(_ start: UnsafePointer<UInt8>, _ count: Int, _ hash: UInt64, isMissing: Bool) -> Int32 {
    let code = isMissing ? -1 : codes
    if !isMissing { codes += 1 }
    entries.append(Entry(start: start, count: count, hash: hash, code: code))
    if entries.count * 2 > slots.count {
      slots = [Int32](repeating: 0, count: slots.count * 4)
      for place in entries.indices { settle(place) }
    } else {
      settle(entries.count - 1)
    }
    return code
  }

  private mutating func settle(_ place: Int) {
    let mask = slots.count - 1
    var slot = Int(truncatingIfNeeded: entries[place].hash) & mask
    while slots[slot] != 0 { slot = (slot + 1) & mask }
    slots[slot] = Int32(place + 1)
  }

  /// Takes in a text that is new, and holds a copy of it.
  mutating func insert(copying entry: Entry, into arena: TextArena) -> Int32 {
    insert(arena.copy(entry.bytes), entry.count, entry.hash, isMissing: false)
  }

  /// Forgets how to find texts.
  mutating func close() { slots = [] }
}

/// Memory for texts that stay.
final class TextArena: @unchecked Sendable {
  // Unchecked: one thread at a time writes.
  private static let part = 1 << 16
  private var parts: [UnsafeMutablePointer<UInt8>] = []
  private var left = 0
  private var next: UnsafeMutablePointer<UInt8>?

  deinit { for part in parts { part.deallocate() } }

  func copy(_ text: UnsafeBufferPointer<UInt8>) -> UnsafePointer<UInt8> {
    if text.count > left || next == nil {
      let size = max(TextArena.part, text.count)
      let part = UnsafeMutablePointer<UInt8>.allocate(capacity: size)
      parts.append(part)
      (next, left) = (part, size)
    }
    guard let place = next else { preconditionFailure("no memory for a text") }
    if let from = text.baseAddress { place.update(from: from, count: text.count) }
    (next, left) = (place + text.count, left - text.count)
    return UnsafePointer(place)
  }
}
