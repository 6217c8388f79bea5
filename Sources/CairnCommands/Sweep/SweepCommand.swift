internal import ArgumentParser
internal import CThreads
internal import Checkpointing
internal import DataParallel
internal import Files
internal import GradientHealth
internal import Glibc
internal import Kernels
internal import Recipes
internal import Reports
internal import Sweeps
internal import Training

struct SweepCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "sweep", abstract: "Trains many runs of a recipe: searches, folds, seeds.",
    discussion: """
      `cairn sweep run --help` tells of its options.

      Example:
        cairn sweep Recipes/sweeps/digits-search.yaml
        cairn sweep Recipes/sweeps/digits-search.yaml --resume
        cairn sweep tell Recipes/sweeps/digits-search.yaml '{"optimizer.adam.learning_rate": 0.003}'
      """,
    subcommands: [Start.self, Next.self, Tell.self], defaultSubcommand: Start.self)
}

extension SweepCommand {
  struct Start: SideBySideCommand {
    static let configuration = CommandConfiguration(
      commandName: "run", abstract: "Trains the members of a sweep, as many at a time as there are processors.",
      discussion: """
        Every member is a run of its own in Checkpoints/<sweep>. The same command on several hosts that share the folder
        shares the work. A sweep that was ended goes on with --resume. It ends with a table of the draws, sweep.csv and
        best.yaml.

        Example:
          cairn sweep Recipes/sweeps/digits-search.yaml
          cairn sweep Recipes/sweeps/digits-search.yaml --jobs 4 --workers-per-run 2
          cairn sweep Recipes/sweeps/digits-search.yaml --dry-run
        """)

    @Argument(help: "The sweep, a YAML file.")
    var sweep: String

    @Option(help: "Runs at a time. Default: as many as there are processors, fewer where memory would not hold them.")
    var jobs: Int?

    @Option(help: "Threads of each run. Default: 1, more where there are fewer runs than processors.")
    var workersPerRun: Int?

    @Flag(help: "Goes on where the sweep stands.")
    var resume = false

    @Flag(help: "Checks everything, and says what would be run.")
    var dryRun = false

    @Flag(help: "No other host works on this sweep: locks need hold on this one alone.")
    var alone = false

    @Option(
      help: ArgumentHelp(
        "Takes every N-th member first, from the K-th on; of a Slurm array job the default.", valueName: "K/N"))
    var array: ArrayShare?

    @Option(help: "The folder that holds the runs.")
    var checkpoints: String = RunDirectory.defaultParent

    @Option(help: "auto, bar, plain or none.")
    var progress: ProgressStyle = .auto

    func validate() throws {
      if let jobs, jobs < 1 { throw ValidationError("--jobs \(jobs): expected 1 or more") }
      if let workersPerRun, workersPerRun < 1 {
        throw ValidationError("--workers-per-run \(workersPerRun): expected 1 or more")
      }
      if progress == .json {
        throw ValidationError("--progress json: the runs' events.jsonl tell what programs ask for")
      }
    }

    func run() throws {
      let signals = SignalWatch()
      var (sweep, folder) = try SweepCommand.open(self.sweep, checkpoints)
      if FilePath.exists(folder.recipePath) {
        let stored = try folder.stored()
        sweep.shards = stored.shards
        // Of one that has ended there is nothing to write or to lock.
        if !dryRun, sweep.difference(from: stored) == nil, let board = try folder.ended(sweep) {
          return try SweepCommand.conclude(board, nil)
        }
      }
      let first = try sweep.first.configuration
      try UntrustedFiles(of: first, startsAnew: true).screen()
      let cache = DataCache(
        limit: (MemoryBudget.available() ?? 8 << 30) / 4 / (jobs ?? ProcessorCount.available()))
      let plan = try plan(sweep, folder, first, try TrainingData.load(first, cache: cache))
      if sweep.shards == nil, sweep.base.configuration.shards == nil { sweep.shards = plan.workersPerRun }
      if let pruning = sweep.pruning, pruning.rungs(epochs: first.epochs).isEmpty {
        printError(
          "warning: prune: nothing is compared, as its first rung is not before the last of \(first.epochs) epochs")
      }
      if dryRun { return try SweepCommand.describe(sweep, plan) }
      try folder.create()
      try SharedLocks.require(in: folder.path, isShared: !alone)
      let lock = try SweepLock(folder: folder)
      sweep = try lock.settingUp { try folder.adopt(sweep, mayGoOn: resume || plan.share != nil, hasOthers: $0) }
      let board = try SweepBoard(folder, sweep)
      board.readAll()
      try board.requireAsRecorded()
      if let reason = plan.reason { printError(reason) }
      // Of processes that srun has started together one speaks.
      let isFirst = (LaunchedProcesses.found()?.rank ?? 0) == 0
      let panel = SweepPanel(isFirst ? progress : .none, jobs: plan.jobs)
      let process = SweepProcess(board, plan, signals: signals, panel: panel) {
        try TrainingData.load($0, run: $1, cache: cache)
      }
      let code = try withExtendedLifetime(lock) { try process.run() }
      try SweepCommand.conclude(board, code)
    }

