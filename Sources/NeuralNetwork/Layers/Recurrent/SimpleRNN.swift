/// h(t) = activation(x(t) W + h(t - 1) R + b), a state of `units` numbers.
///
/// x: `[time, features]`; W (`kernel`): `[features, units]`, R (`recurrent_kernel`): `[units, units]`, b (`bias`): `[units]`.
/// Elman: Finding structure in time, 1990.
public struct SimpleRNN: RecurrentLayer {
  public static let className = "SimpleRNN"
  public static let kind = "simple_rnn"

  public let settings: RecurrentSettings
  public let name: String?

  public init(_ settings: RecurrentSettings, name: String? = nil) {
    self.settings = settings
    self.name = name
  }

  public func with(_ settings: RecurrentSettings, name: String?) -> SimpleRNN { SimpleRNN(settings, name: name) }
  public var form: RecurrentForm { RecurrentForm(cell: SimpleCell()) }
  public var arguments: [LayerArgument] { settings.arguments(gated: false) }
}
