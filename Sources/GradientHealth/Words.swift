internal import Glibc

/// Numbers in sentences.
enum Words {
  /// Two significant digits, or a few more where they say something: 0.693, 7.1e-08, 31,000.
  static func number(_ value: Double) -> String {
    guard value.isFinite else { return value.isNaN ? "NaN" : value > 0 ? "Inf" : "-Inf" }
    let magnitude = abs(value)
    if magnitude == 0 { return "0" }
    if magnitude >= 1e-3 && magnitude < 1e6 { return rounded(value) }
    let exponent = Int(floor(log10(magnitude)))
    let mantissa = (value / pow(10, Double(exponent)) * 10).rounded() / 10
    let sign = exponent < 0 ? "-" : "+"
    return "\(mantissa)e\(sign)\(abs(exponent) < 10 ? "0" : "")\(abs(exponent))"
  }

  static func percent(_ fraction: Double) -> String { "\(Int((100 * fraction).rounded())) %" }

  private static func rounded(_ value: Double) -> String {
    let digits = 2 - Int(floor(log10(abs(value))))
    if digits <= 0 { return String(Int(value.rounded())) }
    let scale = pow(10, Double(digits))
    let text = "\((value * scale).rounded() / scale)"
    return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
  }
}

/// A count with its noun: `1 row`, `2 rows`, `3 batches`.
package func counted(_ count: Int, _ noun: String) -> String {
  if count == 1 { return "1 \(noun)" }
  let takesE = ["s", "x", "tch", "sh"].contains { noun.hasSuffix($0) }
  return "\(count) \(noun)\(takesE ? "es" : "s")"
}
