import Foundation
import Kernels
import Testing

@testable import Optimizers

struct OptimizerCase: Sendable, CustomTestStringConvertible {
  let testDescription: String
  let optimizer: Optimizer
  let keras: KerasOptimizer
  /// Where Keras' formula amplifies rounding.
  var tolerance = 1e-5

  private static let rate = LearningRateSchedule.constant(0.01)
  private static let halving = LearningRateSchedule.exponentialDecay(initial: 0.02, decaySteps: 10, decayRate: 0.5)

  static let all: [OptimizerCase] = plain + mixed

  private static let plain = [
    OptimizerCase(testDescription: "sgd", optimizer: .sgd(), keras: KerasOptimizer(.sgd())),
    OptimizerCase(
      testDescription: "sgd, momentum", optimizer: .sgd(momentum: 0.9), keras: KerasOptimizer(.sgd(momentum: 0.9))),
    OptimizerCase(
      testDescription: "sgd, Nesterov", optimizer: .sgd(momentum: 0.8, nesterov: true),
      keras: KerasOptimizer(.sgd(momentum: 0.8, nesterov: true))),
    OptimizerCase(
      testDescription: "rmsprop", optimizer: .rmsprop(learningRate: rate), keras: KerasOptimizer(.rmsprop())),
    OptimizerCase(
      testDescription: "rmsprop, momentum", optimizer: .rmsprop(learningRate: rate, rho: 0.8, momentum: 0.5),
      keras: KerasOptimizer(.rmsprop(rho: 0.8, momentum: 0.5))),
    OptimizerCase(
      testDescription: "rmsprop, centered", optimizer: .rmsprop(learningRate: rate, centered: true),
      keras: KerasOptimizer(.rmsprop(centered: true)), tolerance: 5e-5),
    OptimizerCase(
      testDescription: "rmsprop, centered, momentum, large epsilon",
      optimizer: .rmsprop(learningRate: rate, momentum: 0.9, epsilon: 0.1, centered: true),
      keras: KerasOptimizer(.rmsprop(momentum: 0.9, epsilon: 0.1, centered: true))),
    OptimizerCase(
      testDescription: "adagrad", optimizer: .adagrad(learningRate: rate), keras: KerasOptimizer(.adagrad())),
    OptimizerCase(
      testDescription: "adagrad from 0, large epsilon",
      optimizer: .adagrad(learningRate: rate, initialAccumulator: 0, epsilon: 0.1),
      keras: KerasOptimizer(.adagrad(initial: 0, epsilon: 0.1))),
    OptimizerCase(testDescription: "adam", optimizer: .adam(learningRate: rate), keras: KerasOptimizer(.adam())),
    OptimizerCase(
      testDescription: "adam, other rates, large epsilon",
      optimizer: .adam(learningRate: rate, beta1: 0.8, beta2: 0.9, epsilon: 0.1),
      keras: KerasOptimizer(.adam(beta1: 0.8, beta2: 0.9, epsilon: 0.1))),
    OptimizerCase(
      testDescription: "amsgrad", optimizer: .adam(learningRate: rate, beta2: 0.9, amsgrad: true),
      keras: KerasOptimizer(.adam(beta2: 0.9, amsgrad: true))),
    OptimizerCase(
      testDescription: "adamw", optimizer: .adamW(learningRate: rate),
      keras: KerasOptimizer(.adam(), weightDecay: 0.004)),
    OptimizerCase(testDescription: "nadam", optimizer: .nadam(learningRate: rate), keras: KerasOptimizer(.nadam())),
    OptimizerCase(
      testDescription: "nadam, large epsilon", optimizer: .nadam(learningRate: rate, beta2: 0.9, epsilon: 0.1),
      keras: KerasOptimizer(.nadam(beta2: 0.9, epsilon: 0.1))),
    OptimizerCase(testDescription: "lion", optimizer: .lion(learningRate: rate), keras: KerasOptimizer(.lion())),
    OptimizerCase(
      testDescription: "lion without memory of its own", optimizer: .lion(learningRate: rate, beta1: 1, beta2: 0.5),
      keras: KerasOptimizer(.lion(beta1: 1, beta2: 0.5))),
  ]

