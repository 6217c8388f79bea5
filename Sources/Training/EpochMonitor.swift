internal import Checkpointing
internal import Optimizers

/// Early stopping and reduction on a plateau: decisions from the figures of each epoch. Keras' semantics, except that
/// a figure that is NaN never counts as an improvement.
package enum EpochMonitor {
  /// The figure called `monitor`; nil if this epoch has none.
  package static func figure(_ monitor: String, report: EpochReport) -> Double? {
    if monitor == "loss" { return report.loss }
    guard let validation = report.validation, monitor.hasPrefix("validation_") else { return nil }
    let name = monitor.dropFirst("validation_".count)
    if name == "loss" { return validation.loss }
    return report.metricNames.firstIndex { $0 == name }.map { validation.metrics[$0] }
  }

  /// Whether lower is better: for losses and errors, by name.
  package static func lowerIsBetter(_ monitor: String, mode: EarlyStopping.Mode = .auto) -> Bool {
    switch mode {
    case .min: true
    case .max: false
    case .auto: monitor.hasSuffix("loss") || monitor.hasSuffix("error")
    }
  }

  private static func improves(_ value: Double, on best: Double, minDelta: Double, lower: Bool) -> Bool {
    if best.isNaN { return !value.isNaN }
    return lower ? value < best - minDelta : value > best + minDelta
  }

  /// - Returns: whether this epoch is the best so far, and whether training should end.
  static func check(
    _ stopping: EarlyStopping, report: EpochReport, state: inout MonitorState
  ) -> (isBest: Bool, stop: Bool) {
    guard let value = figure(stopping.monitor, report: report) else { return (false, false) }
    let lower = lowerIsBetter(stopping.monitor, mode: stopping.mode)
    if improves(value, on: state.best, minDelta: stopping.minDelta, lower: lower) {
      state.best = value
      state.bestEpoch = report.epoch
      state.wait = 0
      return (true, false)
    }
    state.wait += 1
    return (false, state.wait >= stopping.patience && report.epoch > 1)
  }

  /// - Returns: what the learning rate's factor becomes.
  static func reduce(
    _ reduction: PlateauReduction, report: EpochReport, factor: Double, state: inout MonitorState
  ) -> Double {
    guard let value = figure(reduction.monitor, report: report) else { return factor }
    if state.cooldown > 0 {
      state.cooldown -= 1
      state.wait = 0
    }
    let lower = lowerIsBetter(reduction.monitor)
    if improves(value, on: state.best, minDelta: reduction.minDelta, lower: lower) {
      state.best = value
      state.bestEpoch = report.epoch
      state.wait = 0
    } else if state.cooldown == 0 {
      state.wait += 1
      let rate = reduction.initial * factor
      if state.wait >= reduction.patience, rate > reduction.minLearningRate {
        state.cooldown = reduction.cooldown
        state.wait = 0
        return max(rate * reduction.factor, reduction.minLearningRate) / reduction.initial
      }
    }
    return factor
  }
}
