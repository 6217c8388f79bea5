/// The members of a zip archive that is in memory, ZIP64 included.
///
/// Only the central directory at the end is believed about names and sizes: `numpy.savez` writes local headers whose sizes
/// stand elsewhere. Every offset and size is checked against the archive before it is used.
/// Source: PKWARE, "APPNOTE.TXT - .ZIP File Format Specification", 6.3.
struct ZipArchive {
  struct Member {
    let name: String
    fileprivate let method: Int
    fileprivate let isEncrypted: Bool
    fileprivate let checksum: UInt32
    fileprivate let compressedSize: Int
    /// Bytes when unpacked, as the directory says.
    let size: Int
    fileprivate let headerOffset: Int
  }

  private let bytes: UnsafeRawBufferPointer
  private let path: String
  private(set) var members: [Member] = []

  /// - Parameter bytes: the whole archive; must outlive this.
  /// - Throws: `DatasetError` `damagedFile`.
  init(_ bytes: UnsafeRawBufferPointer, path: String) throws {
    self.bytes = bytes
    self.path = path
    let (start, end) = try directory()
    var position = start
    while position < end {
      guard position + 46 <= end, word32(position) == 0x0201_4b50 else { throw damaged("the directory breaks off") }
      position = try readMember(at: position, end: end)
    }
  }

  /// The unpacked bytes of a member.
  ///
  /// - Throws: `DatasetError` `damagedFile`.
  func stream(_ member: Member) throws -> ByteStream {
    let place = "\(path): \(member.name)"
    func refused(_ problem: String, remedy: String? = nil) -> DatasetError {
      DatasetError(.damagedFile, at: place, problem, remedy: remedy)
    }
    if member.isEncrypted { throw refused("the member is encrypted", remedy: "unpack it and save it anew") }
    guard member.method == 0 || member.method == 8 else {
      throw refused(
        "the member is compressed by method \(member.method)", remedy: "save it with numpy.savez or savez_compressed")
    }
    let header = member.headerOffset
    guard header >= 0, header <= bytes.count - 30, word32(header) == 0x0403_4b50 else {
      throw refused("there is no member where the directory says")
    }
    let start = header + 30 + word16(header + 26) + word16(header + 28)
    guard start <= bytes.count, member.compressedSize <= bytes.count - start else {
      throw refused("the member reaches beyond the end of the file", remedy: "is the file complete?")
    }
    let coding: ByteStream.Coding = member.method == 0 ? .stored : .deflate
    let stream = try ByteStream(
      UnsafeRawBufferPointer(rebasing: bytes[start..<start + member.compressedSize]), coding, at: place,
      checksum: member.checksum)
    guard coding == .stored ? member.size == stream.bound : member.size <= stream.bound else {
      throw refused("\(member.compressedSize) bytes cannot hold the \(member.size) that the directory promises")
    }
    return stream
  }

  private func damaged(_ problem: String) -> DatasetError {
    DatasetError(.damagedFile, at: path, problem, expected: "a zip archive", remedy: "is the file complete?")
  }

  /// Where the central directory stands.
  private func directory() throws -> (start: Int, end: Int) {
    // At the very end, but for a comment of up to 65535 bytes.
    var position = bytes.count - 22
    let last = max(0, position - 65535)
    while position >= last, word32(position) != 0x0605_4b50 || position + 22 + word16(position + 20) > bytes.count {
      position -= 1
    }
    guard position >= last, position >= 0 else { throw damaged("this is no zip archive") }
    var (size, start) = (UInt64(word32(position + 12)), UInt64(word32(position + 16)))
    if size == 0xFFFF_FFFF || start == 0xFFFF_FFFF || word16(position + 10) == 0xFFFF {
      let locator = position - 20
      guard locator >= 0, word32(locator) == 0x0706_4b50, let place = Int(exactly: word64(locator + 8)),
        place <= locator - 56, word32(place) == 0x0606_4b50
      else { throw damaged("the ZIP64 directory is not where it should be") }
      (size, start) = (word64(place + 40), word64(place + 48))
    }
    guard let size = Int(exactly: size), let start = Int(exactly: start), size <= position, start <= position - size
    else { throw damaged("the directory reaches beyond the file") }
    return (start, start + size)
  }

  /// - Returns: where the next one stands.
  private mutating func readMember(at position: Int, end: Int) throws -> Int {
    let nameEnd = position + 46 + word16(position + 28)
    let extraEnd = nameEnd + word16(position + 30)
    let next = extraEnd + word16(position + 32)
    guard next <= end else { throw damaged("the directory breaks off") }
    var sizes = [UInt64(word32(position + 24)), UInt64(word32(position + 20)), UInt64(word32(position + 42))]
    var extra = nameEnd
    while extra + 4 <= extraEnd {
      let fieldEnd = extra + 4 + word16(extra + 2)
      guard fieldEnd <= extraEnd else { throw damaged("a member's extra field breaks off") }
      if word16(extra) == 1 {
        // ZIP64: size, compressed size and offset, those alone that had no room above.
        var field = extra + 4
        for index in sizes.indices where sizes[index] == 0xFFFF_FFFF {
          guard field + 8 <= fieldEnd else { throw damaged("a member's ZIP64 sizes break off") }
          sizes[index] = word64(field)
          field += 8
        }
      }
      extra = fieldEnd
    }
    let numbers = sizes.compactMap { Int(exactly: $0) }
    guard numbers.count == 3 else { throw damaged("a member's size is beyond all bounds") }
    members.append(
      Member(
        name: String(decoding: bytes[(position + 46)..<nameEnd], as: UTF8.self), method: word16(position + 10),
        isEncrypted: word16(position + 8) & 1 == 1, checksum: word32(position + 16), compressedSize: numbers[1],
        size: numbers[0], headerOffset: numbers[2]))
    return next
  }

  // Little-endian; nothing beyond the archive is ever asked for but by `directory`, which may be too short for one.
  private func word16(_ position: Int) -> Int {
    guard position >= 0, position + 2 <= bytes.count else { return 0 }
    return Int(UInt16(littleEndian: bytes.loadUnaligned(fromByteOffset: position, as: UInt16.self)))
  }

  private func word32(_ position: Int) -> UInt32 {
    guard position >= 0, position + 4 <= bytes.count else { return 0 }
    return UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: position, as: UInt32.self))
  }

  private func word64(_ position: Int) -> UInt64 {
    guard position >= 0, position + 8 <= bytes.count else { return 0 }
    return UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: position, as: UInt64.self))
  }
}
