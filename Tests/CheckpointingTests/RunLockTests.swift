import Checkpointing
import Files
import Foundation
import Training
import Testing

/// What becomes of a run whose folder is taken away under it.
@Suite struct RunLockTests {
  /// Calls `body` with a folder in which another one, `run`, is locked.
  private func withLock(_ body: (_ parent: String, _ run: String, RunLock) throws -> Void) throws {
    try withTemporaryFolder { parent in
      let run = "\(parent)/run"
      try FileContents.makeFolder(run)
      let lock = try RunLock(directory: run)
      try lock.requireInPlace()
      try body(parent, run, lock)
    }
  }

  @Test func oneAtATime() throws {
    try withLock { _, run, lock in
      #expect(throws: RunLocked.self) { _ = try RunLock(directory: run) }
      #expect(RunLock.holder(directory: run) == "\(getpid())")
      withExtendedLifetime(lock) {}
    }
  }

  @Test(arguments: ["removed", "moved", "replaced", "linked", "lock removed", "lock replaced"])
  func aFolderThatIsNotInItsPlace(_ what: String) throws {
    let files = FileManager.default
    try withLock { parent, run, lock in
      let other = "\(parent)/other"
      switch what {
      case "removed": try files.removeItem(atPath: run)
      case "lock removed": try files.removeItem(atPath: "\(run)/.lock")
      case "lock replaced":
        try files.removeItem(atPath: "\(run)/.lock")
        try Data().write(to: URL(filePath: "\(run)/.lock"))
      default:
        try files.moveItem(atPath: run, toPath: "\(parent)/moved")
        if what == "replaced" { try FileContents.makeFolder(run) }
        if what == "linked" {
          try FileContents.makeFolder(other)
          try files.createSymbolicLink(atPath: run, withDestinationPath: other)
        }
      }
      #expect(throws: RunFolderLost.self) { try lock.requireInPlace() }
    }
  }

  /// A name that leads to the same folder is no other folder.
  @Test func aLinkInItsPlaceIsTheSameFolder() throws {
    try withLock { parent, run, lock in
      try FileManager.default.moveItem(atPath: run, toPath: "\(parent)/moved")
      try FileManager.default.createSymbolicLink(atPath: run, withDestinationPath: "moved")
      try lock.requireInPlace()
    }
  }

  /// The trainer ends, whatever the recipe says of full disks, and what stands under the name now is as it was.
  @Test func aTrainerLeavesItsSuccessorAlone() throws {
    try withTemporaryFolder { parent in
      let run = Run(folder: "\(parent)/run")
      try FileContents.makeFolder(run.folder)
      let trainer = try run.trainer(
        epochs: 1000, keepLast: 2, everySteps: 1, changes: ["checkpoints.on_disk_full=continue"])
      trainer.hold(try RunLock(directory: run.folder))
      let mine = "\(parent)/mine"
      var successor: [String] = []
      #expect(throws: RunFolderLost.self) {
        _ = try trainer.run { event in
          guard case .epoch(let report) = event, report.epoch == 3 else { return }
          do {
            try FileManager.default.moveItem(atPath: run.folder, toPath: mine)
            try FileContents.makeFolder(run.folder)
            for step in 0...9 { try FileContents.publish([1], at: run.store.path(step: step)) }
            successor = try FolderListing.names(in: run.folder)
          } catch {
            Issue.record(error)
          }
        }
      }
      #expect(try FolderListing.names(in: run.folder) == successor)
      for step in 0...9 { #expect(try FileContents.read(run.store.path(step: step)) == [1]) }
      let own = CheckpointStore(directory: mine)
      #expect(try !own.steps().isEmpty)
      #expect(try !FolderListing.names(in: mine).contains { $0.contains(".tmp.") })
      _ = try own.newest()
    }
  }

  @Test func noFileThatIsNone() throws {
    try withTemporaryFolder { folder in
      let fifo = "\(folder)/fifo"
      #expect(mkfifo(fifo, 0o600) == 0)
      for path in [fifo, "/dev/zero", folder] {
        #expect(throws: FileError.self) { _ = try FileContents.read(path) }
      }
      #expect(mkfifo("\(folder)/.lock", 0o600) == 0)
      #expect(throws: FileError.self) { _ = try RunLock(directory: folder) }
      #expect(RunLock.holder(directory: folder) == nil)
    }
  }
}
