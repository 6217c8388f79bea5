internal import HDF5Storage

/// How remedies stand in a checkpoint: `/trainer/remedies`, `/trainer/remedies/probation`, `/trainer/loss_windows`.
enum CheckpointRemedies {
  static func write(_ progress: RunProgress, to trainer: HDF5Group) throws {
    let remedies = progress.remedies
    let group = try trainer.createGroup("remedies")
    try group.setAttribute("rollbacks", Int64(remedies.rollbacks))
    try group.setAttribute("restored_step", Int64(remedies.restoredStep))
    try group.setAttribute("skips", Int64(remedies.skips))
    try write(remedies.effect, to: group)
    if !remedies.skippedRows.isEmpty {
      try group.write(remedies.skippedRows.map { Int64($0) }, shape: [remedies.skippedRows.count], to: "skipped_rows")
      try group.write(
        remedies.skippedSourceRows.map { Int64($0) }, shape: [remedies.skippedSourceRows.count],
        to: "skipped_source_rows")
    }
    if let probation = remedies.probation {
      let group = try group.createGroup("probation")
      try group.setAttribute("good_step", Int64(probation.goodStep))
      try group.setAttribute("blown_step", Int64(probation.blownStep))
      try group.setAttribute("goal", probation.goal)
      try group.setAttribute("judged_after", Int64(probation.judgedAfter))
      try group.setAttribute("deadline", Int64(probation.deadline))
      try group.setAttribute("rungs", probation.rungs.map { Int64($0) })
      try group.setAttribute("results", probation.results)
      try group.setAttribute("figure", probation.figure)
      try group.setAttribute("settled", Int64(probation.isSettled ? 1 : 0))
      try group.setAttribute("early", Int64(probation.isEarly ? 1 : 0))
      try write(probation.before, to: group)
    }
    let windows = try trainer.createGroup("loss_windows")
    try windows.setAttribute("sum", progress.windows.sum)
    try windows.setAttribute("count", Int64(progress.windows.count))
    try windows.setAttribute("first", progress.windows.first)
    try windows.setAttribute("last", progress.windows.last)
    try windows.setAttribute("best", progress.windows.best)
    try windows.setAttribute("good_step", Int64(progress.windows.goodStep))
    try windows.setAttribute("lost", Int64(progress.windows.lost))
  }

  private static func write(_ effect: RemedyState.Effect, to group: HDF5Group) throws {
    try group.setAttribute("clip", effect.clip)
    try group.setAttribute("learning_rate_factor", effect.learningRateFactor)
    try group.setAttribute("optimizer_rung", Int64(effect.optimizerRung))
    try group.setAttribute("redraws", Int64(effect.redraws ? 1 : 0))
  }

  /// - Throws: `CheckpointError` `damaged` where a number is none that training writes; `HDF5Error`.
  static func read(into progress: inout RunProgress, from trainer: HDF5Group) throws {
    let (steps, counts) = (CheckpointRange.steps, CheckpointRange.counts)
    let group = try trainer.group("remedies")
    progress.remedies.rollbacks = try group.integer("rollbacks", in: counts)
    progress.remedies.restoredStep = try group.integer("restored_step", in: -1...steps.upperBound)
    progress.remedies.skips = try group.integer("skips", in: counts)
    progress.remedies.effect = try effect(group)
    if try group.contains("skipped_rows") {
      let rows = try group.integers("skipped_rows", in: 0...Int(Int32.max))
      progress.remedies.skippedRows = rows.map { Int32($0) }
      if try group.contains("skipped_source_rows") {
        let numbers = try group.integers("skipped_source_rows", in: 0...Int(Int32.max))
        progress.remedies.skippedSourceRows = numbers.map { Int($0) }
      }
    }
    if try group.contains("probation") {
      let group = try group.group("probation")
      let rungs: [Int64] = try group.attributeValues("rungs")
      guard CheckpointRange.rungs.contains(rungs.count), rungs.allSatisfy({ CheckpointRange.rungs.contains(Int($0)) })
      else {
        throw CheckpointError(
          .damaged, "\(group.file.name): \(group.path)@rungs: expected numbers of a ladder's rungs, found \(rungs)")
      }
      var probation = Probation(
        goodStep: try group.integer("good_step", in: steps), blownStep: try group.integer("blown_step", in: steps),
        goal: try group.number("goal", .finite), judgedAfter: try group.integer("judged_after", in: steps),
        deadline: try group.integer("deadline", in: steps), rungs: rungs.map { Int($0) }, before: try effect(group),
        isEarly: try group.integer("early", in: CheckpointRange.flag) == 1)
      probation.results = try group.numbers("results", count: 0...rungs.count)
      probation.figure = try group.number("figure")
      probation.isSettled = try group.integer("settled", in: CheckpointRange.flag) == 1
      progress.remedies.probation = probation
    }
    guard try trainer.contains("loss_windows") else {
      // Files of 0.1 have none: what the run had reached is its last loss.
      if progress.loss.isFinite { (progress.windows.first, progress.windows.best) = (progress.loss, progress.loss) }
      progress.windows.goodStep = progress.step
      return
    }
    let windows = try trainer.group("loss_windows")
    progress.windows.sum = try windows.number("sum")
    progress.windows.count = try windows.integer("count", in: counts)
    progress.windows.first = try windows.number("first")
    progress.windows.last = try windows.number("last")
    progress.windows.best = try windows.number("best")
    progress.windows.goodStep = try windows.integer("good_step", in: steps)
    progress.windows.lost = try windows.integer("lost", in: counts)
  }

  private static func effect(_ group: HDF5Group) throws -> RemedyState.Effect {
    var effect = RemedyState.Effect()
    effect.clip = try group.number("clip", .notNegative)
    effect.learningRateFactor = try group.number("learning_rate_factor", .notNegative)
    if try group.hasAttribute("optimizer_rung") {
      effect.optimizerRung = try group.integer("optimizer_rung", in: -1...CheckpointRange.rungs.upperBound)
      effect.redraws = try group.integer("redraws", in: CheckpointRange.flag) == 1
    }
    return effect
  }
}
