#if MPI
  internal import CMPI
  public import DataParallel
  internal import Glibc

  /// The processes that `mpirun` or `srun` has started together, by MPI (MPI 3.1; MPI_THREAD_FUNNELED).
  ///
  /// Messages are non-blocking sends and receives; a lane is a tag. A wait polls, so that it can end: when no message and
  /// no sign of life has come for `limit`, it throws.
  public final class MPIProcessGroup: ProcessGroup, @unchecked Sendable {
    // Unchecked: used by the thread that made it alone, as MPI_THREAD_FUNNELED demands.
    public let rank: Int
    public let count: Int
    public let localCount: Int
    public private(set) var traffic = ProcessTraffic()

    private struct Message {
      var request: cairn_mpi_request
      let process: Int
      let isReceive: Bool
    }

    /// By lane; a lane's memory is kept when it is done.
    private var messages: [[Message]] = []
    private let limit: Duration
    private let yields: Bool
    private var lastNudge = ContinuousClock.now

    private static let nudgeTag = 32000
    /// What a start may take longer than a step: data are read, at different speeds.
    private var patience: Duration

    /// Joins the group. Once a process, from its main thread.
    ///
    /// - Parameters:
    ///   - limit: how long to wait for others that show no sign of life.
    ///   - startLimit: the same until `start` is called.
    /// - Throws: `ProcessGroupError`.
    public init(limit: Duration, startLimit: Duration) throws {
      var (rank, count, local, level): (Int32, Int32, Int32, Int32) = (0, 0, 0, 0)
      try MPIProcessGroup.check(cairn_mpi_start(&rank, &count, &local, &level), "MPI_Init_thread")
      guard level >= Int32(cairn_mpi_funneled) else {
        throw ProcessGroupError("this MPI library does not work in programs with threads (MPI_THREAD_FUNNELED)")
      }
      self.rank = Int(rank)
      self.count = Int(count)
      localCount = Int(local)
      self.limit = limit
      patience = max(limit, startLimit)
      yields = Int(local) > ProcessorCount.available()
    }

    /// Everybody is there and has its data: from here on `limit` counts.
    public func start() { patience = limit }

    // MARK: Messages

    public func send(_ memory: UnsafeRawBufferPointer, to process: Int, on lane: Int) throws {
      var request = cairn_mpi_request()
      try MPIProcessGroup.check(
        cairn_mpi_send(memory.baseAddress, memory.count, Int32(process), Int32(lane), &request), "MPI_Isend")
      traffic.bytesSent += memory.count
      traffic.messagesSent += 1
      add(Message(request: request, process: process, isReceive: false), to: lane)
    }

    public func receive(_ memory: UnsafeMutableRawBufferPointer, from process: Int, on lane: Int) throws {
      var request = cairn_mpi_request()
      try MPIProcessGroup.check(
        cairn_mpi_receive(memory.baseAddress, memory.count, Int32(process), Int32(lane), &request), "MPI_Irecv")
      add(Message(request: request, process: process, isReceive: true), to: lane)
    }

    private func add(_ message: Message, to lane: Int) {
      while messages.count <= lane { messages.append([]) }
      messages[lane].append(message)
    }

    public func isDone(_ lane: Int) throws -> Bool {
      guard lane < messages.count else { return true }
      var left = messages[lane].count
      var index = 0
      while index < left {
        var done: Int32 = 0
        try MPIProcessGroup.check(cairn_mpi_is_done(&messages[lane][index].request, &done), "MPI_Test")
        if done == 0 {
          index += 1
          continue
        }
        // The last one takes its place.
        left -= 1
        messages[lane].swapAt(index, left)
        messages[lane].removeLast()
      }
      return left == 0
    }

    public func finish(_ lane: Int) throws {
      if try isDone(lane) { return }
      let began = ContinuousClock.now
      defer { traffic.secondsWaiting += began.duration(to: .now) / .seconds(1) }
      var lastSign = began
      var pending = messages[lane].count
      var round = 0
      while try !isDone(lane) {
        round += 1
        // Whoever shares this processor may be the one that is waited for.
        if yields || round > 4000 { sched_yield() }
        guard round % 256 == 0 else { continue }
        let now = ContinuousClock.now
        let isNudged = try takeNudges()
        if isNudged || messages[lane].count < pending {
          pending = messages[lane].count
          lastSign = now
        }
        if now - lastSign > patience { throw lost(lane) }
      }
    }

    private func lost(_ lane: Int) -> ProcessGroupError {
      let silent = Set(messages[lane].filter(\.isReceive).map(\.process)).sorted()
      let unreached = Set(messages[lane].map(\.process)).sorted()
      let names = (silent.isEmpty ? unreached : silent).map(String.init).joined(separator: ", ")
      return ProcessGroupError(
        "no sign of life from process \(names) for \(patience.components.seconds) seconds: its machine, its network or "
          + "itself is gone, or it is busy with one step for so long (--peer-timeout)")
    }

    // MARK: Signs of life

    public func keepAlive() throws {
      let now = ContinuousClock.now
      guard now - lastNudge > .seconds(1) else { return }
      lastNudge = now
      for process in 0..<count where process != rank {
        try MPIProcessGroup.check(
          cairn_mpi_nudge(Int32(process), Int32(MPIProcessGroup.nudgeTag)), "MPI_Isend")
      }
    }

    private func takeNudges() throws -> Bool {
      var any = false
      while true {
        var taken: Int32 = 0
        try MPIProcessGroup.check(cairn_mpi_take_nudge(Int32(MPIProcessGroup.nudgeTag), &taken), "MPI_Iprobe")
        if taken == 0 { return any }
        any = true
      }
    }

    // MARK: The end

    /// Whether this process has joined a group and not left it.
    public static var isJoined: Bool { cairn_mpi_is_running() != 0 }

    /// Leaves the group, with all others; ends this process with 75 if they do not, for one of them may be gone.
    public static func leave(within seconds: UInt32) {
      endAfter(seconds)
      _ = cairn_mpi_end()
      alarm(0)
    }

    /// Ends all processes of the group with this exit code, if they can still be reached, and this one.
    public static func abort(code: Int32) -> Never {
      endAfter(10)
      _ = cairn_mpi_abort(code)
      _exit(code)
    }

    /// MPI itself can wait forever for a launcher out of reach.
    private static func endAfter(_ seconds: UInt32) {
      signal(SIGALRM) { _ in _exit(75) }
      alarm(seconds)
    }

    private static func check(_ code: Int32, _ call: String) throws {
      if code == 0 { return }
      var text = [CChar](repeating: 0, count: Int(cairn_mpi_longest_description) + 1)
      cairn_mpi_describe(code, &text)
      let words = String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
      throw ProcessGroupError("\(call): \(words)")
    }
  }

#endif
