internal import Glibc
internal import Training

/// What must hold of a run that was disturbed: figures and events in, sentences on what does not hold out.
enum DrillJudgement {
  /// What a recipe's `health` asks of a run that blows up.
  struct Rule: Hashable {
    var onBlowup = HealthConfiguration.OnBlowup.rollback
    /// Whether the remedies are the program's own, and as many may be tried as there are.
    var isUsual = true
    /// Whether rows that stand out are left out.
    var skipsRows = true

    init(onBlowup: HealthConfiguration.OnBlowup = .rollback, isUsual: Bool = true) {
      self.onBlowup = onBlowup
      self.isUsual = isUsual
    }

    init(_ health: HealthConfiguration) {
      let usual = HealthConfiguration()
      onBlowup = health.onBlowup
      isUsual =
        health.may == nil && health.maxRollbacks >= usual.ladder.count && health.ladder.count == usual.ladder.count
        && health.ladder.allSatisfy { !$0.resetMoments && $0.skipBatches == 0 && $0.goBack == 0 }
      skipsRows = isUsual && health.ladder.first?.skipRows == true
    }
  }

  /// Of a run in which something blew up.
  static func afterBlowup(_ ending: ChildProcess.Ending, _ events: [DrillEvent], _ rule: Rule) -> [String] {
    var problems: [String] = []
    let isHalted = ending == .code(3) && events.first("halted") != nil
    switch rule.onBlowup {
    case .halt:
      if !isHalted { problems.append("health.on_blowup is halt, but it ended with \(words(ending))") }
    case .skip:
      if !isHalted, ending != .code(0) || events.first("skip") == nil {
        problems.append("health.on_blowup is skip, but no update was left out: it ended with \(words(ending))")
      }
    case .rollback:
      if isHalted, !rule.isUsual { break }
      if ending != .code(0) { problems.append("it was not recovered from: \(words(ending))") }
      guard let back = events.lastIndex(where: { $0.kind == "rollback" }) else {
        problems.append("it did not go back to a good state")
        break
      }
      // The best of all is gone back to once more, after it has been settled for.
      let before = events[..<back].lastIndex { $0.kind == "rollback" } ?? 0
      let isJudged =
        events[back...].contains { ["recovered", "settled", "not_cured"].contains($0.kind) }
        || events[before..<back].contains { ["settled", "not_cured"].contains($0.kind) }
      if ending == .code(0), !isJudged { problems.append("nothing says whether the remedy has helped") }
    }
    return problems
  }

  /// Of a run that was asked to stop by SIGTERM.
  ///
  /// - Parameters:
  ///   - told: the step that its log says it ended at; nil: it says nothing.
  ///   - saved: of the newest checkpoint.
  static func afterStop(_ ending: ChildProcess.Ending, told: Int?, saved: Int?) -> [String] {
    var problems: [String] = []
    if ending != .code(143) { problems.append("expected exit code 143, found \(words(ending))") }
    guard let told else { return problems + ["its log does not say that it was stopped"] }
    if saved != told {
      problems.append(
        "it stopped at step \(told), and the newest checkpoint is of step \(saved.map(String.init) ?? "-")")
    }
    return problems
  }

  /// Of a run that was killed.
  ///
  /// - Parameter reached: the last step that was told of.
  static func afterKill(reached: Int, saved: Int?, interval: Int) -> [String] {
    let lost = reached - (saved ?? 0)
    if saved == nil, reached > 0 { return ["killed after step \(reached), it had saved nothing"] }
    return lost <= 2 * interval
      ? [] : ["\(lost) steps were lost, with a checkpoint every \(interval): at most two intervals may be"]
  }

  /// How far a figure stands out from those before it, where nobody could overlook it; nil: it does not, or there are too
  /// few before it.
  ///
  /// - Parameters:
  ///   - series: loss or gradient norm of the steps up to the one in question.
  ///   - factor: times the largest so far.
  static func outstanding(_ series: [Double], factor: Double) -> Double? {
    guard let value = series.last, series.count > 15 else { return nil }
    let before = series.dropLast().map { abs($0) }.filter { $0 > 0 && $0.isFinite }
    guard let largest = before.max(), before.count > 10 else { return nil }
    guard value.isFinite else { return .infinity }
    // Far in deviations of the logarithms too: what jumps about by itself hides much.
    let logarithms = before.map { log($0) }
    let mean = logarithms.reduce(0, +) / Double(before.count)
    let variance = logarithms.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(before.count)
    let deviations = (log(abs(value)) - mean) / max(variance.squareRoot(), 0.5)
    return abs(value) > factor * largest && deviations > 8 ? abs(value) / largest : nil
  }

  /// A run that was recovered, or needed no recovery, is not worse than one that has not begun.
  ///
  /// - Parameters:
  ///   - losses: of the last steps; `first`: of the undisturbed run's first steps.
  ///   - isTold: whether the run says that something is wrong with it.
  static func afterEnd(losses: [Double], first: [Double], isTold: Bool) -> [String] {
    guard let last = mean(losses) else { return [] }
    guard last.isFinite else { return ["the loss at the end is not finite"] }
    guard !isTold, let first = mean(first), last > 10 * max(first, 1e-3) else { return [] }
    return [
      "the loss at the end is \(Float(last)), \(Float(last / first)) times that at the start, and nothing says so"
    ]
  }

  private static func mean(_ values: [Double]) -> Double? {
    values.isEmpty ? nil : values.reduce(0, +) / Double(values.count)
  }

  static func words(_ ending: ChildProcess.Ending) -> String {
    switch ending {
    case .code(let code): "exit code \(code)"
    case .signal(let number): "signal \(number)"
    }
  }
}
