internal import HDF5Storage
internal import Kernels
internal import NeuralNetwork

/// Kernels that are an embedding's table, transposed. Keras has no such layer, so its file holds them written out, beside the
/// table; what reads a file for Cairn leaves them alone. The attribute `tied_to` of the layer's group says whose they are.
extension Network {
  static let tiedKernel = "kernel"

  /// The table that stands for the kernel of a place; nil: the place has weights of its own alone.
  func table(ofPlace number: Int) -> ParameterLayout.Entry? {
    places[number].tied.flatMap { tied in layout.trainable.first { $0.layer == tied } }
  }

  /// Names of a place's weights in Keras' order, those of others that it has in Keras' model included.
  func kerasWeightNames(ofPlace number: Int) -> [String] {
    (table(ofPlace: number) == nil ? [] : [Network.tiedKernel]) + layout.entries(ofLayer: number).map(\.spec.name)
  }
}

extension ParameterLayout.Entry {
  /// Extents of a table that stands for a kernel.
  var kernelShape: [Int] { spec.shape.reversed() }

  /// Its values as a kernel: `[output_dim, input_dim]`.
  func kernel(_ weights: Vector) -> [Float] {
    let (ids, features) = (spec.shape[0], spec.shape[1])
    let table = weights[range]
    return (0..<ids * features).map { table[$0 % ids * features + $0 / ids] }
  }
}

extension Checkpoint {
  /// Names of a layer's weights, without a kernel that is another layer's table.
  public func ownWeightNames(ofLayer layer: String) throws -> [String] {
    let group = try file.root.group("model_weights").group(layer)
    guard try group.hasAttribute("weight_names") else { return [] }
    let names = try group.names("weight_names")
    return try group.hasAttribute("tied_to") ? names.filter { $0 != Network.tiedKernel } : names
  }
}
