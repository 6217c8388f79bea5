import GradientHealth
import Recipes
import Testing
import Training

/// The running series against the steps that it sums up.
@Suite struct SeriesTests {
  private func recipe(_ more: String = "") -> String {
    """
    name: run
    seed: 5
    data: {train: {make_moons: {samples: 200, noise: 0.2, random_state: 3}}}
    model:
      layers:
        - dense: {units: 5, activation: relu, name: first}
        - dense: {units: 1, activation: sigmoid, kernel_regularizer: {l2: 0.01}, name: last}
    loss: binary_crossentropy
    optimizer: {adam: {learning_rate: 0.01}, global_clip_norm: 0.1}
    training: {epochs: 400, batch_size: 10, shards: 1}
    \(more)
    """
  }

  private func run(_ text: String, fault: String? = nil) throws -> (steps: [StepReport], series: [SeriesReport]) {
    let recipe = try Recipe.parse(text, file: "recipe.yaml", folder: nil)
    let trainer = try Trainer(
      recipe.configuration, data: try TrainingData.load(recipe.configuration), directory: nil)
    trainer.fault = fault.flatMap { FaultInjection($0) }
    var steps: [StepReport] = []
    var series: [SeriesReport] = []
    _ = try trainer.run { event in
      if case .step(let report) = event { steps.append(report) }
      if case .series(let report) = event { series.append(report) }
    }
    return (steps, series)
  }

  @Test func everyStepIsInOneReport() throws {
    let (steps, series) = try run(recipe())
    #expect(steps.count == 8000 && series.map(\.steps).reduce(0, +) == 8000 && series.last?.step == 8000)
    // The first steps each, then the ends of some epochs each, then some a second.
    #expect(series.prefix(1000).map(\.step) == Array(1...1000))
    #expect(series.dropFirst(1000).prefix(256).map(\.step) == (51...306).map { $0 * 20 })
    #expect(series.count < 1350)
    for report in series {
      let part = steps[report.step - report.steps..<report.step]
      let count = Double(part.count)
      #expect(report.value(.loss).isClose(to: part.map(\.loss).reduce(0, +) / count))
      #expect(report.value(.lossMax) == part.map(\.loss).max() && report.lossMin == part.map(\.loss).min())
      #expect(report.value(.gradientNorm).isClose(to: part.map(\.gradientNorm).reduce(0, +) / count))
      #expect(report.value(.gradientNormMax) == part.map(\.gradientNorm).max())
      #expect(report.value(.clippedNorm).isClose(to: part.map(\.clippedNorm).reduce(0, +) / count))
      #expect(report.epoch == part.last?.epoch && report.value(.learningRate) == part.last?.learningRate)
      #expect(report.value(.penalty) > 0 && report.stepsPerSecond > 0)
      #expect(report.values(.gradientRms).count == 2 && report.values(.deadFraction)[1].isNaN)
    }
    let whole = series.dropFirst().reduce(series[0]) { $0.merged(with: $1) }
    #expect(whole.steps == 8000 && whole.value(.lossMax) == steps.map(\.loss).max())
    #expect(whole.value(.loss).isClose(to: steps.map(\.loss).reduce(0, +) / 8000))
    #expect(whole.values(.gradientAbsMax)[0] == series.map { $0.values(.gradientAbsMax)[0] }.max())
  }

  @Test func aBadStepHasAReportOfItsOwn() throws {
    let (_, series) = try run(recipe("health: {on_blowup: skip}"), fault: "nan-gradient@1007")
    let at = try #require(series.firstIndex { $0.value(.gradientNorm).isNaN })
    #expect(series[at].step == 1007 && series[at].steps == 1 && series[at].value(.gradientNormMax).isNaN)
    #expect(series[at].values(.gradientMean)[0].isNaN && series[at - 1].step == 1006)
    #expect(series.filter { $0.value(.gradientNorm).isNaN }.count == 1)
  }

  /// Without a history there are no layers' figures; with a sparse one, those of its rows.
  @Test func layersAreTheHistorys() throws {
    #expect(try run(recipe("history: {every_steps: 0}")).series.allSatisfy { $0.layerFigures.isEmpty })
    let sparse = try run(recipe("history: {every_steps: 40}")).series
    #expect(sparse.prefix(100).map { $0.layerFigures.isEmpty } == (0..<100).map { $0 % 40 != 0 })
  }
}

extension Double {
  fileprivate func isClose(to other: Double) -> Bool { abs(self - other) <= 1e-12 * Swift.max(abs(other), 1e-3) }
}
