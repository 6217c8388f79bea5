import Checkpointing
import Files
import Foundation
import HDF5Storage
import Kernels
import NeuralNetwork
import GradientHealth
import Testing

/// Saves in the background.
@Suite struct CheckpointWriterTests {
  /// 8 MB of weights and as much of gradients.
  private func snapshot() throws -> TrainingSnapshot {
    let network = try Network(
      input: Shape([2000]), layers: [Dense(units: 1000, activation: .relu), Dense(units: 1)], loss: MeanSquaredError())
    let progress = RunProgress(run: "run", seed: 1, shards: 1, batchSize: 1, optimizer: "sgd")
    let snapshot = TrainingSnapshot(
      network: network, slotNames: [], progress: progress, history: GradientHistory(layers: ["dense", "dense_1"]))
    snapshot.progress.step = 7
    snapshot.progress.loss = 1
    return snapshot
  }

  private func names(_ folder: String) throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
  }

  /// The second one is put together in the memory of the first.
  @Test func bytesAreTheSameEveryTime() throws {
    try withTemporaryFolder { folder in
      let store = CheckpointStore(directory: folder)
      let writer = try CheckpointWriter(store: store, retention: RetentionPolicy(keepLast: 2))
      let snapshot = try snapshot()
      writer.submit(snapshot, figures: [:])
      #expect(writer.takeOutcomes().count == 1)
      #expect(writer.takeOutcomes().isEmpty)
      let first = try FileContents.read(store.path(step: 7))
      unlink(store.path(step: 7))
      writer.submit(snapshot, figures: [:])
      #expect(writer.wait(unless: { false }) && writer.hasOutcomes)
      #expect(try FileContents.read(store.path(step: 7)) == first)
      _ = try Checkpoint(verifying: store.path(step: 7))
    }
  }

  /// A layer's column along an axis stands in a dataset of its own, with the places on the axis.
  @Test func seriesAreReadAsTheyWereWritten() throws {
    try withTemporaryFolder { folder in
      let snapshot = try snapshot()
      let series = [
        HistorySeries(.throughTime, layer: "lstm", positions: [0, 4, 8]),
        HistorySeries(.throughTime, layer: "gru", positions: [0, 1]),
      ]
      var history = GradientHistory(layers: ["dense", "dense_1"], series: series)
      for row in 1...3 {
        let figures = (0..<history.rowWidth).map { Float($0 * row) / 1000 }
        StepColumn.allCases.map { _ in Double(row) }.withUnsafeBufferPointer { steps in
          figures.withUnsafeBufferPointer {
            history.append(.init(step: Int64(row), epoch: 0, attempt: 0), steps: steps, figures: $0)
          }
        }
      }
      snapshot.history = history
      let store = CheckpointStore(directory: folder)
      let writer = try CheckpointWriter(store: store, retention: RetentionPolicy(keepLast: 2))
      writer.submit(snapshot, figures: [:])
      #expect(writer.wait(unless: { false }))
      let found = try Checkpoint(verifying: store.path(step: 7)).history()
      #expect(found.series == series && found.places == history.places)
      for number in series.indices { #expect(found.column(series: number) == history.column(series: number)) }
      #expect(found.column(KernelColumn.deadFraction) == history.column(KernelColumn.deadFraction))
    }
  }

  @Test func waitingEndsWhenAsked() throws {
    try withTemporaryFolder { folder in
      let writer = try CheckpointWriter(
        store: CheckpointStore(directory: folder), retention: RetentionPolicy(keepLast: 2))
      let snapshot = try snapshot()
      for _ in 0..<20 { writer.submit(snapshot, figures: [:]) }
      #expect(!writer.wait(unless: { true }))
      writer.supersede()
      #expect(writer.wait(unless: { false }))
    }
  }

  @Test func aSupersededSaveLeavesNothing() throws {
    try withTemporaryFolder { folder in
      let store = CheckpointStore(directory: folder)
      let snapshot = try snapshot()
      var asked = 0
      #expect(throws: CheckpointSuperseded.self) {
        try store.publish(snapshot, image: HDF5Image()) {
          asked += 1
          return asked > 8
        }
      }
      #expect(try names(folder).isEmpty)
      #expect(asked == 9)
      // Almost written: not discarded.
      asked = 0
      try store.publish(snapshot, image: HDF5Image()) {
        asked += 1
        return asked > 55
      }
      #expect(asked > 60)
      _ = try Checkpoint(verifying: store.path(step: 7))
      // The next save is not discarded because the one before was.
      let writer = try CheckpointWriter(store: store, retention: RetentionPolicy(keepLast: 2))
      writer.supersede()
      writer.submit(snapshot, figures: [:])
      for outcome in writer.takeOutcomes() { #expect(throws: Never.self) { try outcome.result.get() } }
    }
  }
}
