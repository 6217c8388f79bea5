internal import Glibc

/// What a launcher has told this process of the others it has started together with it.
struct LaunchedProcesses: Equatable {
  let launcher: String
  let rank: Int
  let count: Int

  /// nil: this process was started alone, or by something else, or is to be taken for alone (`CAIRN_ALONE=1`, for runs of
  /// their own under one launcher).
  static func found() -> LaunchedProcesses? {
    found { name in getenv(name).map { String(cString: $0) } }
  }

  static func found(_ variable: (String) -> String?) -> LaunchedProcesses? {
    if variable("CAIRN_ALONE") == "1" { return nil }
    // SLURM_STEP_NUM_TASKS is srun's; SLURM_NTASKS stands in a batch script too, which is one process.
    let launchers = [
      ("mpirun", "OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE"), ("mpirun", "PMI_RANK", "PMI_SIZE"),
      ("srun", "SLURM_PROCID", "SLURM_STEP_NUM_TASKS"),
    ]
    for (launcher, rank, count) in launchers {
      guard let rank = variable(rank).flatMap({ Int($0) }), let count = variable(count).flatMap({ Int($0) }), count > 1
      else { continue }
      return LaunchedProcesses(launcher: launcher, rank: rank, count: count)
    }
    return nil
  }
}
