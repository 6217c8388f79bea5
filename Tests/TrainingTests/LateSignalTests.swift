import DataParallel
import Datasets
import NeuralNetwork
import Recipes
import Testing

@testable import Training

/// Several processes end in the same place or go on together, whenever the signal comes to one of them.
@Suite struct LateSignalTests {
  @Test func signalDuringTheExchangeOfAValidationIsForTheNextStep() throws {
    let recipe = try Recipe.parse(EpochTests.recipe, file: "recipe.yaml", folder: nil)
    let configuration = recipe.configuration
    let validation = try #require(try TrainingData.load(configuration).validation)
    let network = try Network(
      input: Shape(validation.sampleShape), layers: configuration.layers, loss: configuration.loss)
    let team = try WorkerTeam(count: 1)
    defer { team.end() }
    let stop = StopRequest()
    let evaluation = Evaluation(
      model: Model(network, seed: 1), metrics: configuration.metrics, team: team, source: validation,
      processes: SignalWhileSending(stop))
    #expect(try evaluation.figures(unless: stop) != nil, "the other process has these figures and goes on")
    #expect(stop.signal == 10, "the next step's agreement ends the run")
    #expect(try evaluation.figures(unless: stop) == nil, "a signal that was there before")
  }
}

/// Process 0 of two: the other one sends zeros, and a signal comes while this one sends.
private final class SignalWhileSending: ProcessGroup {
  let rank = 0
  let count = 2
  let localCount = 2
  let traffic = ProcessTraffic()
  private let stop: StopRequest

  init(_ stop: StopRequest) { self.stop = stop }

  func send(_ memory: UnsafeRawBufferPointer, to process: Int, on lane: Int) { stop.stop(signal: 10) }

  func receive(_ memory: UnsafeMutableRawBufferPointer, from process: Int, on lane: Int) {
    for index in memory.indices { memory[index] = 0 }
  }

  func isDone(_ lane: Int) -> Bool { true }

  func finish(_ lane: Int) {}

  func keepAlive() {}
}
