package import Checkpointing
internal import Files

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
  /// The last start's end: `finished`, `stopped_early`, `interrupted`, `diverged`, `failed`; nil: none is written down.
  package var ending: String?
  /// What has happened to the training since the last start or rollback; what came after the newest checkpoint is in none.
  package var troubles: [RecordedEvent] = []
  /// Seconds that processes have trained; what passed between one's last entry and the next one's start does not count.
  package var trainedSeconds: Double?

  package init() {}

  /// A missing file, and lines that are not whole, tell nothing.
  package init(reading path: String) {
    guard let bytes = try? FileContents.read(path) else { return }
    var events = RunEvents(RunRecord(name: "", path: path))
    bytes.withUnsafeBufferPointer { events.read($0) }
    let record = events.finish(now: nil)
    (firstTime, lastTime) = (events.firstTime, record.updated)
    (starts, troubles) = (events.starts, events.troubles)
    (host, workers, version) = (record.host, record.workers, record.version)
    (trainRows, validationRows, epochs) = (record.trainRows, record.validationRows, record.epochs)
    ending = record.ending
    trainedSeconds = record.duration
  }
}
