internal import DataParallel
internal import JSON
internal import Reports
internal import Training

/// Times steps that several processes do together.
struct JointBench {
  let processes: Processes
  let peers: PeerOptions

  init(_ processes: Processes, _ peers: PeerOptions) {
    self.processes = processes
    self.peers = peers
  }

  func run(_ cases: [BenchCase], workers: Int?, json: Bool) throws {
    var documents: [JSONValue] = []
    var table = [
      ["case", "us/step", "samples/s", "processes", "workers", "shards", "exchange", "bytes/step", "minimum"]
    ]
    for benchCase in cases {
      let trainer = try benchCase.trainer(
        workers: workers, history: true, batch: benchCase.batch, processes: processes.group)
      peers.apply(to: trainer)
      try processes.start()
      let began = ContinuousClock.now
      let step = try benchCase.secondsPerStep(trainer)
      let whole = began.duration(to: .now) / .seconds(1)
      guard let figures = trainer.exchangeFigures, let group = processes.group, processes.isFirst else { continue }
      let share = figures.secondsExposed / whole
      // What any all-reduce must send: 2 x weights x (p - 1) / p, of four bytes each.
      let minimum = 8 * trainer.summary.parameters * (group.count - 1) / group.count
      documents.append([
        "case": .string(benchCase.name), "us_per_step": .number(step * 1e6),
        "samples_per_second": .number(Double(benchCase.batch) / step), "processes": .integer(group.count),
        "workers": .integer(trainer.summary.workers), "shards": .integer(trainer.summary.shards),
        "overlap": .bool(peers.overlap), "exchange_share": .number(share),
        "bytes_per_step": .integer(figures.bytesPerStep), "bytes_minimum": .integer(minimum),
      ])
      table.append([
        benchCase.name, short(step * 1e6), String(Int(Double(benchCase.batch) / step)), String(group.count),
        String(trainer.summary.workers), String(trainer.summary.shards), short(share, digits: 3),
        String(figures.bytesPerStep), String(minimum),
      ])
    }
    guard processes.isFirst else { return }
    try StandardOutput.line(json ? JSONValue.array(documents).text : TextTable.render(table))
  }
}
