import Checkpointing
import Datasets
import Foundation
import HDF5Storage
import Kernels
import NeuralNetwork
import Optimizers
import Testing
import Training

/// h = 0.5 (h of the row that this one follows) + x: what it carries can be worked out from the data alone.
private struct Fading: Layer {
  static let className = "Fading"
  static let kind = "fading"
  let name: String?

  var arguments: [LayerArgument] { [] }
  var traits: LayerTraits { LayerTraits(role: .other) }
  func operation(for inputs: [Shape]) throws -> any NeuralNetwork.Operation { FadingOperation(shape: inputs[0]) }
}

private struct FadingOperation: NeuralNetwork.Operation {
  let shape: Shape
  var outputs: [Shape] { [shape] }
  var carried: Int { shape.count }

  func forward(_ pass: ForwardPass) -> Double {
    let (x, y) = (pass.input(0), pass.output)
    for row in 0..<x.rows {
      for column in 0..<x.columns {
        y[row, column] = x[row, column] + 0.5 * (pass.carried?[row, column] ?? 0)
        pass.carriedOn?[row, column] = y[row, column]
      }
    }
    return 0
  }

  func backward(_ pass: BackwardPass) { pass.inputGradient(0)?.vector.copy(from: pass.outputGradient.readOnly.vector) }
}

/// What rows carry from step to step.
@Suite struct CarriedStateTests {
  /// 200 rows in 24 streams of 8 rows each; 8 rows are left.
  private func configuration(
    accumulating: Int = 1, workers: Int = 2, _ change: (inout TrainingConfiguration) -> Void = { _ in }
  ) -> TrainingConfiguration {
    var made = TrainingConfiguration(
      name: "carried",
      data: DataConfiguration(
        train: .makeRegression(
          samples: 200, features: 3, informative: 3, targets: 1, bias: 0, noise: 0.1, shuffle: true, randomState: 2)),
      layers: [
        Fading(name: "first"), Dense(units: 8, activation: .tanh), Dropout(rate: 0.1), Fading(name: "second"),
        Dense(units: 1),
      ],
      loss: MeanSquaredError(), optimizer: .adam(learningRate: .constant(0.01)))
    made.batchSize = 24 / accumulating
    made.accumulateSteps = accumulating
    made.epochs = 3
    made.shuffle = false
    made.shards = 5
    made.workers = workers
    made.checkpoints.everySteps = 1
    made.checkpoints.keepLast = 1000
    change(&made)
    return made
  }

