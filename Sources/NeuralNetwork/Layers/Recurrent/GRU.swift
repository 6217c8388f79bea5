/// Gated recurrent unit: gates z, r = recurrent activation of x(t) W + h(t - 1) R + b; with `resetAfter`
/// g = activation(x(t) W_g + b_g + r (h(t - 1) R_g + b'_g)), else g = activation(x(t) W_g + (r h(t - 1)) R_g + b_g);
/// h(t) = z h(t - 1) + (1 - z) g.
///
/// x: `[time, features]`; W (`kernel`): `[features, 3 units]`, R (`recurrent_kernel`): `[units, 3 units]`, each in the order
/// z r g; b (`bias`): `[2, 3 units]` of the input and of the recurrence with `resetAfter`, else `[3 units]`. Cho et al.:
/// Learning phrase representations using RNN encoder-decoder, 2014; `resetAfter` as cuDNN has it.
public struct GRU: RecurrentLayer {
  public static let className = "GRU"
  public static let kind = "gru"

  public let settings: RecurrentSettings
  public let resetAfter: Bool
  public let name: String?

  public init(_ settings: RecurrentSettings, resetAfter: Bool = true, name: String? = nil) {
    self.settings = settings
    self.resetAfter = resetAfter
    self.name = name
  }

  public func with(_ settings: RecurrentSettings, name: String?) -> GRU {
    GRU(settings, resetAfter: resetAfter, name: name)
  }

  public var form: RecurrentForm { RecurrentForm(cell: resetAfter ? GRUCell() : GRUResetBeforeCell()) }

  public var arguments: [LayerArgument] {
    settings.arguments(gated: true) + [LayerArgument("reset_after", .boolean(resetAfter))]
  }
}
