internal import FoundationEssentials

/// A picture of at most 256 colours as a PNG file (W3C, "Portable Network Graphics", 2003), stored, not compressed: heat
/// maps are small.
struct PNGImage {
  let width: Int
  let height: Int
  /// Row by row, numbers of `palette`.
  var pixels: [UInt8]
  let palette: [(red: Int, green: Int, blue: Int)]
  /// From this colour on they are not there: what lies behind the picture is seen.
  let transparentFrom: Int

  var bytes: [UInt8] {
    var out: [UInt8] = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]
    // 8 bits, palette, no interlace.
    PNGImage.append("IHDR", PNGImage.word(UInt32(width)) + PNGImage.word(UInt32(height)) + [8, 3, 0, 0, 0], to: &out)
    PNGImage.append("PLTE", palette.flatMap { [UInt8($0.red), UInt8($0.green), UInt8($0.blue)] }, to: &out)
    PNGImage.append("tRNS", palette.indices.map { $0 >= transparentFrom ? 0 : 255 }, to: &out)
    var rows: [UInt8] = []
    rows.reserveCapacity((width + 1) * height)
    for row in 0..<height { rows += [0] + pixels[row * width..<(row + 1) * width] }
    PNGImage.append("IDAT", PNGImage.stored(rows), to: &out)
    PNGImage.append("IEND", [], to: &out)
    return out
  }

  var dataURL: Markup { Markup(trusted: "data:image/png;base64," + Data(bytes).base64EncodedString()) }

  private static func append(_ kind: String, _ data: [UInt8], to out: inout [UInt8]) {
    let body = Array(kind.utf8) + data
    out += word(UInt32(data.count)) + body + word(cyclicRedundancyCheck(body))
  }

  private static func word(_ value: UInt32) -> [UInt8] {
    [
      UInt8(truncatingIfNeeded: value >> 24), UInt8(truncatingIfNeeded: value >> 16),
      UInt8(truncatingIfNeeded: value >> 8),
      UInt8(truncatingIfNeeded: value),
    ]
  }

  /// A zlib stream (RFC 1950) of stored blocks (RFC 1951).
  private static func stored(_ data: [UInt8]) -> [UInt8] {
    var out: [UInt8] = [0x78, 0x01]
    var start = 0
    repeat {
      let count = min(65535, data.count - start)
      let (low, high) = (UInt8(count & 0xff), UInt8(count >> 8))
      out += [start + count == data.count ? 1 : 0, low, high, ~low, ~high] + data[start..<start + count]
      start += count
    } while start < data.count
    var (a, b): (UInt32, UInt32) = (1, 0)
    for byte in data {
      a = (a + UInt32(byte)) % 65521
      b = (b + a) % 65521
    }
    return out + word(b << 16 | a)
  }

  private static let table: [UInt32] = (0..<256).map { number in
    (0..<8).reduce(UInt32(number)) { value, _ in value & 1 == 1 ? 0xedb8_8320 ^ value >> 1 : value >> 1 }
  }

  private static func cyclicRedundancyCheck(_ data: [UInt8]) -> UInt32 {
    ~data.reduce(~UInt32(0)) { table[Int(($0 ^ UInt32($1)) & 0xff)] ^ $0 >> 8 }
  }
}
