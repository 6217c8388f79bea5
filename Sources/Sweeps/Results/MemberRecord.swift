internal import Files
internal import JSON

/// What became of a member: `member.json` in its folder, written whole or not at all. The run's own files are the truth; this
/// is what a table of ten thousand needs of them.
public struct MemberRecord: Sendable, Hashable {
  public enum State: String, Sendable, CaseIterable {
    /// A process works on it, or died doing so.
    case running
    /// Waits for the figures of others at a rung.
    case paused
    case pruned
    /// All epochs are done, or training ended early.
    case finished
    case diverged
    /// Its recipe does not work.
    case failed
    /// The process that worked on it was ended by the system, or refused memory.
    case killed

    /// Whether nothing is left to do.
    public var isFinal: Bool { self == .pruned || self == .finished || self == .diverged || self == .failed }
  }

  public struct Point: Sendable, Hashable {
    public let epoch: Int
    public let value: Double

    public init(epoch: Int, value: Double) {
      self.epoch = epoch
      self.value = value
    }
  }

  public var state: State
  public var epoch = 0
  public var step = 0
  /// Of the model that there is; NaN: none yet.
  public var objective = Double.nan
  /// `loss`, `validation_loss`, ... of the same model.
  public var figures: [(name: String, value: Double)] = []
  /// The objective at rungs. The first figure of a rung stands.
  public var rungs: [Point] = []
  /// The objective by epochs, thinned out.
  public var curve: [Point] = []
  /// Of all processes that trained it.
  public var seconds = 0.0
  /// Why it failed, was pruned or was killed.
  public var message = ""
  /// What its draw has set, in YAML by key; nil: it does not say.
  public var settings: [Setting]?

  public init(_ state: State) { self.state = state }

  public static let fileName = "member.json"

  /// - Returns: nil: there is none, or none that can be read.
  public static func read(folder: String) -> MemberRecord? {
    guard let bytes = try? FileContents.read("\(folder)/\(fileName)") else { return nil }
    return bytes.withUnsafeBufferPointer { MemberRecord(json: $0) }
  }

  /// - Throws: `FileError`.
  public func write(folder: String) throws {
    try FileContents.publish(Array((json.text + "\n").utf8), at: "\(folder)/\(MemberRecord.fileName)")
  }

  init?(json bytes: UnsafeBufferPointer<UInt8>) {
    var line = JSONLine()
    var bytes = bytes
    if bytes.last == UInt8(ascii: "\n") { bytes = UnsafeBufferPointer(rebasing: bytes.dropLast()) }
    guard line.read(bytes), let state = line.string("state").flatMap(State.init) else { return nil }
    self.state = state
    epoch = line.integer("epoch") ?? 0
    step = line.integer("step") ?? 0
    objective = line.number("objective") ?? .nan
    figures = (line["figures"]?.members ?? []).map { ($0.key, $0.value.number ?? .nan) }
    rungs = MemberRecord.points(line["rungs"])
    curve = MemberRecord.points(line["curve"])
    seconds = line.number("seconds") ?? 0
    message = line.string("message") ?? ""
    settings = line["settings"].flatMap { text in
      text.kind == .object ? text.members.map { Setting(key: $0.key, value: $0.value.string ?? "") } : nil
    }
  }

  private static func points(_ text: JSONText?) -> [Point] {
    (text?.elements ?? []).compactMap { pair in
      let numbers = pair.numbers
      guard numbers.count == 2, let epoch = Int(exactly: numbers[0]) else { return nil }
      return Point(epoch: epoch, value: numbers[1])
    }
  }

  var json: JSONValue {
    func pairs(_ points: [Point]) -> JSONValue {
      .array(points.map { .array([.integer($0.epoch), .number($0.value)]) })
    }
    return [
      "state": .string(state.rawValue), "epoch": .integer(epoch), "step": .integer(step),
      "objective": .number(objective), "seconds": .number(seconds), "message": .string(message),
      "figures": .object(figures.map { ($0.name, .number($0.value)) }), "rungs": pairs(rungs), "curve": pairs(curve),
      "settings": settings.map { .object($0.map { ($0.key, .string($0.value)) }) } ?? .null,
    ]
  }

  /// At most so many points of a curve, the first and the last among them.
  public static func thinned(_ curve: [Point], to most: Int = 64) -> [Point] {
    guard curve.count > most else { return curve }
    return (0..<most).map { curve[$0 * (curve.count - 1) / (most - 1)] }
  }

  public static func == (left: MemberRecord, right: MemberRecord) -> Bool { left.json.text == right.json.text }
  public func hash(into hasher: inout Hasher) { hasher.combine(json.text) }
}