    /// - Parameter data: of the first member.
    private func plan(
      _ sweep: SweepRecipe, _ folder: SweepFolder, _ first: TrainingConfiguration, _ data: TrainingData
    ) throws -> SweepPlan {
      let processors = ProcessorCount.available()
      // A network that cannot be is told when its member is tried.
      let size = try? RunSize(of: first, data: data, processors: processors)
      let told = try folder.told(sweep).count
      let members = max(1, sweep.rule.count + told) * sweep.repetition.count
      // Libraries, threads, buffers of files; what is read once is shared.
      let memory = (size?.memory ?? 0) + 24 << 20 + (sweep.sharesData ? 0 : data.bytes)
      var plan = SweepPlan(
        processors: processors, mask: Int(cairn_affinity_count()), members: members, memory: memory,
        available: MemoryBudget.available(), suited: size?.workers ?? 1, jobs: jobs, workers: workersPerRun)
      plan.share = (array ?? ArrayShare.ofSlurm).map { ($0.number, $0.count) }
      return plan
    }
  }

  /// - Parameter text: a sweep's file, or the directory or name of one that has begun, which is then worked on where it is.
  static func open(_ text: String, _ checkpoints: String) throws -> (SweepRecipe, SweepFolder) {
    if !FilePath.isRegularFile(text), let folder = SweepFolder(naming: text, parent: checkpoints) {
      return (try folder.stored(), folder)
    }
    let sweep = try SweepRecipe.load(path: text)
    return (sweep, SweepFolder(path: "\(checkpoints)/\(sweep.name)"))
  }

  /// Says what came of the sweep, and writes it down where all members have ended.
  static func conclude(_ board: SweepBoard, _ code: ExitStatus?) throws {
    board.readAll()
    let standings = board.standings
    let keys = board.sweep.keys(of: board.draws)
    let names = board.sweep.repetition.members(of: DrawID(1)).map(\.suffix)
    let isComplete = board.records.allSatisfy { $0?.state.isFinal ?? false }
    if isComplete {
      try FileContents.publishIfNew(SweepTable(standings, keys: keys, members: names).csv, at: board.folder.tablePath)
      if let best = standings.best { try writeBest(best, board) }
    }
    if (LaunchedProcesses.found()?.rank ?? 0) == 0 {
      try StandardOutput.write(SweepText.table(standings, keys: keys))
      try StandardOutput.line("sweep       \(board.folder.path)")
      if isComplete {
        try StandardOutput.line("table       \(board.folder.tablePath)")
        if standings.best != nil { try StandardOutput.line("best        \(board.folder.bestPath)") }
      }
    }
    if let code { throw EndOfRun(code: code) }
    let states = board.records.map { $0?.state }
    for (index, record) in board.records.enumerated() {
      guard let record, record.state == .failed || record.state == .killed else { continue }
      printError("\(board.members[index].name) \(record.state.rawValue): \(record.message)")
    }
    if !isComplete {
      let left = states.count { !($0?.isFinal ?? false) }
      printError("\(counted(left, "member")) left: `cairn sweep \(board.folder.path) --resume` goes on")
      throw EndOfRun(code: .systemRefused)
    }
    if standings.best == nil { throw EndOfRun(code: states.contains(.failed) ? .badData : .diverged) }
  }

  /// The recipe of the best draw's first member: it trains to the same bytes.
  private static func writeBest(_ best: Standings.Row, _ board: SweepBoard) throws {
    guard let member = board.sweep.repetition.members(of: best.draw.id).first else { return }
    let recipe = try board.sweep.recipe(of: member, settings: best.draw.settings, workers: 1)
    try FileContents.publishIfNew(recipe.resolved(.run, shards: board.sweep.shards), at: board.folder.bestPath)
  }
}

extension FileContents {
  /// Leaves a file alone that says the same: a sweep that has ended can be looked at on a full disk.
  static func publishIfNew(_ text: String, at path: String) throws {
    let bytes = Array(text.utf8)
    if (try? read(path)) != bytes { try publish(bytes, at: path) }
  }
}

extension FilePath {
  static func isRegularFile(_ path: String) -> Bool {
    var status = stat()
    return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
  }
}

/// `--array 3/8`.
struct ArrayShare: ExpressibleByArgument {
  let number: Int
  let count: Int

  init?(argument: String) {
    let parts = argument.split(separator: "/").compactMap { Int($0) }
    guard parts.count == 2, parts[0] >= 0, parts[1] > 0 else { return nil }
    (number, count) = (parts[0], parts[1])
  }

  private init(number: Int, count: Int) { (self.number, self.count) = (number, count) }

  /// Of the array job that this process is a task of; nil: it is none.
  static var ofSlurm: ArrayShare? { ofSlurm { name in getenv(name).flatMap { Int(String(cString: $0)) } } }

  static func ofSlurm(_ variable: (String) -> Int?) -> ArrayShare? {
    guard let task = variable("SLURM_ARRAY_TASK_ID") else { return nil }
    let first = variable("SLURM_ARRAY_TASK_MIN") ?? 0
    let step = max(1, variable("SLURM_ARRAY_TASK_STEP") ?? 1)
    return ArrayShare(number: (task - first) / step, count: max(1, variable("SLURM_ARRAY_TASK_COUNT") ?? 1))
  }
}
