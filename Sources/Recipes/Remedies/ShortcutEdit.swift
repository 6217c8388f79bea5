internal import NeuralNetwork

/// Puts hidden layers that keep the shape of what they read into `residual`: two kernels to a block where two follow each
/// other, each with what follows it up to the next kernel, as far as that keeps shapes too. Of a `repeat` whose layers all do
/// the copies become blocks.
///
/// Where nothing in the network is normalised a batch normalization heads each block: else the sum over many blocks grows by
/// a factor with each, and not by a term.
struct ShortcutEdit {
  /// What multiplies by a matrix at each position.
  private struct Kernel: Equatable {
    let kind: String
    let width: Int
  }

  private let head: [RecipeValue]

  /// - Parameter depth: hidden kernels that the list must have, copies counted.
  /// - Returns: nil where the list is no chain of layers and `repeat`s of layers, or no layer keeps its input's shape.
  static func wrapped(_ list: [RecipeValue], from depth: Int) -> [RecipeValue]? {
    let kernels = list.reduce(0) { sum, value in
      let (layers, times) = copies(of: value) ?? ([value], 1)
      return sum + times * layers.filter { kernel($0) != nil }.count
    }
    guard kernels > depth else { return nil }
    let leaves = list.flatMap { ShortcutEdit.copies(of: $0)?.layers ?? [$0] }
    guard
      leaves.allSatisfy({ Grammar.layers.names.contains($0.choice?.name ?? "") && $0.chosen.arguments["inputs"] == nil }
      )
    else { return nil }
    let normalises = leaves.contains { $0.chosen.name.hasSuffix("normalization") }
    guard let head = RecipeValue.made("{batch_normalization: {momentum: 0.9}}", .map(Grammar.layers.form)) else {
      return nil
    }
    let result = ShortcutEdit(head: normalises ? [] : [head]).edit(list)
    return result == list ? nil : result
  }

  private func edit(_ list: [RecipeValue]) -> [RecipeValue] {
    // The output layer's own shape is the targets'.
    let output = list.lastIndex { value in
      (ShortcutEdit.copies(of: value)?.layers ?? [value]).contains { ShortcutEdit.kernel($0) != nil }
    }
    var result: [RecipeValue] = []
    /// What the next layer reads, as far as positions and channels go; nil: something else.
    var before: Kernel?
    var index = 0
    while index < list.count {
      let value = list[index]
      if let (layers, times) = ShortcutEdit.copies(of: value) {
        let kernels = layers.compactMap(ShortcutEdit.kernel)
        let keeps = layers.allSatisfy { ShortcutEdit.isPlain($0) || ShortcutEdit.keepsShape($0) }
        if index != output, keeps, let kernel = kernels.first, kernels.allSatisfy({ $0 == kernel }) {
          result += blocks(of: value, layers, times, kernels: kernels.count, reads: before == kernel)
        } else {
          result.append(value)
        }
        before = keeps ? kernels.last ?? before : nil
        index += 1
        continue
      }
      var end = index
      var kernels = 0
      while kernels < 2, end < list.count, end != output, ShortcutEdit.keepsShape(list[end]), let before,
        ShortcutEdit.kernel(list[end]) == before
      {
        end = list[(end + 1)...].firstIndex { !ShortcutEdit.isPlain($0) } ?? list.count
        kernels += 1
      }
      if kernels > 0 {
        result.append(residual(Array(list[index..<end])))
        index = end
        continue
      }
      result.append(value)
      if let kernel = ShortcutEdit.kernel(value) {
        before = kernel
      } else if !ShortcutEdit.isPlain(value), !(before?.kind != Dense.kind && ShortcutEdit.isPooling(value)) {
        before = nil
      }
      index += 1
    }
    return result
  }

  /// A repetition as one of blocks; what its first copy reads may have another width.
  private func blocks(
    of value: RecipeValue, _ layers: [RecipeValue], _ times: Int, kernels: Int, reads isSame: Bool
  ) -> [RecipeValue] {
    // A name can be there once, and once in each copy.
    let areNamed = layers.contains { $0.chosen.arguments["name"] != nil }
    if !isSame, areNamed || times < 3 { return [value] }
    let rest = isSame ? times : times - 1
    let joins = kernels == 1 && rest % 2 == 0 && !areNamed
    var result = value
    result["repeat"]?["times"]?.content = .integer(joins ? rest / 2 : rest)
    result["repeat"]?["layers"]?.content = .list([residual(joins ? layers + layers : layers)])
    return (isSame ? [] : layers) + [result]
  }

  private func residual(_ layers: [RecipeValue]) -> RecipeValue {
    let (place, path) = (layers[0].place, layers[0].path)
    let list = RecipeValue(content: .list(head + layers), place: place, path: path)
    let arguments = RecipeValue(content: .map([.init(key: "layers", value: list)]), place: place, path: path)
    return RecipeValue(content: .map([.init(key: "residual", value: arguments)]), place: place, path: path)
  }

  // MARK: What layers do to shapes

  private static func copies(of value: RecipeValue) -> (layers: [RecipeValue], times: Int)? {
    guard let (kind, arguments) = value.choice, kind == "repeat", let layers = arguments["layers"]?.list,
      let times = arguments["times"]?.integer
    else { return nil }
    return (layers, times)
  }

  private static func kernel(_ value: RecipeValue) -> Kernel? {
    guard let (kind, arguments) = value.choice, arguments["kernel_initializer"] != nil,
      arguments["recurrent_initializer"] == nil, arguments["num_heads"] == nil,
      let width = arguments["units"]?.integer ?? arguments["filters"]?.integer
    else { return nil }
    return Kernel(kind: kind, width: width)
  }

  /// Whether a kernel gives as many positions as it reads.
  private static func keepsShape(_ value: RecipeValue) -> Bool {
    guard kernel(value) != nil else { return false }
    let arguments = value.chosen.arguments
    let strides = arguments["strides"].map { $0.list ?? [$0] } ?? []
    return strides.allSatisfy { $0.integer == 1 } && arguments["padding"]?.text != "valid"
  }

  /// What changes no shape, and may stand within a block.
  private static func isPlain(_ value: RecipeValue) -> Bool { plain.contains(value.choice?.name ?? "") }

  private static let plain: Set<String> = [
    Activation.kind, BatchNormalization.kind, LayerNormalization.kind, RMSNormalization.kind, GroupNormalization.kind,
    Dropout.kind, SpatialDropout1D.kind, SpatialDropout2D.kind, GaussianNoise.kind,
  ]

  /// What changes positions alone: the channels behind it are those before it.
  private static func isPooling(_ value: RecipeValue) -> Bool { pooling.contains(value.choice?.name ?? "") }

  private static let pooling: Set<String> = [
    MaxPooling1D.kind, MaxPooling2D.kind, AveragePooling1D.kind, AveragePooling2D.kind, ZeroPadding2D.kind,
    UpSampling2D.kind,
  ]
}

extension RecipeValue {
  /// Of a recipe: short cuts around its hidden layers.
  mutating func addShortcuts(from depth: Int) -> Bool {
    guard let list = self["model"]?["layers"]?.list, let wrapped = ShortcutEdit.wrapped(list, from: depth) else {
      return false
    }
    self["model"]?["layers"]?.content = .list(wrapped)
    return true
  }
}
