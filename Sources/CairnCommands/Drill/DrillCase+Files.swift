internal import Checkpointing
internal import Files
internal import Glibc
internal import Training

/// Disks that are full, and files that are damaged.
extension DrillCase {
  static let diskFull = DrillCase(
    name: "disk-full", fault: "no room for checkpoints for a while (a limit on the size of files)",
    promise:
      "The run does as checkpoints.on_disk_full says; what has been saved stays whole; with room again the end has the same bytes."
  ) { runs in
    let run = DrillRun(runs, "disk-full")
    defer { run.remove() }
    let mode = runs.configuration.checkpoints.onDiskFull
    let child = try run.start(DrillRun.Start(isPaced: true))
    try runs.wait(for: child, seconds: runs.deadline) { (run.steps.last ?? 0) > 0 }
    let size = FileContents.size(runs.undisturbed.checkpoint(0))
    child.limitFiles(to: size / 2)
    func failures() -> Int { run.events.count("checkpoint_failed") }
    try runs.wait(for: child, seconds: runs.deadline) { failures() > 0 }
    if failures() == 0, child.look() == .code(0), (run.events.last("checkpoint")?.step ?? 0) == runs.plan.steps,
      runs.pause == 0
    {
      return .notTried("the run was over before the disk was full")
    }
    let (first, saved) = (run.events.first("checkpoint_failed")?.step, run.steps.last ?? 0)
    run.checkFiles("while the disk was full")
    child.limitFiles(to: nil)
    let ending = try run.finish(child)
    if first == nil { run.problems.append("no checkpoint failed, and nothing was said") }
    if run.steps.isEmpty { run.problems.append("no checkpoint is left") }
    if mode == .stop {
      if ending != .code(73) {
        run.problems.append("on_disk_full is stop: expected exit code 73, found \(DrillJudgement.words(ending))")
      }
      try run.goOn("gone on with")
    } else if ending != .code(0) {
      run.problems.append("with room again: \(DrillJudgement.words(ending))\(run.lastWords)")
      try run.goOn("gone on with")
    }
    let bytes = run.requireSame(as: runs.undisturbed)
    run.checkFiles("at the end")
    run.checkLeftovers()
    let then =
      switch mode {
      case .continue: "trained on"
      case .wait: "waited for room"
      case .stop: "ended with 73, gone on with"
      }
    return DrillOutcome(
      happened: "no room from step \(first ?? 0) on: step \(saved) stayed whole; \(then)", stepsLost: 0,
      secondsLost: run.secondsLost(isPaced: true), bytes: bytes, problems: run.problems)
  }

  static let damage = DrillCase(
    name: "damage", fault: "a flipped bit in the newest checkpoint, the one before it cut short",
    promise: "Both are named and passed over; the run goes on from the one before, to the same bytes."
  ) { runs in
    let run = DrillRun(runs, "damage")
    defer { run.remove() }
    let child = try run.start(DrillRun.Start(isPaced: true))
    try runs.wait(for: child, seconds: runs.deadline) { (run.steps.last ?? 0) >= runs.plan.half }
    child.end()
    try run.finish(child)
    let steps = run.steps
    guard steps.count > 2 else {
      run.problems.append("a run that was killed in its second half has left checkpoints of steps \(steps) alone")
      return DrillOutcome(happened: "too few checkpoints to damage", problems: run.problems)
    }
    let (newest, before, good) = (steps[steps.count - 1], steps[steps.count - 2], steps[steps.count - 3])
    var bytes = try FileContents.read(run.checkpoint(newest))
    // The lowest bit of a weight: only the digest can tell.
    let anywhere = Int(runs.moment(Double(bytes.count)))
    bytes[try DrillStates.placeOfWeight(in: bytes, run.checkpoint(newest)) ?? anywhere] ^= 1
    try FileContents.publish(bytes, at: run.checkpoint(newest))
    let whole = try FileContents.read(run.checkpoint(before))
    try FileContents.publish(Array(whole[..<(whole.count * 2 / 3)]), at: run.checkpoint(before))

    try run.goOn("gone on with")
    let said = run.events.filter { $0.kind == "note" && $0.message.hasPrefix("rejected checkpoint") }.map(\.message)
    for step in [newest, before] where !said.contains(where: { $0.contains(CheckpointStore.fileName(step: step)) }) {
      run.problems.append("nothing said that the checkpoint of step \(step) was damaged")
    }
    let start = run.events.last { ["started", "resumed"].contains($0.kind) }?.step
    if start != good {
      run.problems.append("it went on from step \(start.map(String.init) ?? "0"), not from step \(good)")
    }
    let end = run.requireSame(as: runs.undisturbed)
    run.checkFiles("at the end")
    return DrillOutcome(
      happened: "steps \(newest) and \(before) named and passed over, gone on from step \(start ?? 0)",
      stepsLost: newest - (start ?? newest), secondsLost: run.secondsLost(isPaced: true), bytes: end,
      problems: run.problems)
  }
}
