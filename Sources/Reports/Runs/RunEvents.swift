internal import Checkpointing
internal import JSON

/// Puts a run's record together from its events, in the order in which they stand in the log.
struct RunEvents {
  private(set) var record: RunRecord
  /// Whether the last process to start said how it ended.
  private(set) var hasEnded = false
  /// Whether the log tells description and tags; older ones do not.
  private(set) var tellsTags = false
  /// When the first event was, and how often a process has started.
  private(set) var firstTime: String?
  private(set) var starts = 0
  /// What has happened to the training since the last start or rollback.
  private(set) var troubles: [RecordedEvent] = []
  private var epochs: [Epoch] = []
  /// `loss`, then what epochs have by validation; `endings` are the bytes of those names behind `validation_`.
  private var names: [String] = []
  private var endings: [[UInt8]] = []
  private var sessionBegan: Double?
  private var earlier = 0.0
  private var line = JSONLine()

  private struct Epoch {
    var step: Int
    var number: Int
    /// One a name in `names`; NaN where an epoch lacks it.
    var values: [Double]
  }

  init(_ record: RunRecord) { self.record = record }

  /// Reads whole lines; what is no event is passed over.
  mutating func read(_ bytes: UnsafeBufferPointer<UInt8>) {
    var rest = bytes[...]
    while let end = rest.firstIndex(of: 10) {
      readLine(UnsafeBufferPointer(rebasing: rest[rest.startIndex..<end]))
      rest = rest[(end + 1)...]
    }
    if !rest.isEmpty { readLine(UnsafeBufferPointer(rebasing: rest)) }
  }

  private mutating func readLine(_ bytes: UnsafeBufferPointer<UInt8>) {
    guard line.read(bytes), let kind = line["event"], kind.kind == .string else { return }
    if kind.isEqual(to: "checkpoint") {
      record.checkpoint = line.string("file") ?? record.checkpoint
      // It may be told of after later steps: it was written beside them.
      if let step = line.integer("step"), step > record.step ?? -1 { advance() }
    } else if kind.isEqual(to: "epoch") {
      readEpoch()
    } else if kind.isEqual(to: "started") || kind.isEqual(to: "resumed") {
      readStart(isFresh: kind.isEqual(to: "started"))
    } else if kind.isEqual(to: "rollback") {
      record.step = line.integer("step") ?? 0
      giveUpLaterEpochs()
      record.epoch = epochs.last?.number ?? 0
      record.rollbacks = line.integer("attempt") ?? record.rollbacks + 1
      // The state that a rollback ends with is saved, with all events so far.
      troubles = []
    } else if kind.isEqual(to: "finding") {
      if let name = line.string("name"), !record.findings.contains(name) { record.findings.append(name) }
    } else if kind.isEqual(to: "finished") {
      readEnd(line.string("ending"))
    } else if kind.isEqual(to: "failed") {
      readEnd("failed")
      record.endingMessage = line.string("message").map { "ended with an error: \($0)" }
    } else if kind.isEqual(to: "pruned") {
      // Told after the process has ended: a sweep goes no further with the run.
      if hasEnded { record.ending = "pruned" }
    } else if RunEvents.troubleKinds.contains(where: { kind.isEqual(to: $0) }), let kind = kind.string {
      troubles.append(
        RecordedEvent(step: line.integer("step") ?? 0, kind: kind, message: line.string("message") ?? ""))
    }
    if let time = line.string("time") {
      record.updated = time
      if firstTime == nil { firstTime = time }
    }
  }

  /// Kinds of events that bear on a run's health.
  private static let troubleKinds: [StaticString] = ["blowup", "spike", "skip", "transient", "halted"]

  private mutating func advance() {
    if let step = line.integer("step") { record.step = step }
    if let epoch = line.integer("epoch") { record.epoch = epoch }
  }

