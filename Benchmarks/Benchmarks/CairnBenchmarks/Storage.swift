import Benchmark
import Checkpointing
import Foundation
import GradientHealth
import HDF5Storage
import Kernels
import NeuralNetwork

/// Checkpoints of networks of a few and of a million weights, with Adam's two slots: to the disk and back.
func storageBenchmarks() {
  for (name, dims) in [("2-10-10-5-1", [2, 10, 10, 5, 1]), ("784-512-512-10", [784, 512, 512, 10])] {
    Benchmark(
      "storage: write a checkpoint, \(name)", configuration: .init(metrics: [.wallClock], maxDuration: .seconds(2))
    ) { (_: Benchmark, run: StoredRun) in
      _ = try run.store.publish(run.snapshot, image: run.image)
    } setup: {
      try StoredRun(dims)
    }
    Benchmark(
      "storage: read and verify a checkpoint, \(name)",
      configuration: .init(metrics: [.wallClock], maxDuration: .seconds(2))
    ) { (_: Benchmark, run: StoredRun) in
      blackHole(try Checkpoint(verifying: run.store.path(step: 0)))
    } setup: {
      let run = try StoredRun(dims)
      _ = try run.store.publish(run.snapshot, image: run.image)
      return run
    }
    Benchmark.add("storage: distributions of all weights and gradients, \(name)") {
      let run = try StoredRun(dims)
      return { blackHole(run.snapshot.distributions()) }
    }
  }
}

/// A snapshot of a network, and a folder for it that goes away with it.
private final class StoredRun {
  let snapshot: TrainingSnapshot
  let store: CheckpointStore
  let image: HDF5Image

  init(_ dims: [Int]) throws {
    image = try HDF5Image()
    let network = try Network(
      input: Shape([dims[0]]), layers: dims.dropFirst().map { Dense(units: $0, activation: .relu) },
      loss: MeanSquaredError())
    let history = GradientHistory(layers: network.trainableLayers.map { network.places[$0].name })
    snapshot = TrainingSnapshot(
      network: network, slotNames: ["momentum", "velocity"],
      progress: RunProgress(run: "benchmark", seed: 1, shards: 1, batchSize: 32, optimizer: "adam"),
      history: history)
    network.initialize(trainable: snapshot.parameters, state: snapshot.state, seed: 1)
    let folder = FileManager.default.temporaryDirectory.appending(path: "cairn-benchmark-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    store = CheckpointStore(directory: folder)
  }

  deinit { try? FileManager.default.removeItem(atPath: store.directory) }
}
