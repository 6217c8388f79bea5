import Foundation
import NeuralNetwork
import Testing

/// What the sources declare, found in their text: so that no layer or loss escapes the gradient check.
private struct Declarations {
  /// name -> names after the colon.
  private var inherited: [String: Set<String>] = [:]
  private var protocols: Set<String> = []
  let activationCases: Set<String>

  init() throws {
    let tests = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    let root = tests.appendingPathComponent("../../Sources/NeuralNetwork").standardizedFileURL
    let files = try #require(FileManager.default.enumerator(at: root, includingPropertiesForKeys: nil))
    let declaration = #/\b(struct|class|enum|actor|extension|protocol)\s+(\w+)(?:<[^>]*>)?\s*:\s*([^{]*)\{/#
    var activationCases: Set<String> = []
    for case let file as URL in files where file.pathExtension == "swift" {
      // Without comments: they may speak of types.
      let text = try String(contentsOf: file, encoding: .utf8).replacing(#///.*/#, with: "")
      for match in text.matches(of: declaration) {
        let parents = match.3.split { !$0.isLetter && !$0.isNumber && $0 != "_" }.map(String.init)
        inherited[String(match.2), default: []].formUnion(parents)
        if match.1 == "protocol" { protocols.insert(String(match.2)) }
      }
      if let start = text.range(of: "enum ActivationFunction") {
        // The cases stand before the first member that is not one.
        let body = text[start.upperBound...]
        let end = body.range(of: "\n  public ")?.lowerBound ?? body.endIndex
        activationCases = Set(body[..<end].matches(of: #/\bcase\s+(\w+)/#).map { String($0.1) })
      }
    }
    self.activationCases = activationCases
  }

  /// Types that conform to `root`, also by way of a protocol that refines it.
  func types(conformingTo root: String) -> Set<String> {
    func conforms(_ name: String) -> Bool {
      inherited[name]?.contains { $0 == root || (protocols.contains($0) && conforms($0)) } ?? false
    }
    return Set(inherited.keys.filter { !protocols.contains($0) && conforms($0) })
  }
}

@Suite struct RegistryTests {
  @Test func everyLayerIsChecked() throws {
    // The split that a graph puts in where a tensor has several readers: `GraphGradientTests` checks it.
    let declared = try Declarations().types(conformingTo: "Layer").subtracting(["Split"])
    #expect(declared == Set(LayerCase.all.map { "\(type(of: $0.layer))" }))
  }

  @Test func everyLossIsChecked() throws {
    let declared = try Declarations().types(conformingTo: "Loss")
    #expect(declared == Set(LossCase.all.map { "\(type(of: $0.loss))" }))
  }

  /// A loss that can be fused is checked on both sides.
  @Test func everyLossFromLogitsIsChecked() {
    let checked = Set(LossCase.all.map { "\($0.loss)" })
    for subject in LossCase.all {
      #expect(checked.contains("\(subject.loss.fromLogitsTwin)"), "\(subject.loss.fromLogitsTwin)")
    }
  }

  @Test func everyMetricIsTested() throws {
    let declared = try Declarations().types(conformingTo: "Metric")
    #expect(declared == Set(MetricCase.all.map { "\(type(of: $0.metric))" }))
  }

  @Test func everyActivationIsListed() throws {
    let declared = try Declarations().activationCases
    #expect(declared == Set(ActivationFunction.all.map(caseName)))
    #expect(ActivationFunction.all.count == declared.count)
  }

  @Test func everyActivationIsCheckedInADenseLayerAndAlone() {
    let dense = Set(LayerCase.all.compactMap { ($0.layer as? Dense)?.activation })
    let alone = Set(LayerCase.all.compactMap { ($0.layer as? Activation)?.function })
    #expect(dense == Set(ActivationFunction.all))
    #expect(alone == Set(ActivationFunction.all))
  }

  /// Without a default: a new case stops the compiler here, as a reminder to add it to `ActivationFunction.all`.
  private func caseName(_ function: ActivationFunction) -> String {
    switch function {
    case .linear: "linear"
    case .sigmoid: "sigmoid"
    case .tanh: "tanh"
    case .relu: "relu"
    case .leakyRelu: "leakyRelu"
    case .elu: "elu"
    case .selu: "selu"
    case .gelu: "gelu"
    case .silu: "silu"
    case .softplus: "softplus"
    case .softsign: "softsign"
    case .softmax: "softmax"
    case .relu6: "relu6"
    case .hardSigmoid: "hardSigmoid"
    case .hardSilu: "hardSilu"
    case .mish: "mish"
    case .exponential: "exponential"
    case .logSoftmax: "logSoftmax"
    case .approximateGelu: "approximateGelu"
    }
  }
}
