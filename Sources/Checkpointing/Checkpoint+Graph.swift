internal import HDF5Storage
internal import JSON

extension Checkpoint {
  /// A layer, or an input, of the model in the file, with what it reads.
  public struct GraphNode: Sendable, Hashable {
    public let name: String
    /// Keras' class name; `InputLayer`: an input.
    public let className: String
    /// Names of what it reads, in its order.
    public let inputs: [String]
    /// Of an input: the extents of a sample.
    public let inputShape: [Int]
  }

  /// The model's graph as `model_config` has it, inputs first, then the layers in the order in which they run.
  ///
  /// - Returns: nil where the attribute is not as we write it.
  public func graph() throws -> [GraphNode]? {
    let text = Array(try file.root.stringAttribute("model_config").utf8)
    return text.withUnsafeBufferPointer { bytes in
      var document = JSONLine()
      guard document.read(bytes), let config = document["config"] else { return nil }
      let isChain = document.string("class_name") == "Sequential"
      var nodes: [GraphNode] = []
      for layer in config["layers"]?.elements ?? [] {
        guard let className = layer["class_name"]?.string, let name = layer["config"]?["name"]?.string else {
          return nil
        }
        let inputs =
          isChain ? nodes.last.map { [$0.name] } ?? [] : layer["inbound_nodes"].map(Checkpoint.sources) ?? []
        nodes.append(
          GraphNode(
            name: name, className: className, inputs: inputs,
            inputShape: (layer["config"]?["batch_shape"]?.elements ?? []).dropFirst().compactMap(\.integer)))
      }
      return nodes.isEmpty ? nil : nodes
    }
  }

  /// The layers whose tensors are among a call's arguments, wherever they stand.
  private static func sources(_ value: JSONText) -> [String] {
    if let name = value["keras_history"]?.elements.first?.string { return [name] }
    return value.elements.flatMap(sources) + value.members.flatMap { sources($0.value) }
  }
}

extension JSONText {
  fileprivate subscript(key: String) -> JSONText? { members.first { $0.key == key }?.value }
}
