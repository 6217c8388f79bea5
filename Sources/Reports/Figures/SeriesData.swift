internal import FoundationEssentials

/// The values of a series as a page's script reads them: 16 bits each, of the axis' own scale.
struct SeriesData {
  /// Codes for what has no place on the axis; those of the script.
  private enum Code {
    static let largest = 65000.0
    static let belowAll: UInt16 = 65532
    static let negativeInfinity: UInt16 = 65533
    static let infinity: UInt16 = 65534
    static let nan: UInt16 = 65535
  }

  private let key: String?
  private let steps: String
  private let values: [UInt16]
  private let lows: [UInt16]?
  private let highs: [UInt16]?

  /// - Parameter rows: the most rows to keep; beyond it neighbours are merged to smallest, mean and largest.
  init(_ series: FigureSeries, axis: Axis, rows: Int) {
    let stride = SeriesData.stride(series.steps.count, rows: rows)
    key = series.key
    steps = series.key == nil ? SeriesData.steps(series.steps, rows: rows) : ""
    func coded(_ value: Double) -> UInt16 { SeriesData.code(value, axis) }
    if stride == 1 {
      values = series.values.map(coded)
      lows = nil
      highs = series.peaks?.map(coded)
      return
    }
    var (values, lows, highs): ([UInt16], [UInt16], [UInt16]) = ([], [], [])
    for start in Swift.stride(from: 0, to: series.values.count, by: stride) {
      let part = series.values[start..<min(start + stride, series.values.count)]
      let finite = part.filter(\.isFinite)
      let bad = part.first { !$0.isFinite }
      let peak = (series.peaks?[part.indices] ?? part).filter(\.isFinite).max()
      // One that is not finite stands for its neighbours: the smallest and the largest are told anyway.
      let mean = bad ?? finite.reduce(0, +) / Double(max(finite.count, 1))
      values.append(coded(mean))
      lows.append(coded(finite.min() ?? .nan))
      highs.append(coded(max(peak ?? .nan, finite.max() ?? .nan)))
    }
    (self.values, self.lows, self.highs) = (values, lows, highs)
  }

  static func stride(_ count: Int, rows: Int) -> Int { max(1, (count + rows - 1) / max(rows, 1)) }

  /// Steps of the kept rows, each run of equal differences as `DIFFERENCExCOUNT`.
  static func steps(_ steps: [Double], rows: Int) -> String {
    let stride = stride(steps.count, rows: rows)
    var parts: [String] = []
    var last = 0
    var run = (difference: 0, count: 0)
    func flush() {
      if run.count > 0 { parts.append(run.count == 1 ? "\(run.difference)" : "\(run.difference)x\(run.count)") }
    }
    for start in Swift.stride(from: 0, to: steps.count, by: stride) {
      let step = Int(exactly: steps[min(start + stride, steps.count) - 1].rounded()) ?? last
      if step - last == run.difference && run.count > 0 {
        run.count += 1
      } else {
        flush()
        run = (step - last, 1)
      }
      last = step
    }
    flush()
    return parts.joined(separator: ",")
  }

  static func description(_ axis: Axis) -> String {
    switch axis.scale {
    case .linear: "linear \(axis.lower) \(axis.upper)"
    case .logarithmic: "log \(axis.lower) \(axis.upper)"
    case .symmetric(let threshold): "symmetric \(axis.lower) \(axis.upper) \(threshold)"
    }
  }

  static func code(_ value: Double, _ axis: Axis) -> UInt16 {
    if value.isNaN { return Code.nan }
    if value.isInfinite { return value > 0 ? Code.infinity : Code.negativeInfinity }
    if axis.scale == .logarithmic && value <= 0 { return Code.belowAll }
    return UInt16((min(max(axis.fraction(value), 0), 1) * Code.largest).rounded())
  }

  var attributes: Markup {
    var out: Markup = key.map { " data-key=\"\($0)\"" } ?? " data-steps=\"\(steps)\""
    out += " data-values=\"\(SeriesData.text(values))\""
    if let lows { out += " data-lows=\"\(SeriesData.text(lows))\"" }
    if let highs { out += " data-highs=\"\(SeriesData.text(highs))\"" }
    return out
  }

  /// Little-endian, base64.
  static func text(_ codes: [UInt16]) -> Markup {
    var data = Data(capacity: codes.count * 2)
    for code in codes {
      data.append(UInt8(truncatingIfNeeded: code))
      data.append(UInt8(truncatingIfNeeded: code >> 8))
    }
    return Markup(trusted: data.base64EncodedString())
  }
}