  private mutating func readStart(isFresh: Bool) {
    endSession()
    hasEnded = false
    starts += 1
    troubles = []
    record.state = .interrupted  // until it says otherwise
    record.restoredEpoch = nil
    (record.ending, record.endingMessage) = (nil, nil)
    record.findings = []
    if isFresh {
      // `--overwrite` removes the log; where two starts stand in one, the second run is what there is.
      epochs = []
      record.rollbacks = 0
      record.started = nil
      earlier = 0
    }
    let time = line.string("time")
    sessionBegan = time.flatMap(UTCTime.seconds)
    if record.started == nil { record.started = time }
    advance()
    giveUpLaterEpochs()
    record.host = line.string("host") ?? record.host
    record.process = line.integer("process")
    record.epochs = line.integer("epochs")
    record.workers = line.integer("workers")
    record.shards = line.integer("shards")
    record.batchSize = line.integer("batch_size")
    record.parameters = line.integer("parameters")
    record.layers = line.integer("layers")
    record.trainRows = line.integer("train_rows")
    record.validationRows = line.integer("validation_rows")
    record.stepsPerEpoch = line.integer("steps_per_epoch")
    record.seed = line.string("seed")
    record.optimizer = line.string("optimizer")
    record.lossFunction = line.string("loss_function")
    record.constantLoss = line.number("constant_loss")
    record.version = line.string("version")
    record.description = line.string("description") ?? ""
    record.tags = line["tags"]?.strings ?? []
    tellsTags = line["tags"] != nil
  }

  private mutating func readEpoch() {
    advance()
    record.learningRate = line.number("learning_rate") ?? record.learningRate
    var values = [Double](repeating: .nan, count: max(names.count, 1))
    if names.isEmpty { names = ["loss"] }
    values[0] = line.number("loss") ?? .nan
    line.beginning(with: "validation_") { rest, value in
      guard let number = value.number else { return }
      if let index = endings.firstIndex(where: { rest.isEqual(to: $0) }) {
        values[index + 1] = number
      } else {
        endings.append(Array(rest.bytes))
        names.append("validation_" + String(decoding: rest.bytes, as: UTF8.self))
        values.append(number)
      }
    }
    epochs.append(Epoch(step: record.step ?? 0, number: record.epoch ?? 0, values: values))
  }

  /// Epochs after the step that training goes on from are not the run's any more.
  private mutating func giveUpLaterEpochs() {
    while let last = epochs.last, last.step > record.step ?? 0 { epochs.removeLast() }
  }

  /// Names of the epochs' figures, and their values after the step each epoch ended with.
  var epochNames: [String] { names }
  func epochPoints(last: Int) -> [[Double]] { epochs.suffix(last).map { [Double($0.step)] + $0.values } }
  var epochCount: Int { epochs.count }

  /// A figure by the epochs' numbers.
  func epochCurve(_ name: String) -> [(epoch: Int, value: Double)] {
    guard let column = names.firstIndex(of: name) else { return [] }
    return epochs.map { ($0.number, column < $0.values.count ? $0.values[column] : .nan) }
  }

  private mutating func readEnd(_ ending: String?) {
    advance()
    record.ending = ending
    switch ending {
    case "finished", "stopped_early": record.state = .finished
    case "diverged": record.state = .diverged
    default: record.state = .interrupted
    }
    hasEnded = true
    record.restoredEpoch = line.integer("restored_epoch")
    record.updated = line.string("time") ?? record.updated
    endSession()
  }

  private mutating func endSession() {
    if let began = sessionBegan, let end = record.updated.flatMap(UTCTime.seconds) { earlier += max(0, end - began) }
    sessionBegan = nil
  }

  /// Whether a process has started here that has not said how it ended.
  var isOpen: Bool { record.started != nil && !hasEnded }
  /// When the current process started, in seconds since 1970; nil: it has ended.
  var processBegan: Double? { sessionBegan }

  /// The record, with what follows from all events together.
  ///
  /// - Parameter now: seconds since 1970, if a process trains; nil: time stopped at the last event.
  mutating func finish(now: Double?) -> RunRecord {
    if let now, let began = sessionBegan {
      record.duration = earlier + max(0, now - began)
    } else {
      endSession()
      record.duration = record.started == nil ? nil : earlier
    }
    guard !epochs.isEmpty else { return record }
    record.figures = names.enumerated().map { index, name in
      let lower = name.hasSuffix("loss") || name.hasSuffix("error")
      var best = Double.nan
      var last = Double.nan
      for epoch in epochs where index < epoch.values.count {
        let value = epoch.values[index]
        // Of the model that there is: the best epoch's, where that was put back.
        if record.restoredEpoch == nil || record.restoredEpoch == epoch.number { last = value }
        if !value.isNaN, best.isNaN || (lower ? value < best : value > best) { best = value }
      }
      return RunRecord.Figure(name: name, last: last, best: best)
    }
    return record
  }
}
