import Files
import Foundation
import Testing

@testable import TensorBoard

/// Event files against the bytes that TensorFlow writes; scripts/check-tensorboard has TensorBoard itself read them.
@Suite struct EventFileTests {
  private func withFolder(_ body: (String) throws -> Void) throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "events-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try body(folder)
  }

  @Test func checksumsAreMasked() {
    #expect(EventFile.masked(0xe306_9283) == 0xc78a_b0e5)
  }

  /// The first record of a file that TensorFlow 2 wrote at time 1.
  @Test func theFirstRecordIsTensorFlows() throws {
    let data = [9, 0, 0, 0, 0, 0, 0, 0xf0, 0x3f, 0x1a, 13] + Array("brain.Event:2".utf8)
    #expect(Event.version(time: 1).bytes == data)
    let record = EventFile.record(data)
    #expect(record[0..<8] == [24, 0, 0, 0, 0, 0, 0, 0])
    #expect(record[8..<12] == [0xa3, 0x7f, 0x4b, 0x22], "the same 12 bytes begin every file of TensorFlow's")
    #expect(record.count == 12 + data.count + 4)
  }

  @Test func eventsComeBack() throws {
    try withFolder { folder in
      let file = try EventFile(folder: folder, time: 100)
      try file.append([.version(time: 100), .sessionStart(step: 8, time: 101)])
      let parameters = [
        Hyperparameter("rate", .number(0.5)), Hyperparameter("name", .text("adam")),
        Hyperparameter("shuffle", .boolean(true)),
      ]
      try file.append([
        .values(
          [
            .scalar("loss/train", .nan), .scalar("rate", 0.25),
            .histogram("weights", minimum: -1, maximum: 3, sum: 5, squareSum: 9, counts: [1, 0, 2, 4]),
            .text("recipe", "a: ä"), .sessionStart(parameters, run: "r", time: 7),
          ], step: -3 + 12, time: 102)
      ])
      let events = try read(file.path)
      #expect(events.map { $0.integer(2) } == [0, 8, 9])
      #expect(events[1][7].integer(1) == 1 && events[1].double(1) == 101)
      let values = events[2][5].all(1)
      #expect(
        values.map { $0.text(1) } == ["loss/train", "rate", "weights", "recipe", "_hparams_/session_start_info"])
      #expect(values[0].float(2).isNaN && values[1].float(2) == 0.25)
      let histogram = values[2][5]
      #expect(histogram.doubles(6) == [0, 1, 2, 3] && histogram.doubles(7) == [1, 0, 2, 4])
      #expect(histogram.double(3) == 7 && histogram.double(1) == -1 && histogram.double(5) == 9)
      #expect(values[3][8].text(8) == "a: ä" && values[3][8].integer(1) == 7 && values[3][9][1].text(1) == "text")
      #expect(values[4][9].integer(4) == 2 && values[4][8][2].all(2).count == 1)
      let start = values[4][9][1][2][3]
      let hparams = start.all(1)
      #expect(hparams.map { $0.text(1) } == ["name", "rate", "shuffle"])
      #expect(hparams[0][2].text(3) == "adam" && hparams[1][2].double(2) == 0.5 && hparams[2][2].integer(4) == 1)
      #expect(start.text(4) == "r" && start.double(5) == 7)
    }
  }

  /// The bytes that Google's library makes of the same messages.
  @Test func fieldsAreWrittenAsProto3Wants() {
    var message = ProtocolMessage()
    message.integer(1, 0)
    message.integer(2, 300)
    message.alwaysInteger(3, -1)
    message.double(4, -0.0)
    message.text(5, "")
    message.message(16) { _ in }
    let minusOne = [UInt8](repeating: 0xFF, count: 9) + [1]
    #expect(message.bytes == [0x10, 0xAC, 2, 0x18] + minusOne + [0x21, 0, 0, 0, 0, 0, 0, 0, 0x80, 0x82, 1, 0])
  }

  /// Readers take files in the order of their names, whatever the clock says.
  @Test func aLaterFileSortsLater() throws {
    try withFolder { folder in
      let paths = try [1_700_000_000, 1_700_000_000, 1_600_000_000].map { try EventFile(folder: folder, time: $0).path }
      #expect(paths == paths.sorted() && Set(paths).count == 3)
      #expect(paths.allSatisfy { EventFile.isEventFile(String($0.dropFirst(folder.count + 1))) })
      #expect(!EventFile.isEventFile("notes.txt") && !EventFile.isEventFile("events.out.tfevents.mine"))
    }
  }

  /// A file size limit breaks a record off, as a full disk does; what stood before stays readable, and it goes on. In a
  /// process of its own: the limit holds for all of a process.
  @Test func aBrokenRecordIsCutOff() async {
    await #expect(processExitsWith: .success) {
      try EventFileTests().withFolder { folder in
        let file = try EventFile(folder: folder, time: 1)
        try file.append([.version(time: 1)])
        let size = try FileContents.read(file.path).count
        signal(SIGXFSZ, SIG_IGN)
        var before = rlimit()
        getrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &before)
        var limit = before
        limit.rlim_cur = rlim_t(size + 20)
        setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit)
        #expect(throws: FileError.self) {
          try file.append([.values([.text("long", String(repeating: "x", count: 100))], step: 1, time: 1)])
        }
        setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &before)
        #expect(try FileContents.read(file.path).count == size)
        try file.append([.sessionStart(step: 5, time: 1)])
        #expect(try EventFileTests().read(file.path).map { $0.integer(2) } == [0, 5])
      }
    }
  }

  /// Every event of a file; both checksums of each record are looked at.
  private func read(_ path: String) throws -> [WireFields] {
    let bytes = try FileContents.read(path)
    func number(_ place: Int, _ count: Int) -> UInt64 {
      (0..<count).reduce(0) { $0 | UInt64(bytes[place + $1]) << (8 * UInt64($1)) }
    }
    var events: [WireFields] = []
    var place = 0
    while place < bytes.count {
      let length = Int(number(place, 8))
      #expect(number(place + 8, 4) == UInt64(EventFile.masked(CRC32C.checksum(bytes[place..<place + 8]))))
      let data = Array(bytes[place + 12..<place + 12 + length])
      #expect(number(place + 12 + length, 4) == UInt64(EventFile.masked(CRC32C.checksum(data))))
      events.append(WireFields(data))
      place += length + 16
    }
    return events
  }
}
