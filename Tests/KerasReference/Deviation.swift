internal import Foundation
public import HDF5Storage

/// The largest difference of one kind between a checkpoint and its reference, relative to the scale of that kind.
public struct Deviation: Sendable, CustomStringConvertible {
  public let what: String
  public private(set) var error = 0.0
  public private(set) var place = "nowhere"

  init(_ what: String) { self.what = what }

  /// NaN counts as infinitely far.
  mutating func compare(_ found: Double, _ expected: Double, scale: Double, _ place: @autoclosure () -> String) {
    let distance = abs(found - expected)
    let relative = distance == 0 ? 0 : distance / scale
    guard relative.isNaN || relative > error else { return }
    error = relative.isNaN ? .infinity : relative
    self.place = "\(place()): \(found) for \(expected)"
  }

  public var description: String { "\(what) off by \(error) at \(place)" }
}

extension KerasReference {
  /// How far the run that ended in this checkpoint is from the reference, kind by kind.
  ///
  /// A difference is divided by the reference's magnitude, but by no less than a floor where the value may be nothing but
  /// rounding:
  /// - losses and gradient norms: by themselves; 1e-6 at least.
  /// - mean gradients: a mean of n numbers that cancel has an error like that of the numbers, so at least a hundredth of
  ///   the gradient's root mean square, `norm / sqrt(n)`.
  /// - weights and optimizer slots: by the largest magnitude in the tensor; 1e-6 / 1e-4 at least, so that 1e-6 absolute
  ///   is always allowed.
  ///
  /// - Parameter steps: of losses and gradients so many are compared.
  public func deviations(of checkpoint: HDF5Group, steps: Int = .max) throws -> [Deviation] {
    [
      try stepDeviation("loss", loss, floor: 1e-6, checkpoint, steps: steps),
      try stepDeviation("gradient_norm", gradientNorm, floor: 1e-6, checkpoint, steps: steps),
      try meanDeviation(checkpoint, steps: steps),
      try weightDeviation(checkpoint),
    ] + (try optionalDeviations(checkpoint))
  }

  private func stepDeviation(
    _ name: String, _ expected: [Double], floor: Double, _ checkpoint: HDF5Group, steps: Int = .max
  ) throws -> Deviation {
    var deviation = Deviation(name)
    let found: [Double] = try checkpoint.dataset("/history/\(name)").read()
    guard found.count == expected.count else {
      deviation.compare(.nan, 0, scale: 1, "\(found.count) of \(expected.count) steps")
      return deviation
    }
    for (index, (found, expected)) in zip(found, expected).enumerated().prefix(steps) {
      deviation.compare(found, expected, scale: max(abs(expected), floor), "step \(index + 1)")
    }
    return deviation
  }

  private func meanDeviation(_ checkpoint: HDF5Group, steps: Int) throws -> Deviation {
    var deviation = Deviation("gradient mean")
    let found: [Float] = try checkpoint.dataset("/history/gradient/mean").read()
    let names = try checkpoint.group("history").stringsAttribute("layers")
    let counts = try layers.map { try KerasReference.kernel($0, in: checkpoint.group("model_weights")).count }
    // A graph's branches may stand in another order.
    let columns = layers.compactMap(names.firstIndex)
    guard names.count == layers.count, columns.count == layers.count, found.count == gradientMean.count else {
      deviation.compare(.nan, 0, scale: 1, "layers \(names)")
      return deviation
    }
    for index in gradientMean.indices where index / layers.count < steps {
      let (step, layer) = (index / layers.count, index % layers.count)
      let rootMeanSquare = gradientNorm[step] / Double(counts[layer]).squareRoot()
      deviation.compare(
        Double(found[step * layers.count + columns[layer]]), gradientMean[index],
        scale: max(abs(gradientMean[index]), 0.01 * rootMeanSquare), "step \(step + 1), \(layers[layer])")
    }
    return deviation
  }

