/// Long short-term memory: gates i, f, o = recurrent activation and g = activation of x(t) W + h(t - 1) R + b;
/// c(t) = f c(t - 1) + i g, h(t) = o activation(c(t)).
///
/// x: `[time, features]`; W (`kernel`): `[features, 4 units]`, R (`recurrent_kernel`): `[units, 4 units]`, b (`bias`):
/// `[4 units]`, each in the order i f g o. Hochreiter, Schmidhuber: Long short-term memory, 1997; the gate f is Gers,
/// Schmidhuber, Cummins': Learning to forget, 2000.
public struct LSTM: RecurrentLayer {
  public static let className = "LSTM"
  public static let kind = "lstm"

  /// The bias starts with ones for f where `unitForgetBias` says so.
  public let settings: RecurrentSettings
  public let unitForgetBias: Bool
  public let name: String?

  /// - Parameter unitForgetBias: whether f starts near 1, so that the state lasts. Jozefowicz et al., 2015.
  public init(_ settings: RecurrentSettings, unitForgetBias: Bool = true, name: String? = nil) {
    self.settings = settings
    self.unitForgetBias = unitForgetBias
    self.name = name
  }

  public func with(_ settings: RecurrentSettings, name: String?) -> LSTM {
    LSTM(settings, unitForgetBias: unitForgetBias, name: name)
  }

  public var form: RecurrentForm { RecurrentForm(cell: LSTMCell(unitForgetBias: unitForgetBias)) }

  public var arguments: [LayerArgument] {
    settings.arguments(gated: true, [LayerArgument("unit_forget_bias", .boolean(unitForgetBias))])
  }
}
