internal import HDF5Storage
public import Kernels
public import NeuralNetwork

/// Puts the weights of a file into a network: by layer name and shape, else in order where shapes agree one to one.
public enum InitialWeights {
  private typealias Assignment = [(entry: ParameterLayout.Entry, dataset: HDF5Dataset)]

  /// A layer of the model that has weights.
  private struct Wanted {
    let name: String
    let entries: [ParameterLayout.Entry]
    /// Extents of what a file holds before them and the model has elsewhere: the kernel of a layer that is tied.
    let skips: [[Int]]

    var shapes: [[Int]] { skips + entries.map(\.spec.shape) }

    /// Of a file's weights without names, those that the layer has itself.
    func own(_ weights: [KerasWeights.Weight]) -> [KerasWeights.Weight] {
      weights.count == shapes.count && weights.allSatisfy { $0.name == nil }
        ? Array(weights.dropFirst(skips.count)) : weights
    }
  }

  /// - Parameters:
  ///   - path: see `WeightFile.open`.
  ///   - trainable, state: overwritten, flat.
  /// - Returns: what is worth saying; nil: every layer was found by its name.
  /// - Throws: `CheckpointError` `unsuitable`, with both sides, where the weights fit in neither way, and where one is NaN or
  ///   Inf in single precision; what `WeightFile.open` throws.
  public static func read(
    _ path: String, into network: Network, trainable: MutableVector, state: MutableVector
  ) throws -> String? {
    let file = try WeightFile.open(path)
    let weights = try KerasWeights(file)
    let stored = weights.layers
    let all = network.places.indices.compactMap { number in
      let entries = network.layout.entries(ofLayer: number)
      let skips = network.table(ofPlace: number).map { [$0.kernelShape] } ?? []
      return entries.isEmpty && skips.isEmpty
        ? nil : Wanted(name: network.places[number].name, entries: entries, skips: skips)
    }
    let wanted = all.filter { !$0.entries.isEmpty }
    let byName = byName(wanted, stored) ?? byName(wanted, weights.wholes)
    guard let assignment = byName ?? inOrder(all, stored) ?? inOrder(all, weights.wholes) else {
      throw CheckpointError(
        .unsuitable,
        "\(path): its weights fit the model neither by name nor in order.\n"
          + "  the model: \(list(wanted.map { ($0.name, $0.entries.map { ($0.spec.name, $0.spec.shape) }) }))\n"
          + "  the file:  \(list(stored.map { layer in (layer.names.last ?? layer.series ?? "", layer.weights.map { ($0.name ?? "", $0.dataset.shape) }) }))"
      )
    }
    for (entry, dataset) in assignment {
      let values = try dataset.read(as: Float.self)
      guard values.allSatisfy(\.isFinite) else {
        throw CheckpointError(
          .unsuitable, "\(path): \(dataset.path): holds NaN, Inf, or a number beyond single precision")
      }
      let vector = entry.spec.role == .trainable ? trainable : state
      vector[entry.range].copy(from: values)
    }
    if byName != nil { return nil }
    let pairs = zip(wanted, assignmentPaths(wanted, assignment)).prefix(8).map { "\($0.name) from \($1)" }
    return "\(path): layers have other names there; weights were taken in order, as their shapes agree: "
      + pairs.joined(separator: ", ") + (wanted.count > 8 ? ", ..." : "")
  }

  /// Of each layer, where its first weight stands.
  private static func assignmentPaths(_ wanted: [Wanted], _ assignment: Assignment) -> [String] {
    wanted.map { layer in
      assignment.first { $0.entry.layerName == layer.name }.map { taken in
        taken.dataset.path.split(separator: "/").dropLast().joined(separator: "/")
      } ?? ""
    }
  }

  private static func byName(_ wanted: [Wanted], _ stored: [KerasWeights.Layer]) -> Assignment? {
    var assignment: Assignment = []
    for layer in wanted {
      let found = stored.filter { $0.names.contains(layer.name) }
      guard found.count == 1, let match = match(layer.entries, layer.own(found[0].weights)) else { return nil }
      assignment += match
    }
    return assignment
  }

  private static func inOrder(_ wanted: [Wanted], _ stored: [KerasWeights.Layer]) -> Assignment? {
    guard wanted.count == stored.count else { return nil }
    guard stored.contains(where: { $0.series != nil }) else { return pair(wanted, stored) }
    // Only layers of one class in one group stand in an order: those of one form must all be of one.
    var assignment: Assignment = []
    var left = stored
    var done: Set<[[Int]]> = []
    for layer in wanted {
      let form = layer.shapes
      guard done.insert(form).inserted else { continue }
      let (ours, theirs) = (wanted.filter { $0.shapes == form }, left.filter { $0.shapes == form })
      left.removeAll { $0.shapes == form }
      guard Set(theirs.map(\.series)).count == 1, let match = pair(ours, theirs) else { return nil }
      assignment += match
    }
    return left.isEmpty ? assignment : nil
  }

  private static func pair(_ wanted: [Wanted], _ stored: [KerasWeights.Layer]) -> Assignment? {
    guard wanted.count == stored.count else { return nil }
    var assignment: Assignment = []
    for (layer, other) in zip(wanted, stored) {
      let skipped = layer.skips.count
      guard layer.shapes.count == other.weights.count, Array(other.shapes.prefix(skipped)) == layer.skips,
        let match = match(layer.entries, Array(other.weights.dropFirst(skipped)))
      else { return nil }
      assignment += match
    }
    return assignment
  }

  /// The weights of a layer by name and shape; by place where the file has no names for them, and where there is but one:
  /// what Cairn calls `position_embeddings` is `embeddings` in KerasHub's files.
  private static func match(_ entries: [ParameterLayout.Entry], _ weights: [KerasWeights.Weight]) -> Assignment? {
    var assignment: Assignment = []
    for (place, entry) in entries.enumerated() {
      let isSole = entries.count == 1 && weights.count == 1
      // Layers within a layer may have any name; Keras' order is the same.
      let isWrapped = entry.spec.name.contains("/") && !weights.contains { $0.name == entry.spec.name }
      let isNamed = !isSole && weights.allSatisfy { $0.name != nil }
      let weight =
        isNamed && !isWrapped
        ? weights.first { $0.name == entry.spec.name } : weights.count == entries.count ? weights[place] : nil
      guard let weight, weight.dataset.shape == entry.spec.shape else { return nil }
      assignment.append((entry, weight.dataset))
    }
    return assignment
  }

  private static func list(_ layers: [(name: String, weights: [(name: String, shape: [Int])])]) -> String {
    let texts = layers.prefix(20).map { layer in
      "\(layer.name) (\(layer.weights.map { "\($0.name) \($0.shape)" }.joined(separator: ", ")))"
    }
    return texts.joined(separator: ", ") + (layers.count > 20 ? ", ..." : layers.isEmpty ? "no weights" : "")
  }
}
