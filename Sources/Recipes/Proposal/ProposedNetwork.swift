/// The network of a proposed recipe: a linear path, which is never much worse than a linear model, and a deep one, whose
/// last layer starts at 0, so that training starts at the linear model's.
struct ProposedNetwork {
  /// Inputs of the data that are looked up: names and values.
  let lookedUp: [(name: String, values: Int)]
  /// Floats of `features`.
  let width: Int
  let rows: Int
  let target: ProposedTarget

  /// Outputs of the layers of the deep path: RealMLP's three of 256 where rows abound.
  var layers: [Int] {
    switch rows {
    case ..<500: [64, 64]
    case ..<2000: [128, 128]
    default: [256, 256, 256]
    }
  }

  /// Share of the outputs that dropout sets to 0: more where rows are few.
  var dropout: Double { rows < 2000 ? 0.3 : 0.15 }

  private static let numbersOfAValue = "2 to 16"

  /// Numbers that stand for a value: fastai's rule, 1.6 n^0.56, at most 16.
  static func embedding(_ values: Int) -> Int {
    var size = 2
    while size < 16, power056(size) < values { size += 1 }
    return size
  }

  /// Values for which 1.6 n^0.56 is a size: (size / 1.6)^(1 / 0.56), of which the exponent is near 16 / 9.
  private static func power056(_ size: Int) -> Int {
    let base = Double(size) / 1.6
    return Int(base * base / base.squareRoot().squareRoot())
  }

  func lines() -> [String] {
    var lines = ProposalText.comment(
      "A linear path beside a deep one, whose last layer starts at 0: training starts from a linear model, and adds what that "
        + "cannot say. \(layers.count) layers of \(layers[0]) and dropout \(dropout) for \(rows) rows with a target.")
    lines += ["model:", "  layers:"]
    var names: [String] = width > 0 ? ["features"] : []
    var taken = Set(lookedUp.map(\.name) + ["features"])
    if !lookedUp.isEmpty {
      lines.append(
        "    # Columns of many values are looked up: \(ProposedNetwork.numbersOfAValue) numbers for each, which are learnt."
      )
    }
    for (place, input) in lookedUp.enumerated() {
      var name = "vector_\(place + 1)"
      while taken.contains(name) { name += "_" }
      taken.insert(name)
      names.append(name)
      lines += [
        "    - input: {name: \(ProposalText.scalar(input.name))}",
        "    - embedding: {input_dim: \(input.values), output_dim: \(ProposedNetwork.embedding(input.values))}",
        "    - flatten: {name: \(name)}",
      ]
    }
    if !lookedUp.isEmpty, names.count > 1 {
      lines.append("    - concatenate: {inputs: [\(names.joined(separator: ", "))]}")
    }
    lines += ["    - residual:", "        layers:"]
    for units in layers {
      lines.append("          - dense: {units: \(units), activation: silu, kernel_initializer: he_normal}")
      lines.append("          - dropout: {rate: \(dropout)}")
    }
    lines += [
      "          - dense: {units: \(target.outputs), kernel_initializer: zeros}", "        shortcut:",
      "          - dense: {units: \(target.outputs)}",
    ]
    if target.task == .classes { lines.append("    - activation: softmax") }
    return lines
  }
}
