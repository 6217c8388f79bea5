internal import Kernels

/// One tensor for several readers: k outputs that are the input itself.
///
/// Backward: dx = dy_0 + dy_1 + ... + dy_k-1, added in this order. Put in by `Graph.insertingSplits`; no user's layer.
struct Split: Layer {
  static let className = "Split"
  static let kind = "split"

  let readers: Int
  var name: String? { nil }
  var masking: Masking { .passes }

  func operation(for inputs: [Shape]) throws -> any Operation {
    SplitOperation(outputs: Array(repeating: inputs[0], count: readers))
  }
}

/// The outputs have no memory of their own; the first output's gradient is where the sum comes to stand.
struct SplitOperation: Operation {
  let outputs: [Shape]

  func forward(_ pass: ForwardPass) -> Double { 0 }

  func backward(_ pass: BackwardPass) {
    guard let sum = pass.inputGradient(0) else { return }
    for number in 1..<outputs.count {
      Elementwise.add(pass.outputGradient(number).readOnly.vector, to: sum.vector)
    }
  }
}
