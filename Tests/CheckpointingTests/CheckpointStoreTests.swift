import Checkpointing
import Files
import Foundation
import Testing
import Training

/// A run's folder as it is found after something went wrong.
@Suite struct CheckpointStoreTests {
  @Test func namesSortByStep() {
    #expect(CheckpointStore.fileName(step: 500) == "step-000000500.h5")
    #expect(CheckpointStore.fileName(step: 12_345_678_901) == "step-12345678901.h5")
  }

  @Test func otherFilesAreNoCheckpoints() throws {
    try withRun(epochs: 1) { run in
      for name in [
        "step-7.h5", "step-000000x07.h5", "step--00000007.h5", "step-000000007.h5.bak", "blowup-step-000000007.h5",
      ] {
        try Data().write(to: URL(filePath: run.path(name)))
      }
      #expect(try run.store.steps() == run.steps)
    }
  }

  @Test func theNewestThatVerifiesIsTaken() throws {
    try withRun(epochs: 3) { run in
      let steps = run.steps
      #expect(steps.count == 4)
      #expect(try run.store.newest().checkpoint.progress.step == steps[3])
      try run.change(steps[3]) { $0[$0.count / 2] ^= 1 }
      var (checkpoint, rejected) = try run.store.newest()
      #expect(checkpoint.progress.step == steps[2] && rejected.count == 1)
      #expect(rejected[0].contains(run.store.path(step: steps[3])) && rejected[0].contains("SHA-256"))
      try run.change(steps[2]) { $0.removeLast($0.count / 3) }
      (checkpoint, rejected) = try run.store.newest()
      #expect(checkpoint.progress.step == steps[1] && rejected.count == 2)
      try run.change(steps[1]) { $0 = [] }
      try run.change(steps[0]) { $0.append(0) }
      let error = #expect(throws: CheckpointError.self) { try run.store.newest() }
      #expect(error?.kind == .missing)
      for step in steps { #expect(error?.description.contains(run.store.path(step: step)) == true) }
    }
  }

  /// An older checkpoint in its place would let a run overwrite what a newer program wrote.
  @Test func newerFormatsAreNotPassedOver() throws {
    try withRun(epochs: 2) { run in
      try run.change(try #require(run.steps.last)) { bytes in
        // `format_version` follows its attribute's name; its digest is made right again.
        let image = Array(bytes.dropLast(128))
        let step = run.steps.last ?? 0
        let newer = try Run.replacingFormatVersion(in: image, with: 2)
        bytes = newer + CheckpointTrailer(image: newer, step: step, isHealthy: true).bytes
      }
      let error = #expect(throws: CheckpointError.self) { try run.store.newest() }
      #expect(error?.kind == .unsuitable)
      #expect(error?.description.contains("newer Cairn") == true)
    }
  }

  @Test func nothingButARegularFileIsOpened() throws {
    try withRun(epochs: 1) { run in
      let name = run.path(CheckpointStore.fileName(step: 999))
      #expect(mkfifo(name, 0o600) == 0)
      let (checkpoint, rejected) = try run.store.newest()
      #expect(checkpoint.progress.step == run.steps.last { $0 < 999 } && rejected.count == 1)
    }
  }

  /// A file of a petabyte that holds nothing must not ask for its memory.
  @Test func emptyGiantsAreRefused() throws {
    try withRun(epochs: 1) { run in
      let name = run.path(CheckpointStore.fileName(step: 999))
      try Data().write(to: URL(filePath: name))
      guard truncate(name, 1 << 42) == 0 else { return }  // this file system has no such files
      #expect(try run.store.newest().rejected.count == 1)
    }
  }

  @Test func leftoversAreSweptAndNothingElse() throws {
    try withRun(epochs: 1) { run in
      let leftovers = [
        ".step-000000010.h5.tmp.17.0", ".blowup-step-000000010.h5.tmp.17.3", ".recipe.yaml.tmp.9.0",
        "..recipe.yaml.next.tmp.9.0", ".latest.tmp.4",
      ]
      let others = ["notes.tmp.txt", ".step-mine", "events.jsonl"]
      for name in leftovers + others { try Data([1]).write(to: URL(filePath: run.path(name))) }
      run.store.sweepTemporaries()
      let names = Set(try FileManager.default.contentsOfDirectory(atPath: run.folder))
      #expect(names.isDisjoint(with: leftovers) && names.isSuperset(of: others))
      #expect(try run.store.steps() == run.steps)
    }
  }

  @Test func aFolderThatCannotBeReadIsNotEmpty() throws {
    #expect(try CheckpointStore(directory: "/nowhere/at/all").steps().isEmpty)
    let long = "/" + String(repeating: "x", count: 300)
    #expect(throws: FileError.self) { try CheckpointStore(directory: long).steps() }
  }

  @Test func theLinkIsRepaired() throws {
    try withRun(epochs: 2) { run in
      let link = run.path("latest.h5")
      let newest = try #require(run.steps.last)
      func target() throws -> String { try FileManager.default.destinationOfSymbolicLink(atPath: link) }
      #expect(try target() == CheckpointStore.fileName(step: newest))
      try FileManager.default.removeItem(atPath: link)
      try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: "step-000000000.h5")
      run.store.repairLatest(step: newest)
      #expect(try target() == CheckpointStore.fileName(step: newest))
    }
  }

  @Test func theLockHasOneOwner() throws {
    try withRun(epochs: 1) { run in
      var lock: RunLock? = try RunLock(directory: run.folder)
      let error = #expect(throws: RunLocked.self) { try RunLock(directory: run.folder) }
      #expect(error?.owner == "\(getpid())")
      withExtendedLifetime(lock) {}
      lock = nil
      _ = try RunLock(directory: run.folder)
    }
  }

  /// A file that no longer verifies must not push out good ones, whatever its trailer claims.
  @Test func damagedFilesDoNotCountForRetention() throws {
    try withRun(epochs: 3) { run in
      let steps = run.steps
      try run.change(steps[3]) { $0[99] ^= 1 }
      let (checkpoint, _) = try run.store.newest()
      #expect(checkpoint.progress.step == steps[2])
      let trainer = try run.trainer(epochs: 3, keepLast: 2, everySteps: 1)
      _ = try trainer.restore(checkpoint)
      var published = 0
      _ = try trainer.run { event in
        guard case .checkpoint = event else { return }
        published += 1
        let whole = ((try? run.store.steps()) ?? []).filter {
          (try? Checkpoint(verifying: run.store.path(step: $0))) != nil
        }
        #expect(whole.count >= 2)
      }
      #expect(published > 0)
    }
  }
}
