internal import Glibc

/// Times of the log: `2026-01-31T12:00:00Z`.
enum UTCTime {
  /// Seconds since 1970; nil: written otherwise.
  static func seconds(_ text: String) -> Double? {
    let fields = text.utf8.split { $0 < 48 || $0 > 57 }.compactMap { Int32(String(decoding: $0, as: UTF8.self)) }
    guard fields.count == 6, text.utf8.last == UInt8(ascii: "Z") else { return nil }
    var parts = tm()
    (parts.tm_year, parts.tm_mon, parts.tm_mday) = (fields[0] - 1900, fields[1] - 1, fields[2])
    (parts.tm_hour, parts.tm_min, parts.tm_sec) = (fields[3], fields[4], fields[5])
    return Double(timegm(&parts))
  }

  static func text(_ seconds: Double) -> String {
    guard abs(seconds) < 1e11 else { return "?" }
    var time = time_t(seconds)
    var parts = tm()
    gmtime_r(&time, &parts)
    func two(_ value: Int32) -> String { value < 10 ? "0\(value)" : "\(value)" }
    return "\(parts.tm_year + 1900)-\(two(parts.tm_mon + 1))-\(two(parts.tm_mday))"
      + "T\(two(parts.tm_hour)):\(two(parts.tm_min)):\(two(parts.tm_sec))Z"
  }

  static var now: Double {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
  }
}
