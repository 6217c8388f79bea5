internal import Files
internal import Glibc
public import HDF5Storage

/// The checkpoints of one run's directory: published atomically, found newest first.
public struct CheckpointStore: Sendable {
  public let directory: String
  /// What the process that trains here holds: it writes and removes in that folder alone, and finds out when the name
  /// leads elsewhere. nil: for looking.
  public let lock: RunLock?

  public init(directory: String, lock: RunLock? = nil) {
    self.directory = directory
    self.lock = lock
  }

  /// - Throws: `RunFolderLost`.
  public func requireInPlace() throws { try lock?.requireInPlace() }

  /// A file of the directory, for the calls of the `openat` kind.
  private func place(_ name: String) -> (folder: Int32, path: String) {
    lock.map { ($0.folder, name) } ?? (AT_FDCWD, "\(directory)/\(name)")
  }

  func remove(step: Int) {
    let (folder, path) = place(CheckpointStore.fileName(step: step))
    unlinkat(folder, path, 0)
  }

  /// `step-000000500.h5`: nine digits at least, so that names sort by step.
  public static func fileName(step: Int) -> String { "step-\(digits(step)).h5" }

  public static func blowupFileName(step: Int) -> String { "blowup-step-\(digits(step)).h5" }

  private static func digits(_ step: Int) -> String {
    let text = String(step)
    return String(repeating: "0", count: max(0, 9 - text.count)) + text
  }

  /// Writes a checkpoint under its final name, whole or not at all, and points `latest.h5` at it.
  ///
  /// - Parameters:
  ///   - image: where the file is put together; one that is used again keeps its memory.
  ///   - isSuperseded: asked again and again while the bytes are written; yes gives the checkpoint up.
  /// - Returns: its path and size in bytes.
  /// - Throws: `HDF5Error`, `FileError` (disk full, no permission, ...), `CheckpointError`, `CheckpointSuperseded`, `RunFolderLost`.
  @discardableResult
  public func publish(
    _ snapshot: TrainingSnapshot, image: HDF5Image, isSuperseded: () -> Bool = { false }
  ) throws -> (path: String, bytes: Int) {
    let name = CheckpointStore.fileName(step: snapshot.progress.step)
    let result = try write(snapshot, to: name, image: image, isSuperseded)
    pointLatest(to: name)
    return result
  }

  /// Writes the state at a blow-up, for inspection; never resumed from.
  @discardableResult
  public func publishBlowup(_ snapshot: TrainingSnapshot, step: Int) throws -> (path: String, bytes: Int) {
    try write(snapshot, to: CheckpointStore.blowupFileName(step: step), image: HDF5Image()) { false }
  }

  private func write(
    _ snapshot: TrainingSnapshot, to name: String, image: HDF5Image, _ isSuperseded: () -> Bool
  ) throws -> (path: String, bytes: Int) {
    // The snapshot is lent to the image; nobody else touches it until this returns.
    defer { image.clear() }
    try CheckpointLayout.build(image, of: snapshot)
    try CheckpointLayout.check(image, of: snapshot)
    let path = "\(directory)/\(name)"
    try requireInPlace()
    let size = image.size + CheckpointTrailer.size
    try FileContents.publish(size: size, at: path, in: lock?.folder) { end in
      var hash = SHA256()
      // In pieces that stay in the core's cache between the digest and the kernel's copy.
      try image.forEachPiece(most: 256 << 10) { piece in
        if isSuperseded(), end.count < size / 4 * 3 { throw CheckpointSuperseded() }
        hash.update(piece)
        try end.write(piece)
      }
      let trailer = CheckpointTrailer(
        digest: hash.finalize(), imageLength: image.size, step: snapshot.progress.step,
        isHealthy: snapshot.isHealthy)
      try trailer.bytes.withUnsafeBytes { try end.write($0) }
    }
    return (path, size)
  }

  /// Points `latest.h5` at a checkpoint if it does not yet: a kill may have come between the two.
  public func repairLatest(step: Int) {
    var target = [CChar](repeating: 0, count: 256)
    let (folder, path) = place("latest.h5")
    let count = readlinkat(folder, path, &target, target.count)
    let name = CheckpointStore.fileName(step: step)
    if !target.prefix(max(count, 0)).map({ UInt8(bitPattern: $0) }).elementsEqual(name.utf8) { pointLatest(to: name) }
  }

