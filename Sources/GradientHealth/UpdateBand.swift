/// Updates that leave the band that they have kept, before the loss shows it: an early sign of a rate that has risen too
/// far, or of weights that have come to a steep place.
///
/// The three newest rows of a kernel all ten times above the median of sixteen rows before them (every eighth, up to 128
/// back), and above 5 % of the weights, while the loss stands no higher than one and a half times what it was in those.
public struct UpdateBand: Sendable, Hashable {
  public let layer: String
  /// Share of the kernel that an update changes now, and used to.
  public let ratio: Double
  public let usual: Double

  static let (newest, samples, stride) = (3, 16, 8)
  static let (growth, least, loss) = (10.0, 0.05, 1.5)

  /// nil: all are in their band, or there are too few rows to tell.
  public init?(leftIn history: GradientHistory) {
    let back = (1...UpdateBand.samples).map { $0 * UpdateBand.stride }
    guard history.value(StepColumn.loss, back: back[UpdateBand.samples - 1]) != nil else { return nil }
    func usual(_ value: (Int) -> Double?) -> Double { Trace.median(back.compactMap(value)) }
    for layer in history.layers.indices {
      func ratio(_ back: Int) -> Double? { history.value(.updateRatio, layer: layer, back: back) }
      let now = (0..<UpdateBand.newest).compactMap(ratio).min() ?? .nan
      guard now > UpdateBand.least, now.isFinite else { continue }
      let before = usual(ratio)
      guard before > 0, now > UpdateBand.growth * before else { continue }
      let losses = (0..<UpdateBand.newest).compactMap { history.value(StepColumn.loss, back: $0) }
      guard Trace.median(losses) <= UpdateBand.loss * usual({ history.value(StepColumn.loss, back: $0) }) else {
        continue
      }
      self.layer = history.layers[layer]
      (self.ratio, self.usual) = (now, before)
      return
    }
    return nil
  }

  public var message: String {
    "updates of `\(layer)` change \(Words.percent(ratio)) of its weights, \(Words.number(ratio / usual)) times the usual "
      + "share, and the loss does not show it yet: the learning rate may have risen too far"
  }
}