  /// The weight that a column of the history is of: `<layer>/<weight>`, or a layer's only kernel.
  private static func kernel(_ column: String, in weights: HDF5Group) throws -> HDF5Dataset {
    if column.contains("/") { return try weights.dataset(column) }
    let layer = try weights.group(column)
    let names = ["kernel", "embeddings", "position_embeddings", "gamma", "scale"]
    return try layer.dataset(try names.first { try layer.contains($0) } ?? "kernel")
  }

  /// How far a trained model's outputs for the first rows are from the reference's; nil: the reference has none.
  public func outputDeviation(of found: [Double]) throws -> Deviation? {
    let reference = try HDF5File(readingAt: path).root.group("reference")
    guard try reference.contains("output") else { return nil }
    var deviation = Deviation("output")
    let expected: [Double] = try reference.dataset("output").read()
    let scale = max(expected.map(abs).max() ?? 0, 0.01)
    guard found.count >= expected.count, !expected.isEmpty else {
      deviation.compare(.nan, 0, scale: 1, "\(found.count) of \(expected.count) numbers")
      return deviation
    }
    for index in expected.indices {
      deviation.compare(found[index], expected[index], scale: scale, "number \(index)")
    }
    return deviation
  }

  private func weightDeviation(_ checkpoint: HDF5Group) throws -> Deviation {
    var deviation = Deviation("weights")
    let final = try HDF5File(readingAt: path).root.group("reference/final")
    try compareTensors(final, with: try checkpoint.group("model_weights"), &deviation)
    return deviation
  }

  /// KerasHub calls the only weight of a position embedding `embeddings`.
  private static func ownName(_ name: String, in found: HDF5Group) throws -> String {
    let parts = name.split(separator: "/")
    guard parts.last == "embeddings", let layer = parts.dropLast().last else { return name }
    let own = "\(layer)/position_embeddings"
    return try found.group(String(layer)).contains("position_embeddings") ? own : name
  }

  /// Every tensor of `expected`: `<layer>/<weight>`, or deeper, of a layer within a layer.
  private func compareTensors(
    _ expected: HDF5Group, with found: HDF5Group, _ deviation: inout Deviation, sign: Double = 1,
    below path: String = ""
  ) throws {
    for member in try expected.members() {
      let name = path + member.name
      guard member.member == .dataset else {
        try compareTensors(
          try expected.group(member.name), with: found, &deviation, sign: sign, below: name + "/")
        continue
      }
      let wanted: [Double] = try expected.dataset(member.name).read()
      let given: [Double] = try found.dataset(KerasReference.ownName(name, in: found)).read()
      // The bias of an attention's keys adds the same to all scores of a query: its gradient is 0 but for rounding, which
      // Adam makes steps of. Absolute there.
      let scale = name.hasSuffix("/key/bias") ? 1 : max(wanted.map(abs).max() ?? 0, 0.01)
      guard given.count == wanted.count else {
        deviation.compare(.nan, 0, scale: 1, name)
        continue
      }
      for index in wanted.indices {
        deviation.compare(sign * given[index], wanted[index], scale: scale, "\(name)[\(index)]")
      }
    }
  }

  /// What only newer reference files have.
  private func optionalDeviations(_ checkpoint: HDF5Group) throws -> [Deviation] {
    let reference = try HDF5File(readingAt: path).root.group("reference")
    var deviations: [Deviation] = []
    for name in ["learning_rate", "clipped_norm"] where try reference.contains(name) {
      deviations.append(try stepDeviation(name, try reference.dataset(name).read(), floor: 1e-6, checkpoint))
    }
    guard try reference.contains("optimizer") else { return deviations }
    for slot in try reference.group("optimizer").members() where slot.member == .group {
      var deviation = Deviation("slot \(slot.name)")
      // Keras' RMSprop subtracts its momentum from the weights; Cairn's, like everybody's SGD, adds it.
      let sign = slot.name == "momentum" && recipe.contains("rmsprop:") ? -1.0 : 1
      try compareTensors(
        try reference.group("optimizer/\(slot.name)"), with: try checkpoint.group("optimizer/\(slot.name)"), &deviation,
        sign: sign)
      deviations.append(deviation)
    }
    return deviations
  }
}
