public import Checkpointing
public import DataParallel
internal import Files
internal import Glibc
internal import GradientHealth
internal import Kernels

/// What the processes of a run agree on, between steps.
extension Trainer {
  /// Whether gradients travel to other processes while those of lower layers are still summed; the bits are the same.
  public var overlapsExchange: Bool {
    get { step.exchange.overlaps }
    set { step.exchange.overlaps = newValue }
  }

  /// What the exchange between processes has come to; nil: there are none.
  public var exchangeFigures: ExchangeFigures? {
    step.exchange.cost.map {
      ExchangeFigures(secondsExposed: $0.secondsExposed, bytesPerStep: $0.bytesPerStep, steps: progress.step)
    }
  }

  /// Runs a step, on all processes together: afterwards they agree whether a signal has come, whether anybody's weights
  /// are poisoned, and that all have the same weights.
  func run(
    rows: UnsafeBufferPointer<Int32>, key: UInt64, probing: Bool, _ context: RunContext
  ) throws {
    try step.run(
      rows: rows, key: key, probing: probing, measuringNoise: progress.step % GradientNoise.everySteps == 0)
    guard let processes else { return }
    let digest = step.update.weightDigest
    var words = [context.stop.signalBit, step.outcome.disposition == .appliedToPoisoned ? 1 : 0, digest, ~digest]
    try processes.or(&words)
    context.adopt(signalBits: words[0])
    if words[1] != 0 {
      step.outcome.disposition = Verdict.afterUpdate(step.outcome.disposition, areWeightsSane: false)
    } else if words[2] != ~words[3] {
      let digests = try processes.gather(words: [digest]).map { $0[0] }
      throw ProcessesApart(
        "step \(progress.step + 1): the weights of process \(digests.firstIndex { $0 != digests[0] } ?? 0) are no longer "
          + "those of process 0: a fault of memory or processor, or processors whose kernels round the update in other "
          + "ways; start again with --resume, on machines of one kind")
    }
  }
}

public struct ExchangeFigures: Sendable, Hashable {
  /// Seconds that training stood still for the exchange of gradients.
  public let secondsExposed: Double
  /// Bytes of gradient and statistics that this process sends a step.
  public let bytesPerStep: Int
  /// Steps that the seconds are of.
  public let steps: Int
}

/// An error that all processes of a run have found together: one of them need tell it.
public struct JointError: Error, Sendable, CustomStringConvertible {
  public let description: String

  init(_ description: String) { self.description = description }
}

/// The processes of a run no longer compute the same.
public struct ProcessesApart: Error, Sendable, CustomStringConvertible {
  public let description: String

  init(_ description: String) { self.description = description }
}

extension ProcessGroup {
  /// The first process's checkpoint, verified by it, and again wherever it arrives.
  ///
  /// - Parameter checkpoint: looked at on the first process.
  public func broadcast(_ checkpoint: Checkpoint?) throws -> Checkpoint? {
    let bytes = try broadcast(isFirst ? checkpoint.map { try FileContents.read($0.path) } ?? [] : [])
    if bytes.isEmpty { return nil }
    let path = try broadcast(isFirst ? Array((checkpoint?.path ?? "").utf8) : [])
    return isFirst ? checkpoint : try Checkpoint(verifying: bytes, path: String(decoding: path, as: UTF8.self))
  }

  /// A stop that one process is asked for is asked for of all.
  ///
  /// - Returns: the signal that all know of; 0: none, though one may have come since.
  func agree(on stop: StopRequest) throws -> Int32 {
    var words = [stop.signalBit]
    try or(&words)
    return stop.adopt(signalBits: words[0])
  }

  /// Everybody's part of `memory`, at everybody's.
  func share(_ memory: UnsafeMutableRawBufferPointer, bounds: [Int]) throws {
    try shareParts(of: memory, bounds: bounds, on: ProcessExchange.recordsLane)
    try finish(ProcessExchange.recordsLane)
  }

  /// The culprit that comes first in the order of computation; of equals the lowest process's.
  func first(_ found: (order: Int, culprit: Culprit)?) throws -> Culprit? {
    let order = try gather(words: [found.map { UInt64($0.order + 1) } ?? .max]).map { $0[0] }
    guard let least = order.min(), least != .max, let process = order.firstIndex(of: least) else { return nil }
    let told = try gather(rank == process ? found?.culprit.bytes ?? [] : [])
    let hosts = try gather(Array(hostName().utf8))
    var culprit = Culprit(bytes: told[process])
    culprit?.process = process
    culprit?.host = String(decoding: hosts[process], as: UTF8.self)
    return culprit
  }

  /// Sees that all processes are about to train the same run.
  ///
  /// - Throws: `JointError` where they are not, on all of them.
  func check(_ snapshot: TrainingSnapshot, allowsMixedKernels: Bool) throws {
    let progress = snapshot.progress
    let facts = [
      ("training data", progress.trainFingerprint), ("validation data", progress.validationFingerprint),
      ("recipe", snapshot.recipe), ("numeric kernels", progress.numericKernels),
    ]
    for (what, fact) in facts {
      let all = try gather(Array(fact.utf8)).map { String(decoding: $0, as: UTF8.self) }
      guard let other = all.firstIndex(where: { $0 != all[0] }) else { continue }
      if what == "numeric kernels" {
        if allowsMixedKernels { continue }
        throw JointError(
          "numeric kernels differ: \(all[0]) on process 0, \(all[other]) on process \(other); the result would depend on "
            + "which machine computes what; to go on all the same: --allow kernels")
      }
      throw JointError("process \(other) has another \(what) than process 0: all need the same")
    }
  }
}

private func hostName() -> String {
  var name = [CChar](repeating: 0, count: 256)
  guard gethostname(&name, name.count - 1) == 0 else { return "" }
  return String(decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
}

extension ProcessShare {
  /// - Throws: `JointError` where one would have nothing to do.
  init(_ group: any ProcessGroup, shards: Int, workers: [Int]) throws {
    guard group.count <= shards else {
      throw JointError(
        "\(group.count) processes for \(counted(shards, "shard")): \(group.count - shards) would have "
          + "nothing to do; start \(shards == 1 ? "one" : "at most \(shards)"), or give the run more shards when it "
          + "starts (training.shards)")
    }
    self.init(group: group, blocks: ShardPlan.blocks(shards: shards, workers: workers))
  }
}

extension StopRequest {
  /// The signal as a bit of a word; 0: none.
  var signalBit: UInt64 { signal > 0 && signal < 64 ? 1 << UInt64(signal) : 0 }

  /// Takes over what all processes together were asked: the lowest signal.
  ///
  /// - Returns: its number; 0: none.
  func adopt(signalBits: UInt64) -> Int32 {
    guard signalBits != 0 else { return 0 }
    let signal = Int32(signalBits.trailingZeroBitCount)
    adopt(signal: signal)
    return signal
  }
}

extension Culprit {
  /// For the other processes.
  var bytes: [UInt8] {
    let fields = [
      quantity.rawValue, layer ?? "", shard.map(String.init) ?? "", rows.map(String.init).joined(separator: ","),
      column.map(String.init) ?? "",
    ]
    return Array(fields.joined(separator: "\n").utf8)
  }

  init?(bytes: [UInt8]) {
    let fields = String(decoding: bytes, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false)
    guard fields.count == 5, let quantity = Quantity(rawValue: String(fields[0])) else { return nil }
    self.init(quantity: quantity, layer: fields[1].isEmpty ? nil : String(fields[1]), shard: Int(fields[2]))
    rows = fields[3].split(separator: ",").compactMap { Int($0) }
    column = Int(fields[4])
  }
}