  private func trainer(_ configuration: TrainingConfiguration, _ directory: String?) throws -> Trainer {
    if let directory { try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true) }
    return try Trainer(configuration, data: try TrainingData.load(configuration), directory: directory) { _ in "recipe"
    }
  }

  /// The features of a row.
  private func features(_ source: any SampleSource, row: Int) -> [Float] {
    let memory = GatheredFields(source.schema, rows: 1)
    [Int32(row)].withUnsafeBufferPointer { source.gather($0, into: memory.batch(rows: 1)) }
    return memory.input(0, rows: 1).readOnly.vector.array
  }

  /// What the first layer has to carry after so many batches of an epoch, `[24, 3]`, without those that were left out.
  private func expected(_ source: any SampleSource, batches: Int, without: Set<Int> = []) -> [Float] {
    (0..<24).flatMap { stream in
      (0..<batches).reduce([Float](repeating: 0, count: 3)) { h, batch in
        without.contains(batch)
          ? h : zip(h, features(source, row: stream * 8 + batch)).map { 0.5 * $0 + $1 }
      }
    }
  }

  private func carried(_ directory: String, step: Int) throws -> [Float] {
    let root = try Checkpoint(verifying: CheckpointStore(directory: directory).path(step: step)).file.root
    #expect(try root.dataset("state/second").shape == [24, 8])
    return try root.dataset("state/first").read()
  }

  private func isNear(_ found: [Float], _ expected: [Float]) -> Bool {
    found.count == expected.count && zip(found, expected).allSatisfy { abs($0 - $1) <= 1e-5 * max(1, abs($1)) }
  }

  @Test(arguments: [1, 3]) func rowsGoOnFromTheBatchBefore(_ accumulating: Int) throws {
    try withTemporaryFolder { folder in
      let trainer = try trainer(configuration(accumulating: accumulating), folder)
      #expect(trainer.stepsPerEpoch == 8)
      #expect(trainer.notes == ["24 streams of 8 rows each: the last 8 training rows are in no batch"])
      #expect(try trainer.run().step == 24)
      for step in [1, 2, 7, 8, 9, 15, 16, 23] {
        // At an epoch's end the next one begins with zeros.
        #expect(
          isNear(try carried(folder, step: step), expected(trainer.data.train, batches: step % 8)), "step \(step)")
      }
    }
  }

  @Test(arguments: [1, 2, 5]) func aStoppedRunGoesOnWithTheSameBits(_ workers: Int) throws {
    try withTemporaryFolder { folder in
      let whole = try trainer(configuration(accumulating: 2), folder + "/whole").run()
      let stop = StopRequest()
      _ = try trainer(configuration(accumulating: 2, workers: workers), folder + "/cut").run(stop: stop) { event in
        if case .step(let report) = event, report.step == 13 { stop.stop(signal: 15) }
      }
      let rest = try trainer(configuration(accumulating: 2, workers: 6 - workers), folder + "/cut")
      let newest = try CheckpointStore(directory: folder + "/cut").newest().checkpoint
      #expect(newest.progress.stepInEpoch == 5)
      #expect(try rest.restore(newest).isEmpty)
      let result = try rest.run()
      #expect(
        try Data(contentsOf: URL(filePath: try #require(result.checkpoint)))
          == Data(contentsOf: URL(filePath: try #require(whole.checkpoint))))
    }
  }

  /// The state that a step would have left is not there where its update was left out.
  @Test func aSkippedStepLeavesNothing() throws {
    try withTemporaryFolder { folder in
      let trainer = try trainer(configuration { $0.health.onBlowup = .skip }, folder)
      trainer.fault = FaultInjection("nan-gradient@3,shard=4")
      #expect(try trainer.run().step == 23)
      // The third batch was left out: update 3 is of the fourth.
      #expect(isNear(try carried(folder, step: 2), expected(trainer.data.train, batches: 2)))
      #expect(isNear(try carried(folder, step: 3), expected(trainer.data.train, batches: 4, without: [2])))
    }
  }

  @Test func aRollbackRestoresIt() throws {
    try withTemporaryFolder { folder in
      let trainer = try trainer(configuration { $0.health.ladder = [.init(learningRate: 0.5)] }, folder)
      trainer.fault = FaultInjection("nan-weight@13")
      var rollbacks = 0
      let result = try trainer.run { if case .rollback = $0 { rollbacks += 1 } }
      #expect(result.ending == .finished && rollbacks == 1)
      for step in [4, 13, 23] {
        #expect(
          isNear(try carried(folder, step: step), expected(trainer.data.train, batches: step % 8)), "step \(step)")
      }
    }
  }

  @Test func whatCannotGoOnIsRefused() throws {
    func message(_ change: (inout TrainingConfiguration) -> Void) -> String {
      do {
        _ = try trainer(configuration(change), nil)
        return ""
      } catch { return "\(error)" }
    }
    #expect(message { $0.shuffle = true }.hasSuffix("set training.shuffle to false"))
    #expect(
      message { $0.batchSize = 201 }.contains("expected at least as many training rows as a step has, 201, found 200"))
  }

  /// Windows that overlap, or leave gaps, do not go on from each other.
  @Test func windowsFollowEachOther() throws {
    try withTemporaryFolder { folder in
      let path = folder + "/text"
      try Data((0..<200).map { UInt8($0 % 7) }).write(to: URL(filePath: path))
      func message(stride: Int?) -> String {
        do {
          var made = TrainingConfiguration(
            name: "text",
            data: DataConfiguration(train: DataSource(TextSource(paths: [path], sequenceLength: 6, stride: stride))),
            layers: [Fading(name: nil), Reshape(targetShape: [6, 1]), Dense(units: 256)],
            loss: SparseCategoricalCrossentropy(fromLogits: true),
            optimizer: .sgd())
          (made.shuffle, made.batchSize) = (false, 4)
          _ = try trainer(made, nil)
          return ""
        } catch { return "\(error)" }
      }
      #expect(message(stride: 5).hasSuffix("expected a stride of 6, as long as a window, found 5"))
      #expect(!message(stride: nil).contains("stride"))
    }
  }

  /// Allowed, and said.
  @Test func otherBatchesBeginWithZeros() throws {
    try withTemporaryFolder { folder in
      let stop = StopRequest()
      _ = try trainer(configuration(), folder).run(stop: stop) { event in
        if case .step(let report) = event, report.step == 13 { stop.stop(signal: 15) }
      }
      let other = try trainer(configuration { $0.batchSize = 40 }, nil)
      let notes = try other.restore(CheckpointStore(directory: folder).newest().checkpoint, allow: [.batchSize])
      #expect(notes.count == 2 && notes[1].hasSuffix("it begins with zeros"), "\(notes)")
      #expect(try other.run().ending == .finished)
    }
  }
}
