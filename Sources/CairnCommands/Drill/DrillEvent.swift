internal import JSON

/// A line of a run's `events.jsonl`, as far as a drill asks for it.
struct DrillEvent: Hashable {
  var kind: String
  /// Of a rollback: the step that it went back to.
  var step: Int?
  /// Of a rollback: the step that it went back from.
  var from: Int?
  var message = ""
  /// Of `finished`: how the run ended.
  var ending: String?
  /// Of a finding.
  var (name, level): (String?, String?)
  /// Of a blow-up: what went bad first, and the layer.
  var quantity: String?
  var layer: String?
  /// Of a start.
  var (trainRows, parameters, stepsPerEpoch): (Int?, Int?, Int?)

  init(_ kind: String, step: Int? = nil, from: Int? = nil, message: String = "") {
    self.kind = kind
    self.step = step
    self.from = from
    self.message = message
  }

  /// All events of a log; lines that are none are passed over.
  static func all(in log: [UInt8]) -> [DrillEvent] {
    var line = JSONLine()
    return log.split(separator: 10).compactMap { bytes in
      bytes.withUnsafeBufferPointer { bytes in
        guard line.read(bytes), let kind = line.string("event") else { return nil }
        var event = DrillEvent(
          kind, step: line.integer("step"), from: line.integer("from"), message: line.string("message") ?? "")
        event.ending = line.string("ending")
        (event.name, event.level) = (line.string("name"), line.string("level"))
        event.quantity = line.string("quantity")
        event.layer = line.string("layer")
        event.trainRows = line.integer("train_rows")
        event.parameters = line.integer("parameters")
        event.stepsPerEpoch = line.integer("steps_per_epoch")
        return event
      }
    }
  }
}

extension [DrillEvent] {
  func first(_ kind: String) -> DrillEvent? { first { $0.kind == kind } }
  func last(_ kind: String) -> DrillEvent? { last { $0.kind == kind } }
  func count(_ kind: String) -> Int { filter { $0.kind == kind }.count }

  /// Whether the run says at its end that it has come to nothing.
  var tellsOfRuin: Bool {
    contains { event in
      ["settled", "not_cured"].contains(event.kind)
        || event.kind == "finding" && (event.level == "critical" || event.name == "no_better_than_constant")
    }
  }

  /// Updates that rollbacks have given up.
  var stepsGivenUp: Int {
    var lost = 0
    for (place, event) in enumerated() where event.kind == "rollback" {
      guard let from = event.from, let to = event.step else { continue }
      // The step that blew up was no update.
      let isBlowup = self[..<place].last { ["blowup", "lost", "rollback"].contains($0.kind) }?.kind == "blowup"
      lost += Swift.max(0, from - to - (isBlowup ? 1 : 0))
    }
    return lost
  }
}
