public import Files
internal import Glibc
internal import HDF5Storage
internal import Synchronization
internal import Threads

/// Writes checkpoints on a queue of its own while training goes on; one is in flight at a time.
///
/// Save before delete: retention runs only after a checkpoint stands under its final name.
public final class CheckpointWriter: @unchecked Sendable {
  // Unchecked: `store`, `outcomes`, `distrusted` and `image` are touched on `queue` alone; `ready` and `isSuperseded` are atomic.

  /// What became of one snapshot.
  public struct Outcome: Sendable {
    public let step: Int
    public let epoch: Int
    public let isHealthy: Bool
    /// How long it took.
    public let seconds: Double
    /// Of what was written, if it was asked for and has been published.
    public let distributions: [TensorDistribution]
    public let result: Result<Published, any Error>
  }

  public struct Published: Sendable {
    public let path: String
    public let bytes: Int
    /// Checkpoints that retention let go.
    public let removed: [String]
  }

  private var store: CheckpointStore
  private let retention: RetentionPolicy
  private let queue: WorkQueue
  private let ready = Atomic<Bool>(false)
  private let isSuperseded = Atomic<Bool>(false)
  private var outcomes: [Outcome] = []
  /// Checkpoints that do not verify, whatever their trailers say: they must not push out good ones.
  private var distrusted: Set<Int> = []
  /// Kept from one checkpoint to the next, with its memory.
  private var image: HDF5Image?

  /// - Throws: `ThreadError`.
  public init(store: CheckpointStore, retention: RetentionPolicy) throws {
    queue = try WorkQueue()
    self.store = store
    self.retention = retention
  }

  /// From now on checkpoints are written into the folder that `lock` holds.
  public func hold(_ lock: RunLock) {
    queue.sync { store = CheckpointStore(directory: store.directory, lock: lock) }
  }

  /// Hands a filled snapshot over; it must not be touched until `wait` has returned.
  ///
  /// - Parameters:
  ///   - figures: the monitored figure by step, for retention.
  ///   - distributions: whether the distributions of its values are wanted.
  public func submit(_ snapshot: TrainingSnapshot, figures: [Int: Double], distributions: Bool = false) {
    isSuperseded.store(false, ordering: .relaxed)
    queue.async { self.write(snapshot, figures: figures, distributions: distributions) }
  }

  /// Says that a newer state is about to be saved: the checkpoint in flight is discarded, unless most of it is written.
  public func supersede() { isSuperseded.store(true, ordering: .relaxed) }

  /// Says that no checkpoint newer than this step verifies.
  public func distrust(newerThan step: Int) {
    queue.sync { distrusted = Set((try? store.steps())?.filter { $0 > step } ?? []) }
  }

  /// Waits until nothing is in flight.
  public func wait() { queue.sync {} }

  /// Waits until nothing is in flight, or `isOver` says yes, which is asked fifty times a second.
  ///
  /// - Returns: whether nothing is in flight.
  public func wait(unless isOver: () -> Bool) -> Bool {
    while !queue.isIdle(within: 20) {
      if isOver() { return false }
    }
    return true
  }

  /// Whether `takeOutcomes` has something; cheap enough to ask between any two steps.
  public var hasOutcomes: Bool { ready.load(ordering: .relaxed) }

  /// What has become of snapshots since the last call. Waits for the one in flight.
  public func takeOutcomes() -> [Outcome] {
    queue.sync {
      ready.store(false, ordering: .relaxed)
      defer { outcomes = [] }
      return outcomes
    }
  }

  private func write(_ snapshot: TrainingSnapshot, figures: [Int: Double], distributions: Bool) {
    let began = ContinuousClock.now
    snapshot.isHealthy = snapshot.isFinite()
    let result = Result { try publish(snapshot, figures: figures) }
    let seconds = began.duration(to: .now) / .seconds(1)
    var published = false
    if case .success = result { published = true }
    outcomes.append(
      Outcome(
        step: snapshot.progress.step, epoch: snapshot.progress.epoch, isHealthy: snapshot.isHealthy,
        seconds: seconds, distributions: distributions && published ? snapshot.distributions() : [], result: result))
    ready.store(true, ordering: .relaxed)
  }

  private func publish(_ snapshot: TrainingSnapshot, figures: [Int: Double]) throws -> Published {
    let written: (path: String, bytes: Int)
    let image = try self.image ?? HDF5Image()
    self.image = image
    func isGivenUp() -> Bool { isSuperseded.load(ordering: .relaxed) }
    do {
      written = try store.publish(snapshot, image: image, isSuperseded: isGivenUp)
    } catch let error as FileError where !error.isDiskFull {
      // A failed fsync makes the file worthless; the state is still here: once more, to a new file.
      written = try store.publish(snapshot, image: image, isSuperseded: isGivenUp)
    }
    distrusted.remove(snapshot.progress.step)
    let steps = (try? store.steps()) ?? []  // what cannot be listed stays
    let candidates = steps.map {
      RetentionPolicy.Candidate(
        step: $0, isHealthy: !distrusted.contains($0) && store.claimsHealth(step: $0), figure: figures[$0])
    }
    let removed = retention.removable(candidates, goodStep: snapshot.progress.goodStep)
    if !removed.isEmpty { try store.requireInPlace() }
    for step in removed { store.remove(step: step) }
    return Published(path: written.path, bytes: written.bytes, removed: removed.map { store.path(step: $0) })
  }
}

extension FileError {
  /// No space, no quota, or a file size limit: what frees itself when somebody makes room.
  public var isDiskFull: Bool { code == ENOSPC || code == EDQUOT || code == EFBIG }
}
