internal import HDF5Storage
internal import Glibc

/// The checkpoints of one run's directory: published atomically, found newest first.
public struct CheckpointStore: Sendable {
  public let directory: String

  public init(directory: String) { self.directory = directory }

  /// `step-000000500.h5`: nine digits at least, so that names sort by step.
  public static func fileName(step: Int) -> String { "step-\(digits(step)).h5" }

  public static func blowupFileName(step: Int) -> String { "blowup-step-\(digits(step)).h5" }

  private static func digits(_ step: Int) -> String {
    let text = String(step)
    return String(repeating: "0", count: max(0, 9 - text.count)) + text
  }

  /// Writes a checkpoint under its final name, whole or not at all, and points `latest.h5` at it.
  ///
  /// - Returns: its path and size in bytes.
  /// - Throws: `HDF5Error`, `FileError` (disk full, no permission, ...), `CheckpointError`.
  @discardableResult
  public func publish(_ snapshot: TrainingSnapshot) throws -> (path: String, bytes: Int) {
    let name = CheckpointStore.fileName(step: snapshot.progress.step)
    let result = try write(snapshot, to: name)
    pointLatest(to: name)
    return result
  }

  /// Writes the state at a blow-up, for inspection; never resumed from.
  @discardableResult
  public func publishBlowup(_ snapshot: TrainingSnapshot, step: Int) throws -> (path: String, bytes: Int) {
    try write(snapshot, to: CheckpointStore.blowupFileName(step: step))
  }

  private func write(_ snapshot: TrainingSnapshot, to name: String) throws -> (path: String, bytes: Int) {
    let image = try CheckpointLayout.image(of: snapshot)
    let trailer = CheckpointTrailer(image: image, step: snapshot.progress.step, isHealthy: snapshot.isHealthy).bytes
    let path = "\(directory)/\(name)"
    try image.withUnsafeBytes { imageBytes in
      try trailer.withUnsafeBytes { try FileContents.publish(parts: [imageBytes, $0], at: path) }
    }
    return (path, image.count + trailer.count)
  }

  /// Replaces the symbolic link atomically. A convenience for people, never read by the program: that it cannot be made,
  /// as on file systems without links, is no error.
  private func pointLatest(to name: String) {
    let temporary = "\(directory)/.latest.tmp.\(getpid())"
    unlink(temporary)
    if symlink(name, temporary) == 0, rename(temporary, "\(directory)/latest.h5") != 0 { unlink(temporary) }
  }

  /// Steps of the checkpoints that stand under their final names, oldest first; whether they verify is not said.
  public func steps() -> [Int] {
    guard let folder = opendir(directory) else { return [] }
    defer { closedir(folder) }
    var steps: [Int] = []
    while let entry = readdir(folder) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      guard name.hasPrefix("step-"), name.hasSuffix(".h5"),
        let step = Int(name.dropFirst(5).dropLast(3)), name == CheckpointStore.fileName(step: step)
      else { continue }
      steps.append(step)
    }
    return steps.sorted()
  }

  public func path(step: Int) -> String { "\(directory)/\(CheckpointStore.fileName(step: step))" }

  /// The newest checkpoint that verifies and is healthy, with what was wrong with the newer ones.
  ///
  /// - Throws: `CheckpointError`, kind `missing`, if there is none.
  public func newest() throws -> (checkpoint: Checkpoint, rejected: [String]) {
    var rejected: [String] = []
    for step in steps().reversed() {
      do {
        let checkpoint = try Checkpoint(verifying: path(step: step))
        if checkpoint.isHealthy { return (checkpoint, rejected) }
        rejected.append("\(path(step: step)): marked as not healthy")
      } catch {
        rejected.append("\(error)")
      }
    }
    let reasons = rejected.isEmpty ? "" : ":\n  " + rejected.joined(separator: "\n  ")
    throw CheckpointError(.missing, "\(directory): holds no checkpoint that verifies\(reasons)")
  }
}
