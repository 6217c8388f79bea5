internal import Files
internal import Glibc

/// The end of a process that wrote nothing about it: what its last sign of life was.
struct RunDeath {
  static let ending = "died"

  private let step: Int
  /// Seconds since 1970; nil: nothing tells.
  private let time: Double?
  private let residentBytes: Double?
  /// When the machine started, if it is the run's and did so since.
  private let restart: Double?

  /// - Parameters:
  ///   - record: what the run's events tell.
  ///   - began: when the process started, in seconds since 1970.
  ///   - row: the last line of its running series, which may be an earlier process's.
  init(_ record: RunRecord, began: Double?, row: (step: Int, time: Double, residentBytes: Double?)?) {
    let event = record.updated.flatMap(UTCTime.seconds)
    // The log's clock has whole seconds.
    let isItsRow = row.map { $0.time >= began ?? 0 } ?? false
    let latest = [event, isItsRow ? row?.time : nil].compactMap(\.self).max()
    time = latest
    residentBytes = isItsRow ? row?.residentBytes : nil
    step = max(record.step ?? 0, isItsRow ? row?.step ?? 0 : 0)
    let boot = record.host == RunDeath.host ? RunDeath.bootTime : nil
    restart = boot.flatMap { boot in latest.map { $0 < boot } ?? false ? boot : nil }
  }

  var sentence: String {
    var text = "died without a word after step \(step)"
    if let time { text += ", last sign of life \(UTCTime.text(time))" }
    if let residentBytes, residentBytes > 0 { text += " with \(short(residentBytes / 1e6, digits: 3)) MB of memory" }
    if let restart { return text + " (the machine started again \(UTCTime.text(restart)))" }
    return text + " (killed? out of memory? reboot?)"
  }

  private static var host: String {
    var name = [CChar](repeating: 0, count: 256)
    guard gethostname(&name, name.count - 1) == 0 else { return "" }
    return String(decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  /// Seconds since 1970.
  private static var bootTime: Double? {
    guard let text = try? FileContents.read("/proc/stat") else { return nil }
    for line in String(decoding: text, as: UTF8.self).split(separator: "\n") where line.hasPrefix("btime ") {
      return Double(line.dropFirst(6))
    }
    return nil
  }
}
