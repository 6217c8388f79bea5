import Foundation
import Testing

@testable import GradientHealth

/// What is found before the first step, at its thresholds.
struct BeforeRunTests {
  private func look(_ change: (inout SyntheticRun) -> Void = { _ in }) -> FirstLook {
    var run = SyntheticRun()
    run.steps = 1
    run.batchesDiffer = false
    change(&run)
    var look = FirstLook(
      history: run.history, profiles: run.layers.map { LayerProfile(name: $0, units: 8, activation: "tanh") })
    (look.rows, look.loss, look.lossAfterStep, look.gradientNorm, look.learningRate) = (32, 0.7, 0.69, 1, 0.01)
    look.outputs = run.layers.map {
      var output = FirstLook.Output(layer: $0)
      (output.mean, output.deviation) = (0, 1)
      return output
    }
    return look
  }

  private func found(_ look: FirstLook, data: DataFigures = DataFigures()) -> [String] {
    var context = DiagnosisContext()
    context.optimizer = "sgd"
    context.data = data
    if context.data.constantLoss.isNaN { context.data.constantLoss = 0.693 }
    return BeforeRun.findings(look, context: context).map { "\($0.name.rawValue) \($0.level.name) \($0.layer ?? "-")" }
  }

  @Test func aHealthyStartHasNone() { #expect(found(look()) == []) }

  @Test func outputsAndGradientsThatAreNotFinite() {
    var outputs = look()
    outputs.outputs[2].nonfinite = 3
    #expect(found(outputs) == ["non_finite critical third"])
    #expect(found(look { $0.nonfinite = { _, layer in layer == 1 ? 2 : 0 } }) == ["non_finite critical second"])
    var loss = look()
    loss.loss = .infinity
    #expect(found(loss) == ["non_finite critical -"])
  }

  @Test func aFirstStepThatThrowsTheWeights() {
    func after(_ loss: Double) -> [String] {
      var look = look { $0.updateRatio = { _, layer in layer == 1 ? 3 : 0.1 } }
      look.lossAfterStep = loss
      return found(look)
    }
    #expect(after(2) == [])
    #expect(after(2.2) == ["exploding warning second"])
    #expect(after(69) == ["exploding warning second"])
    #expect(after(71) == ["exploding critical second"])
    #expect(after(.nan) == ["exploding critical second"])
  }

  @Test func gradientsUnitsAndOutputsThatAreDead() {
    func weakest(_ ratio: Double) -> [String] {
      found(look { $0.gradientRms = { _, layer in layer == 0 ? 0.1 * ratio : 0.1 } })
    }
    #expect(weakest(0.003) == [] && weakest(0.001) == ["vanishing warning first"])
    #expect(weakest(2e-6) == ["vanishing warning first"] && weakest(5e-7) == ["vanishing critical first"])
    #expect(weakest(0) == ["vanishing critical first"])
    func dead(_ share: Double, rows: Int = 32) -> [String] {
      var look = look { $0.dead = { _, layer in layer == 1 ? share : 0 } }
      look.rows = rows
      return found(look)
    }
    #expect(
      dead(0.5) == [] && dead(0.6) == ["dead_units warning second"] && dead(0.96) == ["dead_units critical second"])
    #expect(dead(1, rows: 15) == [])
    func flat(_ share: Double) -> [String] { found(look { $0.saturated = { _, layer in layer == 2 ? share : 0 } }) }
    #expect(flat(0.6) == [] && flat(0.7) == ["saturated warning third"] && flat(0.96) == ["saturated critical third"])
    var softsign = look { $0.saturated = { _, _ in 0.99 } }
    for layer in softsign.profiles.indices { softsign.profiles[layer].activation = "softsign" }
    #expect(found(softsign).map { String($0.prefix(17)) } == ["saturated warning"])
  }

  @Test func dataThatAreNotWhatLayersAreMadeFor() {
    var data = DataFigures()
    (data.largestFeatureDeviation, data.smallestFeatureDeviation, data.largestFeatureMean) = (40, 1, 0)
    #expect(found(look(), data: data) == ["inputs_unscaled warning -"])
    data = DataFigures()
    (data.targetMean, data.targetDeviation) = (0, 21)
    #expect(found(look(), data: data) == ["targets_unscaled warning -"])
    (data.targetMean, data.targetDeviation) = (3, 0)
    #expect(found(look(), data: data) == ["constant_target warning -"])
    data = DataFigures()
    data.constantLoss = 0.0069
    #expect(found(look(), data: data) == ["first_loss warning -"])
  }

  @Test func theRecipesRateBesideTheTest() {
    func found(_ rate: Double, blowUp: Double? = 0.5) -> [String] {
      let points = (0..<200).map { step -> RateRange.Point in
        let rate = 1e-7 * pow(10, Double(step) / 25)
        return RateRange.Point(rate: rate, loss: rate < 1e-3 ? 1 : rate < 0.1 ? 0.5 : 2, atFirst: 1)
      }.prefix { $0.rate < (blowUp ?? 10) }
      let range = RateRange(Array(points), hasBlownUp: blowUp != nil)
      var context = DiagnosisContext()
      context.optimizer = "sgd"
      return BeforeRun.findings(look(), context: context, range: range, rate: rate)
        .map { "\($0.name.rawValue) \($0.level.name)" }
    }
    #expect(found(0.01) == [] && found(0.05) == [])
    #expect(found(0.3) == ["rate_too_large warning"])
    #expect(found(0.6) == ["rate_too_large critical"] && found(0.6, blowUp: nil) == ["rate_too_large warning"])
    #expect(found(1e-6) == ["rate_too_small notice"])
  }
}
