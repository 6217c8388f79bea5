import Foundation

/// PNG files as tests need them: 8 bits, gray or red, green, blue, not compressed.
enum TestImage {
  /// - Parameter pixels: `[height, width, channels]`; 1 channel or 3.
  static func png(height: Int, width: Int, _ pixels: [UInt8]) -> [UInt8] {
    let channels = pixels.count / (height * width)
    precondition(channels == 1 || channels == 3)
    var rows: [UInt8] = []
    for row in 0..<height {
      rows.append(0)  // no filter
      rows += pixels[row * width * channels..<(row + 1) * width * channels]
    }
    var data: [UInt8] = [0x78, 0x01]
    var position = 0
    repeat {
      let count = min(65535, rows.count - position)
      let isLast: UInt8 = position + count == rows.count ? 1 : 0
      data += [isLast, UInt8(count & 255), UInt8(count >> 8), UInt8(~count & 255), UInt8(~count >> 8 & 255)]
      data += rows[position..<position + count]
      position += count
    } while position < rows.count
    var (low, high) = (UInt32(1), UInt32(0))
    for byte in rows {
      low = (low + UInt32(byte)) % 65521
      high = (high + low) % 65521
    }
    data += big(high << 16 | low)
    let head = big(UInt32(width)) + big(UInt32(height)) + [8, channels == 3 ? 2 : 0, 0, 0, 0]
    return [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A] + chunk("IHDR", head) + chunk("IDAT", data)
      + chunk("IEND", [])
  }

  /// One colour.
  static func plain(height: Int, width: Int, _ color: [UInt8]) -> [UInt8] {
    png(height: height, width: width, (0..<height * width).flatMap { _ in color })
  }

  static func chunk(_ name: String, _ data: [UInt8]) -> [UInt8] {
    let body = Array(name.utf8) + data
    return big(UInt32(data.count)) + body + big(checksum(body))
  }

  static func big(_ value: UInt32) -> [UInt8] { (0..<4).map { UInt8(value >> (24 - 8 * $0) & 255) } }

  static func checksum(_ bytes: [UInt8]) -> UInt32 {
    var value = UInt32.max
    for byte in bytes {
      value ^= UInt32(byte)
      for _ in 0..<8 { value = value & 1 == 1 ? value >> 1 ^ 0xEDB8_8320 : value >> 1 }
    }
    return ~value
  }

  static func fixture(_ name: String) throws -> [UInt8] {
    Array(try Data(contentsOf: URL(filePath: repository("Tests/Fixtures/images/\(name)"))))
  }
}

extension Workbench {
  func image(_ name: String, _ bytes: [UInt8]) throws {
    let url = URL(fileURLWithPath: path(name))
    try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
    try Data(bytes).write(to: url)
  }
}
