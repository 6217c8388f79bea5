/// How many runs at a time, with how many threads each, and in which order members are taken.
struct SweepPlan: Equatable {
  var jobs: Int
  var workersPerRun: Int
  /// Whether each job has processors of its own.
  var isPinned = false
  /// Which members come first: every `count`-th from `number` on, then the others.
  var share: (number: Int, count: Int)?
  /// Why there are fewer jobs than processors; nil: there are not, or it was asked for.
  var reason: String?
  /// Microseconds between two looks at members that others hold.
  var patience: UInt32 { 50_000 }

  /// - Parameters:
  ///   - processors: that this process may use, by its mask, quota and Slurm.
  ///   - mask: processors in its affinity mask.
  ///   - members: to be run.
  ///   - memory: bytes that a run takes.
  ///   - available: bytes that there are; nil: nobody knows.
  ///   - suited: workers that a run of its size keeps busy.
  init(
    processors: Int, mask: Int, members: Int, memory: Int, available: Int?, suited: Int, jobs wantedJobs: Int?,
    workers wantedWorkers: Int?
  ) {
    let fitting = available.map { max(1, $0 / 10 * 9 / max(1, memory)) } ?? .max
    let perRun = wantedWorkers ?? 1
    let most = max(1, min(processors / perRun, members))
    jobs = max(1, wantedJobs ?? min(most, fitting))
    // Processors that would have no run of their own are shared out where the network keeps them busy.
    workersPerRun = wantedWorkers ?? max(1, min(suited, processors / jobs))
    if wantedJobs == nil, fitting < most {
      reason =
        "memory holds \(fitting) of \(most) runs at a time: \(memory >> 20) MB each, \((available ?? 0) >> 20) MB there"
    }
    isPinned = jobs * workersPerRun == mask && processors == mask
  }

  /// Members' places, in the order in which they are taken.
  func order(_ members: Int) -> [Int] {
    guard let share, share.count > 1 else { return Array(0..<members) }
    let own = share.number % share.count
    return (0..<members).filter { $0 % share.count == own } + (0..<members).filter { $0 % share.count != own }
  }

  static func == (left: SweepPlan, right: SweepPlan) -> Bool {
    left.jobs == right.jobs && left.workersPerRun == right.workersPerRun && left.isPinned == right.isPinned
      && left.share?.number == right.share?.number && left.share?.count == right.share?.count
      && left.reason == right.reason
  }
}
