import Foundation
import NeuralNetwork
import Testing

@testable import Training

struct EnsembleOutputsTests {
  private func sum(_ members: [[Double]]) -> EnsembleOutputs {
    var outputs = EnsembleOutputs(rows: 1, columns: members[0].count, hasComplements: true)
    for member in members {
      member.withUnsafeBufferPointer { values in
        member.map { 1 - $0 }.withUnsafeBufferPointer { outputs.add(values, complements: $0, at: 0) }
      }
    }
    return outputs
  }

  @Test func meanAndSampleDeviation() throws {
    // numpy.mean and numpy.std(ddof=1) of [0.1, 0.4, 0.9] and [1, 1, 1]
    let outputs = sum([[0.1, 1], [0.4, 1], [0.9, 1]])
    #expect(outputs.means == [Float(0.466_666_666_666_666_7), 1])
    let deviations = try #require(outputs.deviations)
    #expect(abs(deviations[0] - 0.404_145_18) < 1e-7 && deviations[1] == 0)
    #expect(abs(outputs.complements[0] - 0.533_333_333_333_333_3) < 1e-15)
    #expect(outputs.rows(without: 3).isEmpty && outputs.rows(without: 2) == [0])
  }

  @Test func oneMemberHasNoDeviation() {
    let outputs = sum([[0.25]])
    #expect(outputs.deviations == nil && outputs.means == [0.25])
  }

  /// Outputs made of averages are those that the averages were made of, as far as their loss goes.
  @Test func logitsComeBack() throws {
    for (activation, loss, logits) in [
      ("softmax", SparseCategoricalCrossentropy(fromLogits: true) as any Loss, [-40, 3, 41.5] as [Float]),
      ("sigmoid", BinaryCrossentropy(fromLogits: true), [-50, 0.25, 60]),
    ] {
      let network = try Network(input: [2], layers: [Dense(units: 3)], loss: loss)
      let unit = OutputUnit(network, nil)
      #expect(network.probabilityActivation?.name == activation)
      var values = [Double](repeating: 0, count: 3)
      var complements = values
      logits.withUnsafeBufferPointer { logits in
        values.withUnsafeMutableBufferPointer { values in
          complements.withUnsafeMutableBufferPointer { unit.average(logits, into: values, complements: $0) }
        }
      }
      let back = unit.outputs(values, complements: complements)
      for (one, other) in zip(back, logits) {
        // Softmax leaves the distances alone.
        #expect(abs((one - back[0]) - (other - logits[0])) < 2e-5, "\(activation): \(back)")
      }
      if activation == "sigmoid" { #expect(abs(back[2] - 60) < 1e-4) }
    }
  }
}
