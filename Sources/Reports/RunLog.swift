package import Checkpointing
internal import Files
internal import FoundationEssentials

/// What a run's `events.jsonl` tells of clock, host and endings, which its checkpoints do not hold.
package struct RunLog: Sendable, Hashable {
  /// UTC, as written: `2026-01-31T12:00:00Z`.
  package var firstTime: String?
  package var lastTime: String?
  package var host: String?
  package var starts = 0
  package var workers: Int?
  package var trainRows: Int?
  package var validationRows: Int?
  package var epochs: Int?
  package var version: String?
  /// The last start's end: `finished`, `stopped_early`, `interrupted`, `diverged`; nil: none is written down.
  package var ending: String?
  /// What has happened to the training since the last start or rollback; what came after the newest checkpoint is in none.
  package var troubles: [RecordedEvent] = []

  /// Seconds that processes have trained; what passed between one's last entry and the next one's start does not count.
  package var trainedSeconds: Double?
  private var sessionBegan: String?
  private var earlierSeconds = 0.0

  package init() {}

  /// A missing file, and lines that are not whole, tell nothing.
  package init(reading path: String) {
    guard let bytes = try? FileContents.read(path) else { return }
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    for line in bytes.split(separator: UInt8(ascii: "\n")) {
      // Most lines are epochs and checkpoints: only their time counts, and only the last one's.
      guard let entry = try? decoder.decode(Entry.self, from: Data(line)) else { continue }
      add(entry)
    }
  }

  private struct Entry: Decodable {
    var time: String?
    var event: String?
    var host: String?
    var workers: Int?
    var trainRows: Int?
    var validationRows: Int?
    var epochs: Int?
    var version: String?
    var ending: String?
    var step: Int?
    var message: String?
  }

  /// Kinds of events that bear on a run's health.
  private static let troubleKinds: Set<String> = ["blowup", "spike", "skip", "transient", "halted"]

  private mutating func add(_ entry: Entry) {
    firstTime = firstTime ?? entry.time
    if entry.event == "started" || entry.event == "resumed" {
      earlierSeconds = trainedSeconds ?? 0
      sessionBegan = entry.time
    }
    lastTime = entry.time ?? lastTime
    if let began = sessionBegan.flatMap(RunLog.seconds), let last = lastTime.flatMap(RunLog.seconds) {
      trainedSeconds = earlierSeconds + Double(max(0, last - began))
    }
    switch entry.event {
    case "started", "resumed":
      starts += 1
      ending = nil
      troubles = []
      host = entry.host ?? host
      workers = entry.workers ?? workers
      trainRows = entry.trainRows ?? trainRows
      validationRows = entry.validationRows ?? validationRows
      epochs = entry.epochs ?? epochs
      version = entry.version ?? version
    case "finished": ending = entry.ending
    // The state that a rollback ends with is saved, with all events so far.
    case "rollback": troubles = []
    case let kind? where RunLog.troubleKinds.contains(kind):
      troubles.append(RecordedEvent(step: entry.step ?? 0, kind: kind, message: entry.message ?? ""))
    default: break
    }
  }

  /// Seconds of a UTC time of the log's form since 1970; nil: it is none.
  static func seconds(_ text: String) -> Int? {
    let parts = text.split { !("0"..."9").contains($0) }.compactMap { Int($0) }
    guard parts.count == 6, text.hasSuffix("Z"), (1...12).contains(parts[1]) else { return nil }
    // Days from civil (Howard Hinnant, "chrono-compatible low-level date algorithms", 2013).
    let year = parts[0] - (parts[1] <= 2 ? 1 : 0)
    let era = (year >= 0 ? year : year - 399) / 400
    let yearOfEra = year - era * 400
    let dayOfYear = (153 * (parts[1] + (parts[1] > 2 ? -3 : 9)) + 2) / 5 + parts[2] - 1
    let days = era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    return days * 86_400 + parts[3] * 3600 + parts[4] * 60 + parts[5]
  }
}
