internal import HDF5Storage

/// The weights in a file that Keras has written, layer by layer.
///
/// Three layouts: a model's `.h5` file (`/model_weights`, with the attributes `layer_names` and `weight_names`), the weights
/// alone of Keras 2 (the same at the root), and `.weights.h5` of Keras 3, also within `.keras` (`/layers/dense/vars/0`).
struct KerasWeights {
  struct Weight {
    /// `kernel`, `bias`, `gamma`, ...; nil: the file has numbers for names.
    let name: String?
    let dataset: HDF5Dataset
  }

  struct Layer {
    /// What the layer may be called in a model.
    let names: [String]
    let weights: [Weight]
    /// Where the file counts layers of one class from 0 and does not say more of their order: the group that they stand
    /// in, and what they are counted as. nil: layers stand in the model's order.
    let series: String?

    var shapes: [[Int]] { weights.map(\.dataset.shape) }
  }

  /// Those that have weights; what is made of several (a nested model, attention) in its parts.
  private(set) var layers: [Layer] = []
  /// The same with what is made of several as one, whose weights are called by their part, too: `query/kernel`.
  private(set) var wholes: [Layer] = []

  /// - Throws: `CheckpointError` `unsuitable` where the file has none of the layouts; `HDF5Error`.
  init(_ file: HDF5File) throws {
    let root = file.root
    if try root.contains("model_weights") {
      try readNamed(try root.group("model_weights"))
    } else if try KerasWeights.list("layer_names", of: root) != nil {
      try readNamed(root)
    } else if let container = try ["layers", "_layer_checkpoint_dependencies"].first(where: { try root.contains($0) }) {
      try readNumbered(try root.group(container))
    } else {
      throw CheckpointError(
        .unsuitable,
        "\(file.name): holds no weights that Keras has written: neither the group /model_weights, nor the attribute "
          + "layer_names, nor the group /layers")
    }
  }

  /// Layers by name, in the order of `layer_names`. The weights of a nested model stand in its one group, under the names of
  /// its layers.
  private mutating func readNamed(_ group: HDF5Group) throws {
    let names =
      try KerasWeights.list("layer_names", of: group)
      ?? group.members().filter { $0.member == .group }.map(\.name)
    for name in names {
      let layer = try group.group(name)
      var parts: [(owner: String, weights: [Weight])] = []
      var whole: [Weight] = []
      for path in try KerasWeights.list("weight_names", of: layer) ?? [] {
        let weight = Weight(name: KerasWeights.weightName(path), dataset: try layer.dataset(path))
        whole.append(Weight(name: KerasWeights.path(path, below: name), dataset: weight.dataset))
        let owner = path.split(separator: "/").dropLast().joined(separator: "/")
        if let at = parts.firstIndex(where: { $0.owner == owner }) {
          parts[at].weights.append(weight)
        } else {
          parts.append((owner, [weight]))
        }
      }
      for part in parts {
        let own = part.owner.split(separator: "/").last.map(String.init)
        let names = parts.count == 1 ? [name] + (own.map { $0 == name ? [] : [$0] } ?? []) : [own ?? name]
        layers.append(Layer(names: names, weights: part.weights, series: nil))
      }
      if parts.count > 1 {
        wholes.append(Layer(names: [name], weights: whole, series: nil))
      } else {
        wholes += layers.suffix(parts.count)
      }
    }
  }

  /// Layers by class: `dense`, `dense_1`, ..., each with `vars/0`, `vars/1`, ... and perhaps its own name beside them.
  private mutating func readNumbered(_ container: HDF5Group) throws {
    let groups = try container.members().filter { $0.member == .group }.map {
      ($0.name, KerasWeights.count(in: $0.name))
    }
    for (name, counted) in groups.sorted(by: { ($0.1.of, $0.1.number) < ($1.1.of, $1.1.number) }) {
      let layer = try container.group(name)
      let weights = try KerasWeights.numbered(layer)
      if !weights.isEmpty {
        let variables = try layer.contains("vars") ? layer.group("vars") : layer
        let own = try variables.hasAttribute("name") ? [variables.stringAttribute("name")] : []
        layers.append(Layer(names: own, weights: weights, series: "\(container.path)/\(counted.of)"))
      }
      if try layer.contains("layers") { try readNumbered(try layer.group("layers")) }
    }
  }

  /// Parts of a layer in the order of its weights, where that is not the alphabet's.
  private static let parts = [
    "query_dense", "key_dense", "value_dense", "output_dense", "forward_layer", "backward_layer",
  ]

  /// A layer's own weights, then those of the parts that it is made of. A generator of random numbers has no weights.
  private static func numbered(_ layer: HDF5Group) throws -> [Weight] {
    var weights: [Weight] = []
    if try layer.contains("vars") {
      let variables = try layer.group("vars")
      let numbers = try variables.members().filter { $0.member == .dataset }.compactMap { Int($0.name) }.sorted()
      weights = try numbers.map { Weight(name: nil, dataset: try variables.dataset("\($0)")) }
    }
    let parts = try layer.members().filter { part in
      part.member == .group && !["vars", "layers", "seed_generator"].contains(part.name) && !part.name.hasPrefix("_")
    }.map(\.name)
    let rank = { (name: String) in (KerasWeights.parts.firstIndex(of: name) ?? KerasWeights.parts.count, name) }
    for part in parts.sorted(by: { rank($0) < rank($1) }) { weights += try numbered(try layer.group(part)) }
    return weights
  }

  /// `dense_12` is number 12 of `dense`, `dense` number 0.
  private static func count(in name: String) -> (of: String, number: Int) {
    guard let bar = name.lastIndex(of: "_"), let number = Int(name[name.index(after: bar)...]) else { return (name, 0) }
    return (String(name[..<bar]), number)
  }

  /// Strings of an attribute, which Keras cuts into `name0`, `name1`, ... where they are many; nil: there is none.
  private static func list(_ name: String, of group: HDF5Group) throws -> [String]? {
    if try group.hasAttribute(name) {
      // An empty list has become an empty list of numbers.
      if let numbers = try? group.attributeValues(name, as: Double.self), numbers.isEmpty { return [] }
      return try group.stringsAttribute(name)
    }
    var parts: [String]?
    var number = 0
    while try group.hasAttribute("\(name)\(number)") {
      parts = try (parts ?? []) + group.stringsAttribute("\(name)\(number)")
      number += 1
    }
    return parts
  }

  /// What follows a layer's name in the path of a weight, less the name of a recurrent cell: `query/kernel` of
  /// `model/attention/query/kernel:0`, `kernel` of `lstm/lstm_cell/kernel`.
  private static func path(_ path: String, below layer: String) -> String {
    let parts = path.split(separator: ":")[0].split(separator: "/").map(String.init)
    let start = parts.lastIndex(of: layer).map { $0 + 1 } ?? 0
    return parts[(start < parts.count ? start : 0)...]
      .filter { $0.wholeMatch(of: #/(lstm|gru|simple_rnn)_cell(_\d+)?/#) == nil }.joined(separator: "/")
  }

  /// The last part of `dense/kernel:0`; of Keras 1's `dense_1_W`, what it has become since.
  private static func weightName(_ path: String) -> String {
    var name = path.split(separator: "/").last.map(String.init) ?? path
    if let colon = name.lastIndex(of: ":") { name = String(name[..<colon]) }
    let old = [
      "_W": "kernel", "_b": "bias", "_gamma": "gamma", "_beta": "beta", "_running_mean": "moving_mean",
      "_running_std": "moving_variance",
    ]
    return old.first { name.hasSuffix($0.key) }?.value ?? name
  }
}
