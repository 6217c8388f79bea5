import GradientHealth
import Testing

@Suite struct UpdateBandTests {
  private func run(_ change: (inout SyntheticRun) -> Void) -> UpdateBand? {
    var run = SyntheticRun()
    run.steps = 400
    change(&run)
    return UpdateBand(leftIn: run.history)
  }

  @Test func updatesThatGrowBeforeTheLossDoes() throws {
    let left = try #require(
      run { $0.updateRatio = { step, layer in step > 390 && layer == 2 ? 0.2 : 1e-3 } })
    #expect(left.layer == "third" && left.message.contains("20 %") && left.message.contains("200 times"))
  }

  @Test func whatIsNotToldOf() {
    #expect(run { _ in } == nil)
    #expect(run { $0.updateRatio = { step, _ in step > 390 ? 0.04 : 1e-5 } } == nil, "small all the same")
    #expect(run { $0.updateRatio = { step, _ in step > 390 ? 0.2 : 0.05 } } == nil, "four times is within the band")
    #expect(run { $0.updateRatio = { step, _ in step == 399 ? 0.2 : 1e-3 } } == nil, "one step alone")
    #expect(
      run {
        $0.updateRatio = { step, _ in step > 390 ? 0.2 : 1e-3 }
        $0.loss = { $0 > 390 ? 9 : 0.5 }
      } == nil, "the loss shows it")
    #expect(
      run {
        $0.steps = 100
        $0.updateRatio = { step, _ in step > 90 ? 0.2 : 1e-3 }
      } == nil, "too few steps to know what is usual")
    #expect(run { $0.updateRatio = { step, _ in step > 390 ? .nan : 1e-3 } } == nil)
  }
}
