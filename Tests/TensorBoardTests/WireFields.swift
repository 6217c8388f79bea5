import Testing

/// A message's fields as a reader sees them; written independently of what `ProtocolMessage` does.
struct WireFields {
  private var fields: [(number: Int, bits: UInt64, data: [UInt8])] = []

  init(_ bytes: [UInt8]) {
    var rest = bytes[...]
    func varint() -> UInt64 {
      var (value, shift) = (UInt64(0), UInt64(0))
      while let byte = rest.popFirst() {
        value |= UInt64(byte & 0x7F) << shift
        shift += 7
        if byte < 0x80 { break }
      }
      return value
    }
    func fixed(_ count: Int) -> UInt64 {
      defer { rest = rest.dropFirst(count) }
      return rest.prefix(count).reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }
    while !rest.isEmpty {
      let tag = varint()
      switch tag & 7 {
      case 0: fields.append((Int(tag >> 3), varint(), []))
      case 1: fields.append((Int(tag >> 3), fixed(8), []))
      case 5: fields.append((Int(tag >> 3), fixed(4), []))
      case 2:
        let count = Int(varint())
        #expect(count <= rest.count)
        fields.append((Int(tag >> 3), 0, Array(rest.prefix(count))))
        rest = rest.dropFirst(count)
      default:
        Issue.record("wire type \(tag & 7)")
        rest = []
      }
    }
    #expect(fields.map(\.number) == fields.map(\.number).sorted())
  }

  private func last(_ number: Int) -> (bits: UInt64, data: [UInt8]) {
    fields.last { $0.number == number }.map { ($0.bits, $0.data) } ?? (0, [])
  }

  subscript(number: Int) -> WireFields { WireFields(last(number).data) }
  func all(_ number: Int) -> [WireFields] { fields.filter { $0.number == number }.map { WireFields($0.data) } }
  func integer(_ number: Int) -> Int { Int(Int64(bitPattern: last(number).bits)) }
  func double(_ number: Int) -> Double { Double(bitPattern: last(number).bits) }
  func float(_ number: Int) -> Float { Float(bitPattern: UInt32(truncatingIfNeeded: last(number).bits)) }
  func text(_ number: Int) -> String { String(decoding: last(number).data, as: UTF8.self) }

  func doubles(_ number: Int) -> [Double] {
    let data = last(number).data
    return stride(from: 0, to: data.count, by: 8).map { place in
      Double(bitPattern: data[place..<place + 8].reversed().reduce(0) { $0 << 8 | UInt64($1) })
    }
  }
}
