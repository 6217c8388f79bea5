internal import DataParallel
internal import JSON
internal import Reports
internal import Training

/// `cairn bench --scaling`: step times on 1, 2, ... workers, one shard a worker, and a model of them.
///
/// A step of w workers takes
///
///     a rows/w  +  b weights  +  (r + u) weights/w  +  3 c log2(w)  +  s
///
/// - a: computing one row: gather, forward, backward, and its share of the weights' gradients. Divided among the workers.
/// - b: what a shard costs whatever its rows: every worker packs all the weights for its products. Not divided.
/// - r: writing and measuring one weight's gradient, u: updating the weight. Divided. (The gradients of small weights,
///   which each shard writes and a worker sums, would count as b; they are few.)
/// - c: one of three barriers, by a tree's depth; s: what one thread does between steps.
///
/// a, b and r come from two batch sizes on one worker, the others from the phases on the most workers. See
/// `docs/performance.md` for what the model says and leaves out.
struct BenchScaling {
  /// Seconds.
  let perRow: Double
  let perShardWeight: Double
  let perSummedWeight: Double
  let perUpdatedWeight: Double
  let perBarrier: Double
  let serial: Double
  let batch: Int
  let weights: Int

  struct Measured {
    let workers: Int
    let seconds: Double
    let phases: StepPhases
  }

  /// - Parameter largest: workers to go up to; nil: as many as this process may use.
  static func run(_ cases: [BenchCase], largest: Int?, json: Bool) throws {
    var documents: [JSONValue] = []
    for benchCase in cases {
      let most = max(1, largest ?? ProcessorCount.available())
      let measured = try (1...most).filter { $0 == most || $0 & ($0 - 1) == 0 }.map { workers in
        let (seconds, phases) = try benchCase.phases(workers: workers)
        return Measured(workers: workers, seconds: seconds, phases: phases)
      }
      let half = try benchCase.phases(workers: 1, batch: max(1, benchCase.batch / 2))
      let model = BenchScaling(benchCase, measured: measured, half: half.phases)
      if json {
        documents.append(model.document(benchCase, measured))
      } else {
        try StandardOutput.line(model.text(benchCase, measured))
      }
    }
    if json { try StandardOutput.line(JSONValue.array(documents).text) }
  }

  init(_ benchCase: BenchCase, measured: [Measured], half: StepPhases) {
    batch = benchCase.batch
    weights = benchCase.weights
    let (one, most) = (measured[0], measured[measured.count - 1])
    let rows = Double(benchCase.batch)
    let halfRows = rows - Double(max(1, benchCase.batch / 2))
    func line(_ phase: StepPhases.Phase) -> (perRow: Double, fixed: Double) {
      let perRow = max(0, one.phases[phase] - half[phase]) / max(halfRows, 1)
      return (perRow, max(0, one.phases[phase] - perRow * rows))
    }
    let (compute, sum) = (line(.compute), line(.reduce))
    perRow = compute.perRow + sum.perRow
    perShardWeight = compute.fixed / Double(weights)
    perSummedWeight = sum.fixed / Double(weights)
    perUpdatedWeight = most.phases[.update] * Double(most.workers) / Double(weights)
    serial = one.phases[.between] + one.phases[.waitForVerdict]
    // What is left of the waits once the serial part is taken off; no less than a microsecond.
    let waits = most.phases[.waitForGradients] + most.phases[.waitForVerdict] + most.phases[.between] - serial
    let depth = most.workers.depth
    perBarrier = depth == 0 ? 1e-6 : max(1e-6, waits / (3 * depth))
  }

  func seconds(workers: Int) -> Double {
    let w = Double(workers)
    return perRow * Double(batch) / w + perShardWeight * Double(weights)
      + (perSummedWeight + perUpdatedWeight) * Double(weights) / w
      + 3 * perBarrier * workers.depth + serial
  }

  private static let modelled = [1, 2, 4, 8, 16, 32, 64, 128]

  private func text(_ benchCase: BenchCase, _ measured: [Measured]) -> String {
    var lines = ["\(benchCase.name): \(weights) weights, batches of \(batch); microseconds"]
    var table = [["workers", "step", "speed-up", "compute", "wait", "sum", "verdict", "update", "between"]]
    for row in measured {
      table.append(
        [String(row.workers), short(row.seconds * 1e6), short(measured[0].seconds / row.seconds, digits: 3)]
          + StepPhases.Phase.allCases.map { short(row.phases[$0] * 1e6) })
    }
    lines.append(TextTable.render(table))
    lines.append(
      "model: \(short(perRow * 1e6)) a row, \(short(perShardWeight * 1e9)) ns a weight of each shard, "
        + "\(short(perSummedWeight * 1e9)) ns to sum and \(short(perUpdatedWeight * 1e9)) ns to update a weight, "
        + "\(short(perBarrier * 1e6)) a barrier, \(short(serial * 1e6)) between steps")
    var model = [["workers"], ["modelled step"], ["speed-up"]]
    for workers in BenchScaling.modelled where workers <= batch {
      model[0].append(String(workers))
      model[1].append(short(seconds(workers: workers) * 1e6))
      model[2].append(short(seconds(workers: 1) / seconds(workers: workers), digits: 3))
    }
    lines.append(TextTable.render(model))
    return lines.joined(separator: "\n")
  }

  private func document(_ benchCase: BenchCase, _ measured: [Measured]) -> JSONValue {
    let rows = measured.map { row -> JSONValue in
      var phases: JSONValue = [:]
      for phase in StepPhases.Phase.allCases { phases = phases.adding("\(phase)", .number(row.phases[phase] * 1e6)) }
      return ["workers": .integer(row.workers), "us_per_step": .number(row.seconds * 1e6), "phases_us": phases]
    }
    let modelled = BenchScaling.modelled.filter { $0 <= batch }.map { workers -> JSONValue in
      ["workers": .integer(workers), "us_per_step": .number(seconds(workers: workers) * 1e6)]
    }
    return [
      "case": .string(benchCase.name), "measured": .array(rows), "modelled": .array(modelled),
      "model": [
        "us_per_row": .number(perRow * 1e6), "ns_per_shard_weight": .number(perShardWeight * 1e9),
        "ns_per_summed_weight": .number(perSummedWeight * 1e9),
        "ns_per_updated_weight": .number(perUpdatedWeight * 1e9),
        "us_per_barrier": .number(perBarrier * 1e6), "us_between_steps": .number(serial * 1e6),
      ],
    ]
  }
}

extension Int {
  /// log2, rounded up: levels of a binary tree over so many leaves.
  fileprivate var depth: Double { self <= 1 ? 0 : Double(Int.bitWidth - (self - 1).leadingZeroBitCount) }
}