  /// Clipping, decay and schedules around the rules.
  private static let mixed: [OptimizerCase] = {
    let decayed: @Sendable (Int) -> Double = { 0.02 * pow(0.5, Double($0) / 10) }
    return [
      OptimizerCase(
        testDescription: "sgd, momentum, decay", optimizer: .sgd(momentum: 0.9, weightDecay: 0.3),
        keras: KerasOptimizer(.sgd(momentum: 0.9), weightDecay: 0.3)),
      OptimizerCase(
        testDescription: "sgd, clipped by value", optimizer: .sgd(clipping: .value(0.5)),
        keras: KerasOptimizer(.sgd(), clipping: .value(0.5))),
      OptimizerCase(
        testDescription: "sgd, clipped by each weight's norm", optimizer: .sgd(clipping: .norm(20)),
        keras: KerasOptimizer(.sgd(), clipping: .norm(20))),
      OptimizerCase(
        testDescription: "sgd, Nesterov, clipped by the norm",
        optimizer: .sgd(momentum: 0.9, nesterov: true, clipping: .globalNorm(3), weightDecay: 0.1),
        keras: KerasOptimizer(.sgd(momentum: 0.9, nesterov: true), clipping: .global(3), weightDecay: 0.1)),
      OptimizerCase(
        testDescription: "rmsprop, decay, schedule",
        optimizer: .rmsprop(learningRate: halving, momentum: 0.9, weightDecay: 0.2),
        keras: KerasOptimizer(.rmsprop(momentum: 0.9), weightDecay: 0.2, rate: decayed)),
      OptimizerCase(
        testDescription: "adagrad, clipped by value, decay",
        optimizer: .adagrad(learningRate: rate, clipping: .value(1), weightDecay: 0.2),
        keras: KerasOptimizer(.adagrad(), clipping: .value(1), weightDecay: 0.2)),
      OptimizerCase(
        testDescription: "adam, schedule", optimizer: .adam(learningRate: halving),
        keras: KerasOptimizer(.adam(), rate: decayed)),
      OptimizerCase(
        testDescription: "adamw, amsgrad, clipped by the norm, schedule",
        optimizer: .adamW(
          learningRate: halving, weightDecay: 0.3, beta2: 0.95, amsgrad: true, clipping: .globalNorm(100)),
        keras: KerasOptimizer(
          .adam(beta2: 0.95, amsgrad: true), clipping: .global(100), weightDecay: 0.3, rate: decayed)),
      OptimizerCase(
        testDescription: "nadam, clipped by each weight's norm, decay, schedule",
        optimizer: .nadam(learningRate: halving, clipping: .norm(5), weightDecay: 0.1),
        keras: KerasOptimizer(.nadam(), clipping: .norm(5), weightDecay: 0.1, rate: decayed)),
      OptimizerCase(
        testDescription: "lion, decay, schedule", optimizer: .lion(learningRate: halving, weightDecay: 1),
        keras: KerasOptimizer(.lion(), weightDecay: 1, rate: decayed)),
    ]
  }()
}

@Suite struct OptimizerTests {
  @Test(arguments: OptimizerCase.all)
  func fiftyStepsOfKeras(_ subject: OptimizerCase) throws {
    let bench = Bench(subject.optimizer)
    var keras = subject.keras
    keras.start(doubles(bench.weights))
    for step in 0..<50 {
      let gradient = Bench.gradient(step: step)
      let before = bench.weights
      let norm = bench.step(gradient)
      let exact = keras.clipped(doubles(gradient))
      keras.step(doubles(gradient))

      let clippedNorm = exact.joined().reduce(0) { $0 + $1 * $1 }.squareRoot()
      let found = subject.optimizer.clipping.isByValue ? bench.clippedSquareSum.squareRoot() : norm
      #expect(abs(found - clippedNorm) <= 1e-5 * clippedNorm, "norm after clipping, step \(step)")
      #expect(norm.isNaN == subject.optimizer.clipping.isByValue)
      checkStatistics(bench, before: before)
      if let place = firstDifference(bench.weights, keras, tolerance: subject.tolerance) {
        let (entry, index) = place
        Issue.record(
          "step \(step), weight \(entry)[\(index)]: \(bench.weights[entry][index]), not \(keras.weights[entry][index])")
        return
      }
    }
    #expect(bench.state.iterations == 50)
    for (number, name) in bench.state.slotNames.enumerated() {
      let expected = try #require(keras.slots[name])
      for (entry, values) in bench.slot(number).enumerated() {
        // rmsprop's momentum holds steps upwards in Keras, downwards here.
        let sign = subject.optimizer.name == "rmsprop" && name == "momentum" ? -1.0 : 1
        let size = (expected[entry].reduce(0) { $0 + $1 * $1 } / Double(values.count)).squareRoot()
        let worst = zip(values, expected[entry]).map { abs(sign * Double($0) - $1) }.max() ?? 0
        #expect(worst <= 1e-4 * size, "\(name) of entry \(entry)")
      }
    }
    // Nothing of the padding was read or written.
    let padding = bench.allWeights.indices.filter { index in !bench.entries.contains { $0.contains(index) } }
    #expect(padding.allSatisfy { bench.allWeights[$0].isNaN } && !padding.isEmpty)
  }

