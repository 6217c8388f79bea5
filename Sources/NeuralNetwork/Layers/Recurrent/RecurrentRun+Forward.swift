internal import Kernels

extension RecurrentRun {
  /// All steps.
  ///
  /// - Parameters:
  ///   - x: read; y: overwritten, one step or all.
  ///   - zeroing: whether steps that the mask leaves out put 0 out, not what the step before did.
  ///   - carried: the state to begin with, h then c; nil: zeros. carriedOn: overwritten with the last one.
  ///   - saturation: overwritten with the number of flat gates, where it is wanted.
  func forward(
    _ x: Steps, into y: MutableSteps, zeroing: Bool, carried: Matrix? = nil, carriedOn: MutableMatrix? = nil,
    saturation: MutableVector? = nil
  ) {
    begin(carried)
    pack(back: false)
    let times = plan.times
    let chunk = plan.chunkSteps(rows: rows)
    for first in stride(from: 0, to: times, by: chunk) {
      let steps = first..<min(first + chunk, times)
      multiplyInputs(x, steps: steps)
      for time in steps {
        plan.cell.forward(self, time)
        if y.count > 1 || times == 1 { show(time, in: y, at: time, zeroing: zeroing, hasState: carried != nil) }
      }
    }
    if y.count == 1 && times > 1 { show(times - 1, in: y, at: 0, zeroing: zeroing, hasState: carried != nil) }
    if let carriedOn { leave(carriedOn) }
    if let saturation { countFlat(into: saturation) }
  }

  private func begin(_ carried: Matrix?) {
    let units = plan.units
    guard let carried else {
      h(0).fill(0)
      if plan.cell.hasMemory { c(0).fill(0) }
      return
    }
    Rows.copy(carried.columns(0..<units), into: h(0).matrix(rows: rows, columns: units))
    if plan.cell.hasMemory {
      Rows.copy(carried.columns(units..<2 * units), into: c(0).matrix(rows: rows, columns: units))
    }
  }

  private func leave(_ carriedOn: MutableMatrix) {
    let units = plan.units
    Rows.copy(h(plan.times).readOnly.matrix(rows: rows, columns: units), into: carriedOn.columns(0..<units))
    if plan.cell.hasMemory {
      Rows.copy(c(plan.times).readOnly.matrix(rows: rows, columns: units), into: carriedOn.columns(units..<2 * units))
    }
  }

  /// The output of step `time`.
  private func show(_ time: Int, in y: MutableSteps, at place: Int, zeroing: Bool, hasState: Bool) {
    let state = h(time + 1).readOnly.matrix(rows: rows, columns: plan.units)
    Rows.copy(state, into: y.at(place))
    guard let mask, zeroing || hasState else { return }
    // A state that was carried in is no output: before the first step that counts, the output is 0.
    for row in 0..<rows {
      let counts = zeroing ? mask.at(time)[row, 0] != 0 : (0...time).contains { mask.at($0)[row, 0] != 0 }
      if !counts { y.at(place).row(row).fill(0) }
    }
  }

  /// How many values of each gate lie where the recurrent activation is flat, of the steps that count.
  private func countFlat(into counts: MutableVector) {
    guard case .saturating(let centre, let reach) = plan.settings.recurrentActivation.probe else { return }
    let units = plan.units
    for (number, gate) in plan.cell.recurrentGates.enumerated() {
      var flat = 0
      for time in 0..<plan.times {
        let values = gates(time).readOnly.columns(gate * units..<(gate + 1) * units)
        for row in 0..<rows where mask.map({ $0.at(time)[row, 0] != 0 }) ?? true {
          flat += ActivationProbes.flatCount(values.row(row), centre: centre, reach: reach)
        }
      }
      counts[number] = Float(flat)
    }
  }
}
