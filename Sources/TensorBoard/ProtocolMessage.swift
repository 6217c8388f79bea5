/// A message of protocol buffers, put together field by field, in the order of the fields' numbers.
///
/// As proto3 wants it, a field that holds its default (0, nothing) is left out; `always...` is for members of a oneof, for
/// keys of maps and for elements of lists, which are written whatever they hold.
///
/// Source: Google, Protocol Buffers, "Encoding".
struct ProtocolMessage: Sendable {
  private(set) var bytes: [UInt8] = []

  private enum WireType: UInt64 { case varint = 0, fixed64 = 1, lengthDelimited = 2, fixed32 = 5 }

  mutating func integer(_ field: UInt64, _ value: Int) { if value != 0 { alwaysInteger(field, value) } }

  /// A negative one takes ten bytes, of its two's complement.
  mutating func alwaysInteger(_ field: UInt64, _ value: Int) {
    tag(field, .varint)
    varint(UInt64(bitPattern: Int64(value)))
  }

  /// -0 is not the default.
  mutating func double(_ field: UInt64, _ value: Double) { if value.bitPattern != 0 { alwaysDouble(field, value) } }

  mutating func alwaysDouble(_ field: UInt64, _ value: Double) {
    tag(field, .fixed64)
    littleEndian(value.bitPattern)
  }

  mutating func alwaysFloat(_ field: UInt64, _ value: Float) {
    tag(field, .fixed32)
    littleEndian(value.bitPattern)
  }

  /// A list, packed.
  mutating func doubles(_ field: UInt64, _ values: [Double]) {
    if values.isEmpty { return }
    tag(field, .lengthDelimited)
    varint(UInt64(8 * values.count))
    for value in values { littleEndian(value.bitPattern) }
  }

  mutating func text(_ field: UInt64, _ text: String) { data(field, Array(text.utf8)) }

  mutating func data(_ field: UInt64, _ data: [UInt8]) { if !data.isEmpty { alwaysData(field, data) } }

  mutating func alwaysData(_ field: UInt64, _ data: [UInt8]) {
    tag(field, .lengthDelimited)
    varint(UInt64(data.count))
    bytes += data
  }

  mutating func message(_ field: UInt64, _ message: ProtocolMessage) { alwaysData(field, message.bytes) }

  mutating func message(_ field: UInt64, _ body: (inout ProtocolMessage) -> Void) {
    var inner = ProtocolMessage()
    body(&inner)
    message(field, inner)
  }

  private mutating func tag(_ field: UInt64, _ type: WireType) { varint(field << 3 | type.rawValue) }

  private mutating func varint(_ value: UInt64) {
    var rest = value
    while rest >= 0x80 {
      bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    bytes.append(UInt8(rest))
  }

  private mutating func littleEndian(_ value: some FixedWidthInteger) {
    withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) }
  }
}