  private func firstDifference(
    _ weights: [[Float]], _ keras: KerasOptimizer, tolerance: Double
  ) -> (Int, Int)? {
    for (entry, values) in weights.enumerated() {
      for (index, value) in values.enumerated() {
        let expected = keras.weights[entry][index]
        let allowed = tolerance * keras.path[entry][index] + 3e-6 * max(abs(expected), 0.1)
        if !(abs(Double(value) - expected) <= allowed) { return (entry, index) }
      }
    }
    return nil
  }

  private func checkStatistics(_ bench: Bench, before: [[Float]]) {
    let after = bench.weights.joined().map(Double.init)
    let squares = after.reduce(0) { $0 + $1 * $1 }
    #expect(abs(bench.statistics.weightSquareSum - squares) <= 1e-5 * squares)
    #expect(abs(bench.statistics.weightSum - after.reduce(0, +)) <= 1e-4 * squares.squareRoot())
    let moved = zip(after, before.joined()).reduce(0) { $0 + ($1.0 - Double($1.1)) * ($1.0 - Double($1.1)) }
    #expect(abs(bench.statistics.updateSquareSum - moved) <= 1e-3 * moved)
  }

  @Test(arguments: OptimizerCase.all)
  func tilesDoNotMatter(_ subject: OptimizerCase) {
    let benches = [2048, 700, 16].map { Bench(subject.optimizer, tile: $0) }
    for step in 0..<5 {
      for bench in benches { bench.step(Bench.gradient(step: step)) }
    }
    for bench in benches.dropFirst() { #expect(bits(bench.weights) == bits(benches[0].weights)) }
  }

  /// A step that is prepared but not committed, as after an unhealthy verdict, leaves nothing behind.
  @Test(arguments: OptimizerCase.all)
  func preparedOnlyIsAsIfNever(_ subject: OptimizerCase) {
    let bench = Bench(subject.optimizer)
    let disturbed = Bench(subject.optimizer)
    for step in 0..<12 {
      if step % 3 == 1 {
        let iterations = disturbed.state.iterations
        let scalars = disturbed.state.scalars
        let weights = bits(disturbed.weights)
        var norms = disturbed.norms(Bench.gradient(step: 99))
        norms.global = step == 4 ? .nan : 1e30
        norms.entrySquares = norms.entrySquares.map { _ in step == 4 ? .nan : 1e30 }
        for _ in 0..<step { _ = subject.optimizer.prepare(disturbed.state, norms: norms) }
        #expect(disturbed.state.iterations == iterations && disturbed.state.scalars == scalars)
        #expect(bits(disturbed.weights) == weights)
      }
      bench.step(Bench.gradient(step: step))
      disturbed.step(Bench.gradient(step: step))
    }
    #expect(bits(bench.weights) == bits(disturbed.weights))
    for slot in bench.state.slotNames.indices { #expect(bits(bench.slot(slot)) == bits(disturbed.slot(slot))) }
    #expect(bench.state.scalars == disturbed.state.scalars)
  }

  /// Slots, scalars and the count of updates are all there is to remember.
  @Test(arguments: OptimizerCase.all)
  func restoredGoesOn(_ subject: OptimizerCase) {
    let whole = Bench(subject.optimizer)
    for step in 0..<7 { whole.step(Bench.gradient(step: step)) }
    let resumed = OptimizerState(optimizer: subject.optimizer, count: whole.count, entries: Bench.names)
    for slot in whole.state.slotNames.indices { resumed.slot(slot).copy(from: whole.state.slot(slot).readOnly) }
    resumed.restore(
      iterations: whole.state.iterations, scalars: whole.state.scalars,
      learningRateFactor: whole.state.learningRateFactor)
    let copy = AlignedBuffer(count: whole.count)
    copy.mutable.copy(from: whole.allWeights)
    let gradient = Bench.gradient(step: 7)
    let flat = AlignedBuffer(count: whole.count)
    for (range, values) in zip(whole.entries, gradient) { flat.mutable[range].copy(from: values) }
    let scratch = AlignedBuffer(count: 4096)
    _ = subject.optimizer.prepare(resumed, norms: whole.norms(gradient))
    for (entry, range) in whole.entries.enumerated() {
      _ = subject.optimizer.update(
        resumed, range: range, entry: entry, gradient: flat.vector, weights: copy.mutable, scratch: scratch.mutable)
    }
    whole.step(gradient)
    let resumedWeights = whole.entries.map { copy.vector[$0].array }
    #expect(bits(resumedWeights) == bits(whole.weights))
  }

  /// One pass or a pass for each transform: the same bits, also where some weights do not decay.
  @Test(arguments: OptimizerCase.all)
  func fusedIsTheChain(_ subject: OptimizerCase) {
    let some = subject.optimizer.excludingFromWeightDecay(["bias", "amm"])
    for optimizer in [subject.optimizer, some] {
      let (bench, chained) = (Bench(optimizer), Bench(optimizer.unfused))
      #expect(chained.optimizer.fused == nil)
      for step in 0..<12 {
        bench.step(Bench.gradient(step: step))
        chained.step(Bench.gradient(step: step))
      }
      #expect(bits(bench.weights) == bits(chained.weights))
      for slot in bench.state.slotNames.indices { #expect(bits(bench.slot(slot)) == bits(chained.slot(slot))) }
      #expect(bench.statistics.updateSquareSum == chained.statistics.updateSquareSum)
    }
  }

  @Test func chainsInOnePass() {
    #expect(Optimizer.adam().fused?.decays == false)
    #expect(Optimizer.adamW().fused?.decays == true)
    #expect(Optimizer.adam(weightDecay: 0.1).clipped(.norm(3)).fused?.decays == true)
    #expect(Optimizer.adamW(clipping: .value(1)).fused == nil)
    for other in [Optimizer.sgd(), .rmsprop(), .nadam(), .lion(weightDecay: 0.1)] { #expect(other.fused == nil) }
  }

  /// Weights whose name has one of the words in it go as they would without decay, the others as with it.
  @Test(arguments: [Optimizer.adamW(weightDecay: 0.5), .sgd(momentum: 0.9, weightDecay: 0.5), .lion(weightDecay: 0.5)])
  func someDoNotDecay(_ optimizer: Optimizer) {
    let some = Bench(optimizer.excludingFromWeightDecay(["bias", "amm"]))
    let (all, none) = (Bench(optimizer), Bench(optimizer.excludingFromWeightDecay(["a", "e"])))
    for step in 0..<5 {
      for bench in [some, all, none] { bench.step(Bench.gradient(step: step)) }
    }
    #expect(Bench.names == ["bias", "kernel", "gamma"])
    #expect(bits(some.weights) == bits([none.weights[0], all.weights[1], none.weights[2]]))
    #expect(all.weights[0] != none.weights[0] && all.weights[2] != none.weights[2])
  }

  @Test func productOfNadam() throws {
    let bench = Bench(.nadam(beta1: 0.9))
    #expect(bench.state.scalarNames == ["momentum_product", nil])
    var product = 1.0
    for step in 0..<50 {
      #expect(abs(bench.state.scalars[0] - product) <= 1e-12 * product)
      bench.step(Bench.gradient(step: step))
      product *= 0.9 * (1 - 0.5 * pow(0.96, Double(step + 1)))
    }
    #expect(abs(bench.state.scalars[0] - product) <= 1e-12 * product)
  }

  @Test func resetForgetsAllButTheCount() {
    for subject in OptimizerCase.all {
      let bench = Bench(subject.optimizer)
      let fresh = OptimizerState(optimizer: subject.optimizer, count: bench.count, entries: Bench.names)
      for step in 0..<3 { bench.step(Bench.gradient(step: step)) }
      bench.state.reset(subject.optimizer)
      for slot in bench.state.slotNames.indices {
        #expect(bench.state.slot(slot).readOnly.array == fresh.slot(slot).readOnly.array)
      }
      #expect(bench.state.scalars == fresh.scalars)
      #expect(bench.state.iterations == 3)
    }
  }

  @Test func slotsAreKeras() {
    func slots(_ optimizer: Optimizer) -> [String] {
      OptimizerState(optimizer: optimizer, count: 16, entries: ["kernel"]).slotNames
    }
    #expect(slots(.sgd()) == [])
    #expect(slots(.sgd(momentum: 0.9)) == ["momentum"])
    #expect(slots(.rmsprop()) == ["velocity"])
    #expect(Set(slots(.rmsprop(momentum: 0.9, centered: true))) == ["velocity", "momentum", "average_gradient"])
    #expect(slots(.adagrad()) == ["accumulator"])
    #expect(slots(.adam()) == ["momentum", "velocity"])
    #expect(slots(.adam(amsgrad: true)) == ["momentum", "velocity", "velocity_hat"])
    #expect(slots(.nadam()) == ["momentum", "velocity"])
    #expect(slots(.lion()) == ["momentum"])
    for subject in OptimizerCase.all {
      let names = slots(subject.optimizer)
      #expect(Set(names).count == names.count)
    }
  }
}
