internal import Checkpointing
internal import Files
internal import GradientHealth
internal import HDF5Storage

/// Checkpoints of a drill's runs, looked into and compared.
enum DrillStates {
  /// What differs between two checkpoints: paths of arrays, and names of counters.
  ///
  /// - Parameters:
  ///   - only: beginnings of the paths that are compared; empty: all. Counters are compared with all of them alone.
  ///   - except: beginnings of those that are not.
  static func differences(_ first: String, _ second: String, only: [String] = [], except: [String] = []) throws
    -> [String]
  {
    let (a, b) = (try Checkpoint(verifying: first), try Checkpoint(verifying: second))
    var found = try CheckpointComparison.differences(a, b).map(\.path).filter { path in
      (only.isEmpty || only.contains { path.hasPrefix($0) }) && !except.contains { path.hasPrefix($0) }
    }
    if only.isEmpty || only.contains("/optimizer") {
      let (left, right) = (a.stepMemory, b.stepMemory)
      if !except.contains("/optimizer"), !same(left.optimizerScalars, right.optimizerScalars) {
        found.append("the optimizer's scalars")
      }
      if left.learningRateFactor != right.learningRateFactor { found.append("the factor of the learning rate") }
    }
    if only.isEmpty {
      let (left, right) = (a.progress, b.progress)
      if !same(a.stepMemory.spikeMonitor, b.stepMemory.spikeMonitor) { found.append("what spikes are measured by") }
      if (left.step, left.epoch, left.stepInEpoch) != (right.step, right.epoch, right.stepInEpoch) {
        found.append(place)
      }
      if left.epochRows != right.epochRows || !same([left.epochLossSum], [right.epochLossSum]) {
        found.append("the sums of the epoch")
      }
    }
    return found
  }

  static let place = "the place in the epoch"

  /// Where a weight stands in a checkpoint's file: a byte that nothing but the digest watches over.
  ///
  /// - Returns: the lowest byte of its first value; nil: it is not found as it is.
  static func placeOfWeight(in bytes: [UInt8], _ path: String) throws -> Int? {
    guard let values = try firstWeights(try Checkpoint(verifying: path).file.root.group("model_weights")) else {
      return nil
    }
    let wanted = values.prefix(16).withUnsafeBytes { Array($0) }
    return bytes.indices.dropLast(wanted.count).first { place in
      bytes[place] == wanted[0] && bytes[place..<place + wanted.count].elementsEqual(wanted)
    }
  }

  /// The first array of some size in which not all values are alike.
  private static func firstWeights(_ group: HDF5Group) throws -> [Float]? {
    for (name, member) in try group.members() {
      switch member {
      case .group: if let found = try firstWeights(try group.group(name)) { return found }
      case .dataset:
        let values: [Float] = try group.dataset(name).read()
        if values.count > 3, Set(values.prefix(16)).count > 1 { return values }
      case .other: continue
      }
    }
    return nil
  }

  private static func same(_ a: [Double], _ b: [Double]) -> Bool { a.map(\.bitPattern) == b.map(\.bitPattern) }

  /// A few names of many.
  static func few(_ names: [String]) -> String {
    names.prefix(3).joined(separator: ", ") + (names.count > 3 ? " and \(names.count - 3) more" : "")
  }

  /// What is wrong with a checkpoint that stands under its final name; nil: it is whole, healthy, and no weight in it is
  /// beyond what training makes.
  static func problem(of path: String) -> String? {
    let name = FilePath.split(path).name
    do {
      let checkpoint = try CheckpointAudit.check(path)
      guard checkpoint.isHealthy else { return "\(name) is marked as not healthy" }
      let largest = try largestValue(try checkpoint.file.root.group("model_weights"))
      return largest < 1e15 ? nil : "\(name) holds a weight of \(largest)"
    } catch {
      return "\(error)"
    }
  }

  private static func largestValue(_ group: HDF5Group) throws -> Float {
    var largest: Float = 0
    for (name, member) in try group.members() {
      switch member {
      case .group: largest = max(largest, try largestValue(try group.group(name)))
      case .dataset:
        let values: [Float] = try group.dataset(name).read()
        for value in values { largest = max(largest, abs(value)) }
      case .other: break
      }
    }
    return largest
  }

  /// Loss and gradient norm step by step, of a checkpoint's history.
  struct Figures {
    var steps: [Int] = []
    var losses: [Double] = []
    var norms: [Double] = []

    /// Of the steps up to one; empty where its row is not there, or stands for several steps.
    func upTo(_ step: Int) -> Figures {
      guard let place = steps.lastIndex(of: step) else { return Figures() }
      return Figures(
        steps: Array(steps[...place]), losses: Array(losses[...place]), norms: Array(norms[...place]))
    }
  }

  static func figures(_ path: String) throws -> Figures {
    let history = try Checkpoint(verifying: path).history()
    return Figures(
      steps: history.places.map { Int($0.step) }, losses: history.column(StepColumn.loss),
      norms: history.column(StepColumn.gradientNorm))
  }
}
