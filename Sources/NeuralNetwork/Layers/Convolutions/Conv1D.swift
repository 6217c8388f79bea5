/// Sums of products of a kernel that moves along time, y = f(x * W + b).
///
/// x: `[time, channels]`, W (`kernel`): `[kernel_size, channels / groups, filters]`, b (`bias`):
/// `[filters]`, y: `[time', filters]`. Keras' layer of that name.
public struct Conv1D: Layer {
  public static let className = "Conv1D"
  public static let kind = "conv1d"

  public let filters: Int
  public let groups: Int
  public let settings: ConvolutionSettings
  public let name: String?

  /// - Precondition: `filters` and `groups` are at least 1.
  public init(filters: Int, groups: Int = 1, settings: ConvolutionSettings, name: String? = nil) {
    precondition(filters > 0 && groups > 0, "\(filters) filters in \(groups) groups")
    self.filters = filters
    self.groups = groups
    self.settings = settings
    self.name = name
  }

  public var arguments: [LayerArgument] {
    [LayerArgument("filters", .integer(filters)), LayerArgument("groups", .integer(groups))] + settings.arguments()
  }

  public var traits: LayerTraits { settings.traits(units: filters) }

  public var splitActivation: SplitActivation? {
    settings.splitActivation(Conv1D(filters: filters, groups: groups, settings: settings.linear, name: name))
  }

  public var exact: any Layer { Conv1D(filters: filters, groups: groups, settings: settings.exact, name: name) }

  public func isCausal(for inputs: [Shape]) -> Bool {
    inputs.haveTime && settings.padding == .causal && settings.strides == [1]
  }

  public func operation(for inputs: [Shape]) throws -> any Operation {
    try ConvolutionOperation(settings, filters: filters, groups: groups, input: inputs[0], kind: Self.kind)
  }
}
