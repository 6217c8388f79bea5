internal import CZlib

/// Bytes one after another: as they stand in memory, or inflated from there by zlib.
///
/// The memory must outlive the stream.
final class ByteStream {
  enum Coding {
    case stored
    /// Without header and checksum, as members of a zip archive are.
    case deflate
    /// One gzip member or several; their checksums are checked.
    case gzip
  }

  /// Deflate never does better than this, so that sizes which cannot be true are refused before memory is asked for.
  static let largestRatio = 1032

  private let bytes: UnsafeRawBufferPointer
  private let coding: Coding
  private let place: String
  private let expectedChecksum: UInt32?
  private var position = 0
  private var checksum: UInt = 0
  private var hasEnded = false
  /// Does not move: zlib keeps a pointer to it.
  private let state: UnsafeMutablePointer<z_stream>?

  /// - Parameters:
  ///   - place: what errors call it.
  ///   - checksum: CRC-32 of all bytes that come out; nil: none is known.
  init(_ bytes: UnsafeRawBufferPointer, _ coding: Coding, at place: String, checksum: UInt32? = nil) throws {
    self.bytes = bytes
    self.coding = coding
    self.place = place
    expectedChecksum = checksum
    guard coding != .stored else {
      state = nil
      return
    }
    let state = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
    guard cairn_inflate_init(state, coding == .gzip ? 31 : -15) == Z_OK else {
      state.deallocate()
      throw DatasetError(.damagedFile, at: place, "zlib cannot begin")
    }
    self.state = state
  }

  deinit {
    guard let state else { return }
    inflateEnd(state)
    state.deallocate()
  }

  /// The most bytes that can come out of this.
  var bound: Int {
    if coding == .stored { return bytes.count }
    let (product, overflow) = bytes.count.multipliedReportingOverflow(by: ByteStream.largestRatio)
    return overflow ? .max : product
  }

  /// Fills the whole buffer.
  ///
  /// - Throws: `DatasetError` `damagedFile`, also where the bytes end too early.
  func read(_ buffer: UnsafeMutableRawBufferPointer) throws {
    guard try fill(buffer) == buffer.count else {
      throw DatasetError(.damagedFile, at: place, "the data end too early", remedy: "is the file complete?")
    }
  }

  func read(_ count: Int) throws -> [UInt8] {
    var buffer = [UInt8](repeating: 0, count: count)
    try buffer.withUnsafeMutableBytes { try read($0) }
    return buffer
  }

  /// All bytes that are left.
  ///
  /// - Throws: `DatasetError`: `damagedFile`; `shape` where they are more than the machine's memory.
  func readToEnd() throws -> [UInt8] {
    var all: [UInt8] = []
    var portion = [UInt8](repeating: 0, count: 1 << 20)
    while true {
      let count = try portion.withUnsafeMutableBytes { try fill($0) }
      all.append(contentsOf: portion[..<count])
      if count < portion.count { return all }
      try checkMemory(floats: all.count / 4, at: place)
    }
  }

  /// Makes sure that nothing is left, and that the checksum is right.
  func expectEnd() throws {
    var byte: UInt8 = 0
    guard try withUnsafeMutableBytes(of: &byte, { try fill($0) }) == 0 else {
      throw DatasetError(.damagedFile, at: place, "there are more bytes than the header says")
    }
    if let expectedChecksum, UInt(expectedChecksum) != checksum {
      throw DatasetError(
        .damagedFile, at: place, "the checksum is wrong", expected: String(expectedChecksum, radix: 16),
        found: String(checksum, radix: 16))
    }
  }

  /// - Returns: how many bytes came: fewer than asked for only at the end.
  private func fill(_ buffer: UnsafeMutableRawBufferPointer) throws -> Int {
    guard let base = buffer.baseAddress, buffer.count > 0 else { return 0 }
    let count = try state.map { try inflate($0, to: base, buffer.count) } ?? copy(to: base, buffer.count)
    if expectedChecksum != nil {
      checksum = UInt(crc32_z(checksum, base.assumingMemoryBound(to: UInt8.self), count))
    }
    return count
  }

  private func copy(to base: UnsafeMutableRawPointer, _ wanted: Int) -> Int {
    let count = min(wanted, bytes.count - position)
    if count > 0, let source = bytes.baseAddress {
      base.copyMemory(from: source + position, byteCount: count)
      position += count
    }
    return count
  }

  private func inflate(_ state: UnsafeMutablePointer<z_stream>, to base: UnsafeMutableRawPointer, _ wanted: Int) throws
    -> Int
  {
    let portion = 1 << 30  // zlib counts in 32 bits
    var filled = 0
    while filled < wanted, !hasEnded {
      if state.pointee.avail_in == 0, position < bytes.count, let source = bytes.baseAddress {
        let count = min(portion, bytes.count - position)
        // zlib does not write through the pointer that it asks to be mutable.
        state.pointee.next_in = UnsafeMutablePointer(
          mutating: (source + position).assumingMemoryBound(to: UInt8.self))
        state.pointee.avail_in = UInt32(count)
        position += count
      }
      let room = min(portion, wanted - filled)
      state.pointee.next_out = (base + filled).assumingMemoryBound(to: UInt8.self)
      state.pointee.avail_out = UInt32(room)
      let status = CZlib.inflate(state, Z_NO_FLUSH)
      filled += room - Int(state.pointee.avail_out)
      switch status {
      case Z_STREAM_END: try endMember(state)
      case Z_OK: continue
      case Z_BUF_ERROR where state.pointee.avail_in == 0 && position == bytes.count:
        throw DatasetError(
          .damagedFile, at: place, "the compressed data end too early", remedy: "is the file complete?")
      default:
        let reason = state.pointee.msg.map { String(cString: $0) } ?? "code \(status)"
        throw DatasetError(.damagedFile, at: place, "the compressed data are damaged", found: reason)
      }
    }
    return filled
  }

  /// After a gzip member another may follow, or zeros that fill a block.
  private func endMember(_ state: UnsafeMutablePointer<z_stream>) throws {
    let rest = bytes[(position - Int(state.pointee.avail_in))...]
    guard coding == .gzip, rest.contains(where: { $0 != 0 }) else {
      hasEnded = true
      return
    }
    guard inflateReset(state) == Z_OK else { throw DatasetError(.damagedFile, at: place, "zlib cannot go on") }
  }
}
