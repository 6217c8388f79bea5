import CHDF5
import Checkpointing
import Files
import Foundation
import HDF5Storage
import Testing
import Training

/// Checkpoints with a valid trailer that hold what no run writes: another build with one field different is such a file.
@Suite(.tags(.slow)) struct ForgedCheckpointTests {
  /// Changes the image of a checkpoint and gives it a trailer again.
  private static func forge(_ run: Run, step: Int, _ edit: (hid_t) -> Void) throws {
    let image = Array(try run.bytes(step).dropLast(CheckpointTrailer.size))
    let path = run.path("image")
    try FileContents.publish(image, at: path)
    try HDF5Library.run {
      let id = H5Fopen(path, 1, cairn_H5P_DEFAULT())  // H5F_ACC_RDWR
      try #require(id >= 0)
      edit(id)
      #expect(H5Fclose(id) >= 0)
    }
    let forged = try FileContents.read(path)
    let trailer = CheckpointTrailer(image: forged, step: step, isHealthy: true)
    try FileContents.publish(forged + trailer.bytes, at: run.store.path(step: step))
  }

  /// Puts numbers in the place of an attribute; nil: takes it away.
  private static func set(_ file: hid_t, _ object: String, _ name: String, _ values: [Double]?) {
    let none = cairn_H5P_DEFAULT()
    #expect(H5Adelete_by_name(file, object, name, none) >= 0)
    guard let values else { return }
    let whole = values.allSatisfy { $0 == $0.rounded() && abs($0) < 1e18 }
    let space = values.count == 1 ? H5Screate(H5S_SCALAR) : H5Screate_simple(1, [hsize_t(values.count)], nil)
    let (stored, memory) = (whole ? cairn_H5T_STD_I64LE() : cairn_H5T_IEEE_F64LE(), cairn_H5T_NATIVE_DOUBLE())
    let attribute = H5Acreate_by_name(file, object, name, stored, space, none, none, none)
    #expect(attribute >= 0)
    if !values.isEmpty { #expect(H5Awrite(attribute, memory, values) >= 0) }
    H5Aclose(attribute)
    H5Sclose(space)
  }

  /// What `resume` asks of every file.
  private static func screen(_ path: String, _ run: Run) throws {
    let checkpoint = try CheckpointAudit.check(path)
    try checkpoint.checkFitness(for: try run.trainer(epochs: 2).configuration)
  }

  static let attributes: [(object: String, name: String, values: [[Double]?])] = [
    ("/", "attempt", [[-1], [9e17], [], [1, 2], [.nan], nil]), ("/", "epoch", [[-1], [9e17]]),
    ("/", "step_in_epoch", [[-5], [4e18]]), ("/", "shards", [[0], [-1], [1e15], [15]]),
    ("/", "batch_size", [[0], [17]]),
    ("/", "finished", [[2]]), ("/", "seed", [[6], [.infinity]]), ("/", "loss", [[], [.nan]]),
    ("/", "input_shape", [[], [0], [-3], [3e9, 3e9], [1, 1, 1, 1, 1, 1, 1, 1, 1, 2]]), ("/", "format_version", [[-1]]),
    ("optimizer", "scalars", [[], [1], [.nan], nil]), ("optimizer", "learning_rate_factor", [[-1], [.infinity]]),
    ("history", "capacity", [[-1], [0], [9e17]]), ("history", "older_capacity", [[9e17], nil]),
    ("history/validation", "metrics", [nil]), ("trainer", "epoch_rows", [[-1]]),
    ("trainer/remedies", "rollbacks", [[-1]]), ("trainer/remedies", "clip", [[.nan], [-1]]),
    ("trainer/early_stopping", "wait", [[-1]]), ("model_weights/dense", "output_shape", [[-1], [9e17]]),
  ]

  @Test func anAttributeThatCannotBeTrueIsRefused() throws {
    try withRun(epochs: 2) { run in
      let (before, newest) = (run.steps[run.steps.count - 2], try #require(run.steps.last))
      let sound = try run.bytes(newest)
      try ForgedCheckpointTests.screen(run.store.path(step: newest), run)
      for (object, name, values) in ForgedCheckpointTests.attributes {
        for value in values {
          try run.change(newest) { $0 = sound }
          try ForgedCheckpointTests.forge(run, step: newest) { ForgedCheckpointTests.set($0, object, name, value) }
          let (checkpoint, rejected) = try run.store.newest { try ForgedCheckpointTests.screen($0, run) }
          #expect(checkpoint.progress.step == before, "\(object)@\(name) = \(value.map { "\($0)" } ?? "nothing")")
          #expect(rejected.count == 1 && rejected.first?.contains(CheckpointStore.fileName(step: newest)) == true)
        }
      }
    }
  }

  @Test func whatIsMissingOrALinkIsRefused() throws {
    try withRun(epochs: 2) { run in
      let newest = try #require(run.steps.last)
      let sound = try run.bytes(newest)
      let none = cairn_H5P_DEFAULT()
      for name in [
        "data/scaling_offset", "history/step", "history/gradient/rms", "history/validation/loss", "events/kind",
        "recipe", "model_weights/dense/kernel", "model_weights/batch_normalization/moving_mean", "optimizer/momentum",
        "gradients", "history/epochs",
      ] {
        for kind in ["missing", "soft", "circle"] {
          try run.change(newest) { $0 = sound }
          var isThere = true
          try ForgedCheckpointTests.forge(run, step: newest) { id in
            isThere = H5Ldelete(id, name, none) >= 0
            switch kind {
            case "soft": #expect(H5Lcreate_soft("/model_weights", id, name, none, none) >= 0)
            case "circle": #expect(H5Lcreate_hard(id, "/", id, name, none, none) >= 0)
            default: break
            }
          }
          #expect(isThere, "\(name)")
          let (checkpoint, rejected) = try run.store.newest { try ForgedCheckpointTests.screen($0, run) }
          #expect(checkpoint.progress.step < newest && rejected.count == 1, "\(name) \(kind)")
        }
      }
    }
  }

  /// A recipe may ask for other metrics when a run goes on: the figures that there are stay with their names.
  @Test func figuresStayWithTheirMetrics() throws {
    try withRun(epochs: 2) { run in
      let trainer = try run.trainer(epochs: 3, changes: ["metrics=[precision, accuracy]"])
      let checkpoint = try run.store.newest().checkpoint
      _ = try trainer.restore(checkpoint)
      _ = try trainer.run()
      let after = try run.store.newest().checkpoint
      #expect(try after.metricNames() == ["precision", "accuracy"])
      let (old, new) = (try checkpoint.validation(), try after.validation())
      #expect(old.count == 2 && new.count == 3)
      for (before, now) in zip(old, new) { #expect(now.metrics[1] == before.metrics[0] && now.metrics[0].isNaN) }
      #expect(new[2].metrics[0].isFinite)
    }
  }
}
