import Testing

@testable import CairnCommands

/// Bytes that come one by one, as text.
@Suite struct UTF8RepairTests {
  private func text(_ bytes: [UInt8], portion: Int) -> (pieces: [String], whole: String) {
    var repair = UTF8Repair()
    var pieces: [String] = []
    for start in stride(from: 0, to: bytes.count, by: portion) {
      pieces.append(repair.add(Array(bytes[start..<min(start + portion, bytes.count)])))
    }
    pieces.append(repair.finish())
    return (pieces, pieces.joined())
  }

  @Test func charactersAreHeldBackUntilTheyAreWhole() {
    let bytes = Array("a\u{E9}\u{20AC}\u{1F600}z".utf8)
    #expect(
      text(bytes, portion: 1).pieces == ["a", "", "\u{E9}", "", "", "\u{20AC}", "", "", "", "\u{1F600}", "z", ""])
    for portion in 1...11 { #expect(text(bytes, portion: portion).whole == "a\u{E9}\u{20AC}\u{1F600}z") }
  }

  /// However they come, bytes are the text that Swift makes of all of them at once.
  @Test func whatIsNoUTF8IsReplaced() {
    for bytes in [
      [0x61, 0xFF, 0x62], [0xC3], [0xE2, 0x82], [0xE2, 0x82, 0x61], [0x80, 0x80, 0x80, 0x80], [0xF0, 0x9F, 0x98],
      [0xC0, 0xAF], [0xF5, 0x80], [0xC3, 0xC3, 0xA9], [0xE9, 0x74, 0xE9],
    ] as [[UInt8]] {
      let expected = String(decoding: bytes, as: UTF8.self)
      for portion in 1...bytes.count { #expect(text(bytes, portion: portion).whole == expected, "\(bytes)") }
    }
  }
}
