import Checkpointing
import Files
import Foundation
import HDF5Storage
import Testing
import Training

@Suite(.tags(.slow)) struct ResumptionTests {
  @Test(arguments: [2, 3, 8, 16]) func bytesDoNotDependOnWorkers(_ workers: Int) throws {
    try withRun(epochs: 2, workers: 1) { one in
      try withRun(epochs: 2, workers: workers) { many in
        #expect(one.steps == many.steps)
        for step in one.steps {
          let (first, second) = (try one.bytes(step), try many.bytes(step))
          #expect(first == second, "step \(step)")
        }
      }
    }
  }

  /// Stopped after every step of a run in turn, and gone on with: the same files.
  @Test func everyStepIsAPlaceToGoOnFrom() throws {
    try withRun(epochs: 3) { whole in
      let last = try #require(whole.steps.last)
      for stop in 1...last {
        try withTemporaryFolder { folder in
          let run = Run(folder: folder)
          let request = StopRequest()
          let first = try run.trainer(epochs: 3).run(stop: request) { event in
            if case .step(let report) = event, report.step == stop { request.stop(signal: 15) }
          }
          // At an epoch's edge the figures of the epoch are still to come.
          #expect(first.step == stop && first.ending == .stopped(signal: 15))
          let trainer = try run.trainer(epochs: 3, workers: 1 + stop % 3)
          _ = try trainer.restore(try run.store.newest().checkpoint)
          #expect(try trainer.run().ending == .finished)
          #expect(try run.bytes(last) == whole.bytes(last), "stopped after step \(stop)")
        }
      }
    }
  }

  @Test func checkpointsComeEverySteps() throws {
    // 5 steps an epoch: multiples of 5 fall on an epoch's edge.
    for (every, expected) in [(5, [0, 5, 10, 15]), (3, [0, 3, 6, 9, 12, 15]), (1, Array(0...15))] {
      try withTemporaryFolder { folder in
        let run = Run(folder: folder)
        _ = try run.trainer(epochs: 3, keepLast: 99, everySteps: every, everyEpochs: 0).run()
        #expect(try run.store.steps() == expected)
      }
    }
  }

  @Test func moreEpochsGoOnFromTheEnd() throws {
    try withRun(epochs: 4) { long in
      try withRun(epochs: 2) { short in
        let trainer = try short.trainer(epochs: 4)
        _ = try trainer.restore(try short.store.newest().checkpoint)
        #expect(try trainer.run().ending == .finished)
        let last = try #require(long.steps.last)
        #expect(try short.bytes(last) == long.bytes(last))
      }
    }
  }

  /// The end puts the best epoch's weights back; more epochs go on from the last one's weights.
  @Test func moreEpochsGoOnFromTheLastWeightsNotTheBest() throws {
    // Accuracy stands still in most epochs: the best is not the last.
    let changes = ["training.early_stopping.monitor=validation_accuracy"]
    func trained(_ folder: String, epochs: Int) throws -> Run {
      let run = Run(folder: folder)
      _ = try run.trainer(epochs: epochs, changes: changes).run()
      run.steps = try run.store.steps()
      return run
    }
    try withTemporaryFolder { folder in
      let long = try trained(folder, epochs: 9)
      let last = try #require(long.steps.last)
      var putBack = 0
      for epochs in 2...8 {
        try withTemporaryFolder { folder in
          let short = try trained(folder, epochs: epochs)
          let checkpoint = try short.store.newest().checkpoint
          if try checkpoint.file.root.contains("trainer/last_weights") { putBack += 1 }
          let trainer = try short.trainer(epochs: 9, workers: 2, changes: changes)
          _ = try trainer.restore(checkpoint)
          #expect(try trainer.run().ending == .finished)
          #expect(try short.bytes(last) == long.bytes(last), "from \(epochs) epochs")
        }
      }
      #expect(putBack > 0)
    }
  }

  @Test func whatARunIsMadeOfMayNotChange() throws {
    try withRun(epochs: 1) { run in
      let checkpoint = try run.store.newest().checkpoint
      for (change, name) in [
        ("data.train.make_moons.random_state=4", "data"), ("training.shards=3", "shards"),
        ("training.batch_size=8", "batch_size"),
      ] {
        let permission = try #require(ResumePermission(rawValue: name))
        let error = #expect(throws: CheckpointError.self) {
          try run.trainer(epochs: 2, changes: [change]).restore(checkpoint)
        }
        #expect(error?.kind == .unsuitable)
        #expect(error?.description.contains("--allow \(name)") == true, "\(change): \(error?.description ?? "")")
        #expect(try run.trainer(epochs: 2, changes: [change]).restore(checkpoint, allow: [permission]).count == 1)
      }
    }
  }

  /// A run whose last checkpoint cannot be written must not end as if it had been.
  @Test func noSuccessWithoutTheLastCheckpoint() throws {
    try withTemporaryFolder { folder in
      let run = Run(folder: folder)
      let trainer = try run.trainer(epochs: 1, everyEpochs: 0)
      #expect(throws: FileError.self) {
        try trainer.run { event in
          // The folder goes away under the run.
          if case .step = event { try? FileManager.default.removeItem(atPath: folder) }
        }
      }
    }
  }
}
