import DataParallel
import Testing

private struct Failure: Error, Equatable { let worker: Int }

/// Work that adds up numbers through shared memory, phase by phase.
private final class Sums: TeamWork, @unchecked Sendable {
  // Unchecked: the team's barriers keep the phases apart, which is what is tested.
  let team: WorkerTeam
  let parts: Shared
  let total = Shared(count: 1)
  let seen: Shared
  let serial = Counter()
  let phases: Int

  init(_ team: WorkerTeam, phases: Int) {
    self.team = team
    self.phases = phases
    parts = Shared(count: team.count * 16)
    seen = Shared(count: team.count * 16)
  }

  func run(worker: Int) throws {
    for phase in 1...phases {
      parts.values[worker * 16] = phase * (worker + 1)
      try team.synchronize {
        serial.add()
        total.values[0] = (0..<team.count).reduce(0) { $0 + parts.values[$1 * 16] }
      }
      seen.values[worker * 16] += total.values[0]
      try team.synchronize()
    }
  }
}

/// Work in which some workers fail, each in a phase of its own; nil: none.
private final class Failing: TeamWork, @unchecked Sendable {
  // Unchecked: nothing changes but the counters.
  let team: WorkerTeam
  let phaseOfFailure: [Int?]
  let finished = Counter()

  init(_ team: WorkerTeam, _ phaseOfFailure: [Int?]) {
    self.team = team
    self.phaseOfFailure = phaseOfFailure
  }

  func run(worker: Int) throws {
    for phase in 0..<4 {
      if phaseOfFailure[worker] == phase { throw Failure(worker: worker) }
      try team.synchronize()
    }
    finished.add()
  }
}

/// Multiplies numbers whose product is a denormal.
private final class Tiny: TeamWork, @unchecked Sendable {
  // Unchecked: each worker writes its own element.
  let factors: [Float] = [1e-30, 1e-10]
  let products: UnsafeMutableBufferPointer<Float>

  init(_ count: Int) {
    products = .allocate(capacity: count)
    products.initialize(repeating: .nan)
  }

  deinit { products.deallocate() }
  func run(worker: Int) { products[worker] = factors[0] * factors[1] }
}

private final class Counting: TeamWork {
  let counts: [Counter]
  init(_ count: Int) { counts = (0..<count).map { _ in Counter() } }
  func run(worker: Int) { counts[worker].add() }
}

@Suite(.serialized, .tags(.slow)) struct WorkerTeamTests {
  /// As many processors as there are, and as many as it takes to make the workers spin.
  /// On every worker, the caller too, whose own arithmetic comes back afterwards.
  @Test func denormalsAreZeros() throws {
    let team = try WorkerTeam(count: 3)
    defer { team.end() }
    let tiny = Tiny(3)
    try team.run(tiny)
    #expect(tiny.products.map(\.bitPattern) == [0, 0, 0])
    tiny.run(worker: 0)
    #expect(tiny.products[0].bitPattern > 0)
  }

  @Test(arguments: 1...16, [2, 16])
  func manyRuns(workers: Int, processors: Int) {
    // Workers that spin while others wait for a processor take their time.
    let runs = workers <= 2 ? 5000 : processors > 2 ? 100 : 1500
    let problems = Counter()
    expectToEnd {
      let team = try WorkerTeam(count: workers, processors: processors)
      let work = Sums(team, phases: 2)
      for _ in 0..<runs {
        do { try team.run(work) } catch { problems.add() }
      }
      team.end()
      let each = workers * (workers + 1) / 2
      for worker in 0..<workers where work.seen.values[worker * 16] != runs * 3 * each { problems.add() }
      if work.serial.value != runs * 2 { problems.add() }
    }
    #expect(problems.value == 0)
  }

  @Test(arguments: [1, 2, 7, 300, 1024])
  func everyWorkerRunsOnce(workers: Int) throws {
    let team = try WorkerTeam(count: workers)
    defer { team.end() }
    let work = Counting(workers)
    for run in 1...50 {
      try team.run(work)
      #expect(work.counts.map(\.value) == Array(repeating: run, count: workers))
    }
  }

  /// Whoever fails and whenever: the error comes out, all are let go, and the team works afterwards.
  @Test(arguments: [1, 2, 3, 5, 16])
  func failuresAreReportedAndOvercome(workers: Int) {
    let problems = Counter()
    expectToEnd {
      let team = try WorkerTeam(count: workers, processors: 2)
      defer { team.end() }
      for round in 0..<300 {
        let failing = round % workers
        let phase = round / workers % 4
        let work = Failing(team, (0..<workers).map { $0 == failing ? phase : nil })
        do {
          try team.run(work)
          problems.add()
        } catch {
          if error as? Failure != Failure(worker: failing) { problems.add() }
        }
        // Who was past the last barrier may have finished; nobody else.
        if phase < 3 && work.finished.value > 0 { problems.add() }
        let healthy = Failing(team, Array(repeating: nil, count: workers))
        do { try team.run(healthy) } catch { problems.add() }
        if healthy.finished.value != workers { problems.add() }
      }
    }
    #expect(problems.value == 0)
  }

  /// Several in the same phase: each has failed, so the first by number is named.
  @Test func lowestNumberOfTheFailedIsReported() {
    let problems = Counter()
    expectToEnd {
      let team = try WorkerTeam(count: 8, processors: 2)
      defer { team.end() }
      for round in 0..<500 {
        let lowest = round % 8
        // In phase 0 no barrier can let anybody go early.
        let work = Failing(team, (0..<8).map { $0 >= lowest ? 0 : nil })
        do {
          try team.run(work)
          problems.add()
        } catch {
          if error as? Failure != Failure(worker: lowest) { problems.add() }
        }
      }
    }
    #expect(problems.value == 0)
  }

  @Test func endsOnceAndAgain() throws {
    let unused = try WorkerTeam(count: 4)
    expectToEnd {
      unused.end()
      unused.end()
    }
  }
}