  /// Replaces the symbolic link atomically. A convenience for people, never read by the program: that it cannot be made,
  /// as on file systems without links, is no error.
  private func pointLatest(to name: String) {
    let (folder, temporary) = place(".latest.tmp.\(getpid())")
    unlinkat(folder, temporary, 0)
    if symlinkat(name, folder, temporary) == 0, renameat(folder, temporary, folder, place("latest.h5").path) != 0 {
      unlinkat(folder, temporary, 0)
    }
  }

  /// Steps of the checkpoints that stand under their final names, oldest first; whether they verify is not said.
  ///
  /// - Throws: `FileError` if the folder cannot be read.
  public func steps() throws -> [Int] {
    try FolderListing.names(in: directory).compactMap { name in
      guard name.hasPrefix("step-"), name.hasSuffix(".h5"),
        let step = Int(name.dropFirst(5).dropLast(3)), name == CheckpointStore.fileName(step: step)
      else { return nil }
      return step
    }.sorted()
  }

  /// What the trailer says of a checkpoint's health, without reading the rest: for retention.
  func claimsHealth(step: Int) -> Bool {
    let (folder, path) = place(CheckpointStore.fileName(step: step))
    guard let descriptor = try? RegularFile.open(path, O_RDONLY, in: folder).descriptor else { return false }
    defer { close(descriptor) }
    var bytes = [UInt8](repeating: 0, count: CheckpointTrailer.size)
    let end = lseek(descriptor, 0, SEEK_END)
    guard pread(descriptor, &bytes, bytes.count, end - off_t(bytes.count)) == bytes.count else { return false }
    return CheckpointTrailer.claimsHealth(bytes)
  }

  /// Sets the checkpoints of a discarded attempt apart: those after `step` get names that nobody resumes from.
  public func abandon(after step: Int, attempt: Int) {
    for later in (try? steps()) ?? [] where later > step {
      let name = CheckpointStore.fileName(step: later)
      let (folder, path) = place(name)
      renameat(folder, path, folder, place("abandoned-\(attempt)-\(name)").path)
    }
  }

  /// Removes what saves of dead processes left half-written. Only for the holder of the run's lock.
  public func sweepTemporaries() {
    for name in (try? FolderListing.names(in: directory)) ?? [] {
      // The last is of `.recipe.yaml.next`.
      let isSave = [".step-", ".blowup-step-", ".recipe.yaml", "..recipe.yaml"].contains { name.hasPrefix($0) }
      if (isSave && name.contains(".tmp.")) || name.hasPrefix(".latest.tmp.") { unlink("\(directory)/\(name)") }
    }
  }

  public func path(step: Int) -> String { "\(directory)/\(CheckpointStore.fileName(step: step))" }

  /// The newest checkpoint that verifies and is healthy, with what was wrong with the newer ones.
  ///
  /// - Parameter screen: looks a file over before this process opens it, and throws what is wrong.
  /// - Throws: `CheckpointError`, kind `missing`, if there is none; kind `unsuitable` if the newest whole one is of a newer
  ///   format, which is no reason to go back to an older one. `FileError` if the folder cannot be read.
  public func newest(
    screen: (_ path: String) throws -> Void = { _ in }
  ) throws -> (checkpoint: Checkpoint, rejected: [String]) {
    var rejected: [String] = []
    for step in try steps().reversed() {
      do {
        try screen(path(step: step))
        let checkpoint = try Checkpoint(verifying: path(step: step))
        if checkpoint.isHealthy { return (checkpoint, rejected) }
        rejected.append("\(path(step: step)): marked as not healthy")
      } catch let error as CheckpointError where error.kind == .unsuitable {
        throw error
      } catch {
        rejected.append("\(error)")
      }
    }
    let reasons = rejected.isEmpty ? "" : ":\n  " + rejected.joined(separator: "\n  ")
    throw CheckpointError(.missing, "\(directory): holds no checkpoint that verifies\(reasons)")
  }
}
