import Datasets
import Testing

@testable import Training

@Suite struct SchemaCheckTests {
  private let x = SampleSchema.Field("x", shape: [2])
  private let y = SampleSchema.Field("y", shape: [1])

  private func problem(_ schema: SampleSchema) -> String? {
    do {
      try DataCheck.check(schema, called: "training")
      return nil
    } catch {
      return "\(error)"
    }
  }

  /// What a network cannot take is refused, not passed over.
  @Test func inputsTargetsAndWeightsThatNobodyTakesAreRefused() {
    #expect(problem(SampleSchema(inputs: [x], targets: [y])) == nil)
    #expect(problem(SampleSchema(inputs: [x], targets: [])) == nil)
    #expect(
      problem(SampleSchema(inputs: [x, .init("port", shape: [1])], targets: [y]))
        == "training samples have 2 inputs (x, port); the model takes one")
    #expect(
      problem(SampleSchema(inputs: [x], targets: [y, .init("z", shape: [3])]))
        == "training samples have 2 targets (y, z); the model takes one")
    #expect(problem(SampleSchema(inputs: [x], targets: [y], isWeighted: true))?.contains("have weights") == true)
  }
}
