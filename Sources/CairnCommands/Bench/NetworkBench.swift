internal import DataParallel
internal import JSON
internal import Reports
internal import Training

/// Measures how the processes reach each other, and says what a model makes of it for more machines.
struct NetworkBench {
  let processes: Processes
  let workers: Int?

  init(_ processes: Processes, workers: Int?) {
    self.processes = processes
    self.workers = workers
  }

  func run(_ cases: [BenchCase], json: Bool) throws {
    let measured = try processes.group.map { try measure($0) }
    var documents: [JSONValue] = []
    var text: [String] = []
    if let measured {
      text.append(
        "between these \(processes.group?.count ?? 1) processes: latency \(short(measured.latency * 1e6)) us, "
          + "\(short(measured.overhead * 1e6)) us a message, \(short(measured.bandwidth / 1e6)) MB/s each way at once")
      documents.append([
        "processes": .integer(processes.group?.count ?? 1), "latency_us": .number(measured.latency * 1e6),
        "message_us": .number(measured.overhead * 1e6), "bytes_per_second": .number(measured.bandwidth),
      ])
    }
    for benchCase in cases {
      // The first process times its own steps, the others wait.
      let compute = processes.isFirst ? try ComputeModel(benchCase, workers: workers) : nil
      try processes.group?.meet()
      guard let compute else { continue }
      text.append(
        "\(benchCase.name): \(compute.weights) weights, batch \(benchCase.batch); one machine: "
          + "\(short(compute.fixed * 1e6)) us a step and \(short(compute.perRow * 1e6)) us a row")
      var networks = [
        NetworkFigures(name: "10 Gbit/s", latency: 25e-6, overhead: 2e-6, bandwidth: 1.17e9),
        NetworkFigures(name: "100 Gbit/s", latency: 10e-6, overhead: 1e-6, bandwidth: 11.7e9),
      ]
      if let measured { networks.insert(measured, at: 0) }
      for network in networks {
        let rows = [2, 4, 8, 16, 32, 64].map { Prediction(machines: $0, compute, network, batch: benchCase.batch) }
        text.append(Prediction.table(rows, network: network, compute, batch: benchCase.batch))
        documents.append([
          "case": .string(benchCase.name), "network": .string(network.name),
          "predictions": .array(rows.map(\.document)),
        ])
      }
    }
    guard processes.isFirst else { return }
    try StandardOutput.line(json ? JSONValue.array(documents).text : text.joined(separator: "\n\n"))
  }

  // MARK: Measuring

  private func measure(_ group: any ProcessGroup) throws -> NetworkFigures {
    let lane = ProcessExchange.recordsLane
    let right = (group.rank + 1) % group.count
    let left = (group.rank + group.count - 1) % group.count
    /// Median seconds of a round in which everybody sends `count` messages to the right.
    func seconds(bytes: Int, count: Int, rounds: Int) throws -> Double {
      var outgoing = [UInt8](repeating: 1, count: bytes)
      var incoming = [UInt8](repeating: 0, count: bytes * count)
      var timings: [Double] = []
      try group.meet()
      try outgoing.withUnsafeMutableBytes { outgoing in
        try incoming.withUnsafeMutableBytes { incoming in
          for _ in 0..<rounds {
            let began = ContinuousClock.now
            for number in 0..<count {
              let place = UnsafeMutableRawBufferPointer(rebasing: incoming[number * bytes..<(number + 1) * bytes])
              try group.receive(place, from: left, on: lane)
              try group.send(UnsafeRawBufferPointer(outgoing), to: right, on: lane)
            }
            try group.finish(lane)
            timings.append(began.duration(to: .now) / .seconds(1))
          }
        }
      }
      return median(timings)
    }
    let one = try seconds(bytes: 64, count: 1, rounds: 400)
    let many = try seconds(bytes: 64, count: 33, rounds: 100)
    let large = try seconds(bytes: 1 << 23, count: 1, rounds: 15)
    return NetworkFigures(
      name: "as measured", latency: one, overhead: max(0, many - one) / 32,
      bandwidth: Double(1 << 23) / max(large - one, 1e-9))
  }
}

/// What a message costs: seconds until it is there, seconds of each further one at the same time, bytes a second.
struct NetworkFigures {
  let name: String
  let latency: Double
  let overhead: Double
  let bandwidth: Double
}

/// Seconds of a step on one machine: some that every step has (update, barriers), and some of each row.
struct ComputeModel {
  let fixed: Double
  let perRow: Double
  let weights: Int

