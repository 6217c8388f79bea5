internal import ArgumentParser
internal import DataParallel
internal import Datasets
internal import Glibc
internal import JSON
internal import Kernels
internal import NeuralNetwork
internal import Optimizers
internal import Reports
internal import Training

struct Bench: SharedCommand {
  static let configuration = CommandConfiguration(
    abstract: "Times training steps on this machine.",
    discussion: """
      A case is a network trained with Adam (0.001), the gradient clipped to global norm 1, on random rows in memory,
      history and checks on: fully connected (seed, mnist, big, or DIMS:ACTIVATION:BATCH), or one of lenet, convnet,
      resnet20, tabular, lstm, gru, rnn-pixel, gpt and gpt-m (docs/performance.md says what they are). The last layer is
      softmax cross-entropy, or one sigmoid unit with binary cross-entropy. `gemm share` is the time that OpenBLAS takes
      for the products of the step's layers alone (same shard shapes, all workers at once; a convolution as the product of
      its patches, which are there already) over the time of the whole step; more than 1 where our own are faster than
      that. Medians of five.

      Under mpirun the processes do the steps together. With --network it is measured how they reach each other, and
      printed what a model makes of that for the cases (mnist and big, if none is named) on 2 to 64 machines.

      Example:
        cairn bench seed mnist
        mpirun -n 4 cairn bench --network
        cairn bench 300-1000-200-5:tanh:256 --workers 2 --json
      """)

  @Argument(
    help: """
      seed, mnist, big, lenet, convnet, resnet20, tabular, lstm, gru, rnn-pixel, gpt, gpt-m, or DIMS:ACTIVATION:BATCH.
      """)
  var cases: [String] = []

  @Option(help: "Threads.")
  var workers: Int?

  @Option(
    help: ArgumentHelp(
      "on, off, or on,off: times both in turn, five pairs, and prints what the history costs.",
      valueName: "on,off"))
  var history: HistoryChoice = .on

  @Flag(help: "Times each case on 1, 2, ... workers, says where the time goes, and models more cores.")
  var scaling = false
  @Flag(help: "Measures the way between the processes, and predicts step times on more machines.")
  var network = false

  @OptionGroup var peers: PeerOptions

  @Flag(help: "Prints one JSON document.")
  var json = false

  func validate() throws {
    if let workers, workers < 1 { throw ValidationError("--workers \(workers): expected 1 or more") }
  }

  func run() throws {
    let processes = try peers.join()
    let names = cases.isEmpty ? (network ? ["mnist", "big"] : ["seed", "mnist"]) : cases
    let parsed = try names.map { try BenchCase($0) }
    if network { return try NetworkBench(processes, workers: workers).run(parsed, json: json) }
    if processes.group != nil { return try JointBench(processes, peers).run(parsed, workers: workers, json: json) }
    if scaling { return try BenchScaling.run(parsed, largest: workers, json: json) }
    if history == .both { return try compareHistory(parsed) }
    var documents: [JSONValue] = []
    var table = [["case", "us/step", "samples/s", "GFLOP/s", "gemm share", "workers", "shards"]]
    for benchCase in parsed {
      let result = try benchCase.measure(workers: workers, history: history == .on)
      documents.append([
        "case": .string(benchCase.name), "us_per_step": .number(result.microseconds),
        "samples_per_second": .number(result.samplesPerSecond), "gflops": .number(result.gflops),
        "gemm_share": .number(result.gemmShare), "workers": .integer(result.workers),
        "shards": .integer(result.shards), "peak_rss_bytes": .integer(result.peakBytes),
      ])
      table.append([
        benchCase.name, short(result.microseconds), String(Int(result.samplesPerSecond)), short(result.gflops),
        short(result.gemmShare, digits: 3), String(result.workers), String(result.shards),
      ])
      if !json { printError("\(benchCase.name): \(short(result.microseconds)) us/step") }
    }
    try StandardOutput.line(json ? JSONValue.array(documents).text : TextTable.render(table))
  }
}

/// `--history`.
enum HistoryChoice: String, ExpressibleByArgument {
  case on, off
  case both = "on,off"
}

extension Bench {
  /// What the history (every step, all statistics) costs: alternating runs, the median of the pairs' ratios.
  fileprivate func compareHistory(_ cases: [BenchCase]) throws {
    var documents: [JSONValue] = []
    var table = [["case", "us/step with history", "without", "ratio"]]
    for benchCase in cases {
      var pairs: [(on: Double, off: Double)] = []
      for _ in 0..<5 {
        pairs.append(
          (
            try benchCase.microseconds(workers: workers, history: true),
            try benchCase.microseconds(workers: workers, history: false)
          ))
      }
      let ratio = median(pairs.map { $0.on / $0.off })
      let (on, off) = (median(pairs.map(\.on)), median(pairs.map(\.off)))
      documents.append([
        "case": .string(benchCase.name), "us_per_step_history": .number(on), "us_per_step": .number(off),
        "ratio": .number(ratio),
      ])
      table.append([benchCase.name, short(on), short(off), short(ratio)])
    }
    try StandardOutput.line(json ? JSONValue.array(documents).text : TextTable.render(table))
  }
}
