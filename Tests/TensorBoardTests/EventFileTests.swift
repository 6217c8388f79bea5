import Files
import Foundation
import SwiftProtobuf
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
    let digits = Array("123456789".utf8)
    #expect(CRC32C.checksum(digits) == 0xe306_9283)
    #expect(CRC32C.checksum(digits[...]) == 0xe306_9283)
    #expect(EventFile.masked(0xe306_9283) == 0xc78a_b0e5)
  }

  /// The first record of a file that TensorFlow 2 wrote at time 1.
  @Test func theFirstRecordIsTensorFlows() throws {
    let data = [9, 0, 0, 0, 0, 0, 0, 0xf0, 0x3f, 0x1a, 13] + Array("brain.Event:2".utf8)
    #expect(try Event.version(time: 1).bytes() == data)
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
            .text("recipe", "a: ä"), try .sessionStart(parameters, run: "r", time: 7),
          ], step: -3 + 12, time: 102)
      ])
      let events = try read(file.path)
      #expect(events.map(\.step) == [0, 8, 9])
      #expect(events[1].sessionLog.status == .start && events[1].wallTime == 101)
      let values = events[2].summary.value
      #expect(values.map(\.tag) == ["loss/train", "rate", "weights", "recipe", "_hparams_/session_start_info"])
      #expect(values[0].simpleValue.isNaN && values[1].simpleValue == 0.25)
      #expect(values[2].histo.bucketLimit == [0, 1, 2, 3] && values[2].histo.bucket == [1, 0, 2, 4])
      #expect(values[2].histo.num == 7 && values[2].histo.min == -1 && values[2].histo.sumSquares == 9)
      #expect(values[3].tensor.stringVal == [Data("a: ä".utf8)] && values[3].metadata.pluginData.pluginName == "text")
      let start = try TBHParams(serializedBytes: values[4].metadata.pluginData.content).sessionStartInfo
      #expect(start.hparams["rate"]?.numberValue == 0.5 && start.hparams["name"]?.stringValue == "adam")
      #expect(start.hparams["shuffle"]?.boolValue == true && start.groupName == "r" && start.startTimeSecs == 7)
    }
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
        #expect(try EventFileTests().read(file.path).map(\.step) == [0, 5])
      }
    }
  }

  /// Every event of a file; both checksums of each record are looked at.
  private func read(_ path: String) throws -> [TBEvent] {
    let bytes = try FileContents.read(path)
    func number(_ place: Int, _ count: Int) -> UInt64 {
      (0..<count).reduce(0) { $0 | UInt64(bytes[place + $1]) << (8 * UInt64($1)) }
    }
    var events: [TBEvent] = []
    var place = 0
    while place < bytes.count {
      let length = Int(number(place, 8))
      #expect(number(place + 8, 4) == UInt64(EventFile.masked(CRC32C.checksum(bytes[place..<place + 8]))))
      let data = Array(bytes[place + 12..<place + 12 + length])
      #expect(number(place + 12 + length, 4) == UInt64(EventFile.masked(CRC32C.checksum(data))))
      events.append(try TBEvent(serializedBytes: data))
      place += length + 16
    }
    return events
  }
}
