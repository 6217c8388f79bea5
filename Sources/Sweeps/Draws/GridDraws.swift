/// The product of lists; the last key changes fastest.
public struct GridDraws: DrawRule {
  private let axes: [(key: String, values: [String])]
  public let count: Int
  public var isEndless: Bool { false }

  /// - Returns: nil: a range has no end.
  public init?(_ variations: [Variation]) {
    var axes: [(String, [String])] = []
    var count = 1
    for variation in variations {
      guard let values = variation.range.all else { return nil }
      axes.append((variation.key, values))
      let (product, overflow) = count.multipliedReportingOverflow(by: values.count)
      count = overflow ? .max : product
    }
    self.axes = axes
    self.count = count
  }

  public func settings(of number: Int) -> [Setting] {
    var rest = number - 1
    var settings: [Setting] = []
    for axis in axes.reversed() {
      settings.append(Setting(key: axis.key, value: axis.values[rest % axis.values.count]))
      rest /= axis.values.count
    }
    return settings.reversed()
  }
}
