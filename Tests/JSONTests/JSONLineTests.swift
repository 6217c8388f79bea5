import JSON
import Testing

struct JSONLineTests {
  private func with<T>(_ text: String, _ body: (inout JSONLine, Bool) throws -> T) rethrows -> T {
    try Array(text.utf8).withUnsafeBufferPointer { bytes in
      var line = JSONLine()
      let isRead = line.read(bytes)
      return try body(&line, isRead)
    }
  }

  @Test func readsWhatWritersWrite() {
    with(
      #"{"a": 1, "b":-2.5e-3, "c": "x\n\"\u00e9\ud83e\udea8é", "d": null, "e": [1, null, "nan"], "f": "-inf", "g": {"k": {"l": []}}, "h": 1234567890123456789}"#
    ) { line, isRead in
      #expect(isRead)
      #expect(line.integer("a") == 1 && line.number("b") == -0.0025)
      #expect(line.string("c") == "x\n\"é🪨é")
      #expect(line["d"]?.number == nil && line["z"] == nil)
      let numbers = line["e"]?.numbers ?? []
      #expect(numbers.count == 3 && numbers[0] == 1 && numbers[1].isNaN && numbers[2].isNaN)
      #expect(line.number("f") == -.infinity && line.number("c") == nil)
      #expect(line["g"]?.members.map(\.key) == ["k"])
      #expect(line.number("h") == 1_234_567_890_123_456_768)
    }
  }

  @Test(arguments: [
    "", "{", "{\"a\"", "{\"a\": ", "{\"a\": 1", "{\"a\": 1,}", "{\"a\": 1} x", "[1]", "{\"a\": tru}", "{a: 1}",
    "{\"a\": \"x", "{\"a\": \"x\\", "{\"a\": [1, }", "\u{0}", "{\"a\": nan}",
    "{\"a\": " + String(repeating: "[", count: 50_000),
  ])
  func refusesWhatIsNoObject(text: String) {
    with(text) { line, isRead in #expect(!isRead && line["a"] == nil) }
  }
}
