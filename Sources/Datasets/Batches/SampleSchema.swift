/// What a sample is made of: its inputs and its targets, by name, and whether it has a weight.
public struct SampleSchema: Sendable, Equatable {
  /// What numbers mean; all of them are held as floats.
  public enum Kind: Sendable, Equatable {
    /// Quantities.
    case values
    /// Numbers 0..<count of classes to tell apart; names where the source has them, else empty.
    case classes(count: Int, names: [String])
    /// Numbers 0..<count of a column's categories, to look up.
    case categories(count: Int)
    /// Numbers 0..<count of a vocabulary's tokens, in the order of a text.
    case tokens(count: Int)
    /// 1 at the times of another input that count, 0 at its padding; named after it (`maskName`).
    case mask
  }

  /// One input or one target.
  public struct Field: Sendable, Equatable {
    public let name: String
    /// Extents of one sample, e.g. `[64]`.
    public let shape: [Int]
    public let kind: Kind

    /// - Precondition: every extent is at least 1.
    public init(_ name: String, shape: [Int], kind: Kind = .values) {
      precondition(shape.allSatisfy { $0 > 0 }, "`\(name)` has shape \(shape)")
      self.name = name
      self.shape = shape
      self.kind = kind
    }

    /// Floats of one sample.
    public var columns: Int { shape.reduce(1, *) }
  }

  public let inputs: [Field]
  /// Empty: samples to predict from.
  public let targets: [Field]
  /// Whether each sample says what it counts for.
  public let isWeighted: Bool

  /// - Precondition: at least one input; no two inputs and no two targets of one name.
  public init(inputs: [Field], targets: [Field], isWeighted: Bool = false) {
    precondition(!inputs.isEmpty, "no input")
    precondition(Set(inputs.map(\.name)).count == inputs.count, "two inputs of one name")
    precondition(Set(targets.map(\.name)).count == targets.count, "two targets of one name")
    self.inputs = inputs
    self.targets = targets
    self.isWeighted = isWeighted
  }

  /// One input `features` and one target `targets`, not weighted.
  ///
  /// - Parameter targetColumns: floats of a sample's targets; 0: there are none.
  public init(sampleShape: [Int], targetColumns: Int, targetKind: TargetKind) {
    self.init(
      inputs: [Field(SampleSchema.features, shape: sampleShape)], targetShape: targetColumns > 0 ? [targetColumns] : [],
      targetKind: targetKind)
  }

  /// Inputs, and one target `targets`, not weighted.
  ///
  /// - Parameter targetShape: extents of a sample's targets; empty: there are none.
  public init(inputs: [Field], targetShape: [Int], targetKind: TargetKind) {
    var targets: [Field] = []
    if !targetShape.isEmpty {
      let kind: Kind =
        switch targetKind {
        case .classes(let count, let names): .classes(count: count, names: names)
        case .values: .values
        }
      targets = [Field("targets", shape: targetShape, kind: kind)]
    }
    self.init(inputs: inputs, targets: targets)
  }

  /// What the mask of an input is called.
  public static func maskName(of input: String) -> String { input + "/mask" }

  /// What an input is called that has no name of its own.
  public static let features = "features"

  /// Whether the inputs were given by name: else there is one, `features`.
  public var hasNamedInputs: Bool { inputs.count > 1 || inputs[0].name != SampleSchema.features }

  /// The inputs that are quantities, by number: what is scaled, and measured from origins. Their columns, one input after
  /// another, are the columns of a `ColumnPipeline` and of `FeatureOrigins`.
  public var valueInputs: [Int] { inputs.indices.filter { inputs[$0].kind == .values } }

  /// Floats of a sample's quantities.
  public var valueColumns: Int { valueInputs.reduce(0) { $0 + inputs[$1].columns } }

  /// Extents of a sample's first target; empty: there is none.
  public var targetShape: [Int] { targets.first?.shape ?? [] }
}

/// Of samples with one input and at most one target.
extension SampleSchema {
  public var sampleShape: [Int] { inputs[0].shape }
  public var targetColumns: Int { targets.first?.columns ?? 0 }

  public var targetKind: TargetKind {
    switch targets.first?.kind {
    case .classes(let count, let names): .classes(count: count, names: names)
    case .categories(let count), .tokens(let count): .classes(count: count, names: [])
    case .values, .mask, nil: .values
    }
  }
}
