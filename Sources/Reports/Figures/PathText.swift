/// The `d` of an SVG path, in whole units and relative moves: a few bytes a point.
struct PathText {
  private var bytes: [UInt8] = []
  private var at = (x: 0, y: 0)
  private var isDrawing = false

  var isEmpty: Bool { bytes.isEmpty }
  var text: String { String(decoding: bytes, as: UTF8.self) }

  mutating func move(_ x: Int, _ y: Int) {
    bytes.append(UInt8(ascii: "M"))
    append(x)
    append(y, after: true)
    at = (x, y)
    isDrawing = false
  }

  mutating func line(_ x: Int, _ y: Int) {
    if !isDrawing { bytes.append(UInt8(ascii: "l")) }
    append(x - at.x, after: isDrawing)
    append(y - at.y, after: true)
    at = (x, y)
    isDrawing = true
  }

  mutating func close() {
    bytes.append(UInt8(ascii: "z"))
    isDrawing = false
  }

  /// A point: with round ends, a line of no length is a dot.
  mutating func dot(_ x: Int, _ y: Int) {
    move(x, y)
    bytes += [UInt8(ascii: "h"), UInt8(ascii: "0")]
    isDrawing = false
  }

  /// A minus sign separates as well as a space does.
  private mutating func append(_ number: Int, after: Bool = false) {
    if number < 0 { bytes.append(UInt8(ascii: "-")) } else if after { bytes.append(UInt8(ascii: " ")) }
    var rest = number.magnitude
    let start = bytes.count
    repeat {
      bytes.append(UInt8(ascii: "0") + UInt8(rest % 10))
      rest /= 10
    } while rest > 0
    bytes[start...].reverse()
  }
}
