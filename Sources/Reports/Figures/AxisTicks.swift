internal import Glibc

/// A labelled place on an axis.
package struct Tick: Sendable, Hashable {
  package let value: Double
  package let label: String
}

extension Axis {
  /// About `count` round places within the axis: multiples of 1, 2 or 5 times a power of ten, or powers of ten.
  package func ticks(about count: Int) -> [Tick] {
    switch scale {
    case .linear: linearTicks(about: count, smallestStep: 0)
    case .logarithmic: logarithmicTicks(about: count)
    case .symmetric(let threshold): symmetricTicks(threshold, about: count)
    }
  }

  /// Ticks of whole numbers, large ones in thousands (k) and millions (M).
  package func stepTicks(about count: Int) -> [Tick] {
    linearTicks(about: count, smallestStep: 1).map { Tick(value: $0.value, label: Axis.countText($0.value)) }
  }

  /// 950, 2,000, 20k, 1.5M.
  package static func countText(_ value: Double) -> String {
    guard value.isFinite, abs(value) < 1e18 else { return "\(value)" }
    let number = Int(value.rounded())
    for (unit, letter) in [(1_000_000_000, "G"), (1_000_000, "M"), (1000, "k")] where abs(number) >= 10 * unit / 1000 {
      if abs(number) >= unit, number % (unit / 10) == 0, unit > 1000 || abs(number) >= 10_000 {
        let tenths = abs(number) % unit / (unit / 10)
        return "\(number / unit)\(tenths == 0 ? "" : ".\(tenths)")\(letter)"
      }
    }
    return String(number)
  }

  private func linearTicks(about count: Int, smallestStep: Double) -> [Tick] {
    let rough = max((upper - lower) / Double(max(count, 1)), smallestStep)
    guard rough > 0, rough.isFinite else { return [] }
    var exponent = Int(floor(log10(rough)))
    let lead = rough / pow(10, Double(exponent))
    var mantissa = lead <= 1.0001 ? 1 : lead <= 2.0001 ? 2 : lead <= 5.0001 ? 5 : 10
    if mantissa == 10 { (mantissa, exponent) = (1, exponent + 1) }
    // By the power's inverse: 3 / 10 is 0.3, 3 * 0.1 is not.
    func value(_ multiple: Double) -> Double {
      exponent < 0
        ? multiple * Double(mantissa) / pow(10, Double(-exponent))
        : multiple * Double(mantissa) * pow(10, Double(exponent))
    }
    let step = value(1)
    let (first, last) = (ceil(lower / step - 1e-9), floor(upper / step + 1e-9))
    guard abs(first) < 1e15, abs(last) < 1e15, last - first < 100 else { return [] }
    let plain =
      max(abs(lower), abs(upper)) < 1e6 && (exponent >= -4 || max(abs(lower), abs(upper)) >= 1e-2)
      && exponent >= -6
    return (Int(first)...Int(max(first, last))).filter { Double($0) <= last }.map { multiple in
      Tick(value: value(Double(multiple)), label: Axis.decimal(multiple * mantissa, exponent: exponent, plain: plain))
    }
  }

  /// `digits` times ten to the `exponent`, in plain decimals or as 1.5e-7.
  private static func decimal(_ digits: Int, exponent: Int, plain: Bool) -> String {
    if digits == 0 { return "0" }
    let sign = digits < 0 ? "−" : ""
    var text = String(abs(digits))
    if plain {
      if exponent >= 0 { return sign + text + String(repeating: "0", count: exponent) }
      text = String(repeating: "0", count: max(0, 1 - exponent - text.count)) + text
      let point = text.index(text.endIndex, offsetBy: exponent)
      return "\(sign)\(text[..<point]).\(text[point...])"
    }
    let power = exponent + text.count - 1
    while text.count > 1, text.hasSuffix("0") { text.removeLast() }
    let rest = text.dropFirst()
    return "\(sign)\(text.prefix(1))\(rest.isEmpty ? "" : ".\(rest)")e\(power)"
  }

  /// A power of ten, or a small multiple of one.
  private static func power(_ mantissa: Int, _ exponent: Int) -> Tick {
    Tick(
      value: exponent < 0
        ? Double(mantissa) / pow(10, Double(-exponent)) : Double(mantissa) * pow(10, Double(exponent)),
      label: decimal(mantissa, exponent: exponent, plain: (-3...4).contains(exponent)))
  }

  private func logarithmicTicks(about count: Int) -> [Tick] {
    let (low, high) = (log10(lower), log10(upper))
    let decades = high - low
    // Within one power of ten, round numbers say more than powers.
    if decades < 0.7 { return linearTicks(about: count, smallestStep: 0) }
    let mantissas = decades < 1.7 ? [1, 2, 5] : decades < 3 ? [1, 3] : [1]
    let every = max(1, Int(ceil(decades / Double(max(count, 1)))))
    let (first, last) = (Int(floor(low)), Int(floor(high)))
    var ticks: [Tick] = []
    for exponent in first...max(first, last) where mantissas.count > 1 || Axis.isMultiple(exponent, every) {
      ticks += mantissas.map { Axis.power($0, exponent) }.filter { $0.value >= lower && $0.value <= upper }
    }
    return ticks
  }

  private static func isMultiple(_ number: Int, _ divisor: Int) -> Bool { number % divisor == 0 }

  private func symmetricTicks(_ threshold: Double, about count: Int) -> [Tick] {
    let first = Int(ceil(log10(threshold)))
    let last = Int(floor(log10(max(abs(lower), abs(upper)))))
    guard first <= last else { return linearTicks(about: count, smallestStep: 0) }
    let sides = lower < 0 && upper > 0 ? 2 : 1
    let every = max(1, (sides * (last - first + 1) + count - 1) / max(count, 1))
    let powers = stride(from: last, through: first, by: -every).map { Axis.power(1, $0) }
    let below = powers.map { Tick(value: -$0.value, label: "−" + $0.label) }
    let all = below + [Tick(value: 0, label: "0")] + powers.reversed()
    return all.filter { $0.value >= lower && $0.value <= upper }
  }
}