  /// A line through the case's batch and an eighth of it.
  init(_ benchCase: BenchCase, workers: Int?) throws {
    let trainer = try benchCase.trainer(workers: workers, history: true, batch: benchCase.batch)
    weights = trainer.summary.parameters
    let whole = try benchCase.secondsPerStep(trainer)
    let few = max(1, benchCase.batch / 8)
    let part = try benchCase.secondsPerStep(
      try benchCase.trainer(workers: trainer.summary.workers, history: true, batch: few))
    perRow = max(0, whole - part) / Double(benchCase.batch - few)
    fixed = max(0, whole - perRow * Double(benchCase.batch))
  }

  func seconds(rows: Double) -> Double { fixed + perRow * rows }
}

/// A step on so many machines: what each computes, then the exchange, none of it hidden behind computing.
struct Prediction {
  let machines: Int
  let exchange: Double
  /// Speed in rows a second against one machine: each with a whole batch, and all sharing one.
  let growing: Double
  let fixed: Double
  /// How many times as fast as half of the machines, all sharing one batch.
  let doubling: Double

  init(machines: Int, _ compute: ComputeModel, _ network: NetworkFigures, batch: Int) {
    func shared(by machines: Int) -> Double {
      compute.seconds(rows: Double(batch) / Double(machines))
        + Prediction.exchange(machines: machines, compute, network)
    }
    exchange = Prediction.exchange(machines: machines, compute, network)
    let one = compute.seconds(rows: Double(batch))
    growing = Double(machines) * one / (one + exchange)
    fixed = one / shared(by: machines)
    doubling = shared(by: machines / 2) / shared(by: machines)
    self.machines = machines
  }

  private static func exchange(machines: Int, _ compute: ComputeModel, _ network: NetworkFigures) -> Double {
    guard machines > 1 else { return 0 }
    let p = Double(machines)
    // Partial sums there, the finished gradient back: 2 x weights x (p - 1) / p floats, to p - 1 others each time; then
    // the agreement, in log2 p rounds.
    let bytes = 8 * Double(compute.weights) * (p - 1) / p
    let rounds = 2 + (p - 1).exponent.advanced(by: 1)
    return bytes / network.bandwidth + Double(rounds) * network.latency + 3 * (p - 1) * network.overhead
  }

  var document: JSONValue {
    [
      "machines": .integer(machines), "exchange_us": .number(exchange * 1e6), "speedup_growing_batch": .number(growing),
      "speedup_fixed_batch": .number(fixed), "doubling_fixed_batch": .number(doubling),
    ]
  }

  static func table(_ rows: [Prediction], network: NetworkFigures, _ compute: ComputeModel, batch: Int) -> String {
    var table = [["machines", "exchange us", "speed, batch grows", "efficiency", "speed, batch fixed", "by doubling"]]
    for row in rows {
      let p = Double(row.machines)
      table.append([
        String(row.machines), short(row.exchange * 1e6), short(row.growing, digits: 3),
        short(100 * row.growing / p, digits: 3) + " %", short(row.fixed, digits: 3),
        percent(row.doubling),
      ])
    }
    let paying = rows.last { $0.growing / Double($0.machines) >= 0.5 }
    let growing =
      paying.map { "with a growing batch half of the machines' work is kept up to \($0.machines)" }
      ?? "with a growing batch less than half of the machines' work is kept"
    return "\(network.name) (latency \(short(network.latency * 1e6)) us): \(growing); \(whereFixedStops(rows))\n"
      + TextTable.render(table)
  }

  /// Where the next doubling of the machines makes a step of the same batch less than a quarter faster.
  private static func whereFixedStops(_ rows: [Prediction]) -> String {
    guard let last = rows.last else { return "" }
    guard let next = rows.first(where: { $0.doubling < 1.25 }) else {
      return "with a fixed batch every doubling up to \(last.machines) brings a quarter or more"
    }
    let brings = "the doubling to \(next.machines) machines brings \(percent(next.doubling))"
    return next.machines == 2
      ? "a fixed batch does not pay: \(brings)"
      : "a fixed batch pays up to \(next.machines / 2) machines, \(short(next.fixed / next.doubling, digits: 3)) times as "
        + "fast as one: \(brings)"
  }

  private static func percent(_ factor: Double) -> String {
    let percent = Int((100 * (factor - 1)).rounded())
    return "\(percent < 0 ? "" : "+")\(percent) %"
  }
}
