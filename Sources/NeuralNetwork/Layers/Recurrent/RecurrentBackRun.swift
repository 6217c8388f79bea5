internal import Kernels

/// The way back through all steps of a pass.
struct RecurrentBackRun {
  let forward: RecurrentRun
  let dh: MutableVector
  let dc: MutableVector
  /// dL/d reset, `[rows, units]`.
  let dreset: MutableVector
  private let scratch: MutableVector
  /// First step of the chunk.
  private var first = 0
  private var plan: RecurrentPlan { forward.plan }
  private var rows: Int { forward.rows }

  init(_ forward: RecurrentRun, scratch: MutableVector) {
    self.forward = forward
    self.scratch = scratch
    dh = forward.plan.dstate.of(scratch, rows: forward.rows)
    dc = forward.plan.dmemory.of(scratch, rows: forward.rows)
    dreset = forward.plan.reset.of(scratch, rows: forward.rows)
  }

  /// dL/dz of a step, rows `plan.gradientStride` apart.
  func dgates(_ time: Int) -> MutableVector {
    let count = rows * plan.gradientStride
    return plan.dgates.of(scratch, rows: rows)[(time - first) * count..<(time - first + 1) * count]
  }

  /// dL/dz of some steps of the chunk.
  private func dgates(of steps: Range<Int>) -> Matrix {
    Matrix(
      base: dgates(steps.lowerBound).readOnly.base, rows: steps.count * rows,
      columns: plan.cell.gradientGates * plan.units, stride: plan.gradientStride)
  }

  /// state += dgates(t) R^T, of the parts that are so multiplied, under their masks.
  func addRecurrentGradient(at time: Int, to state: MutableVector, afterReset: Bool) {
    let target = state.matrix(rows: rows, columns: plan.units)
    let gradient = dgates(of: time..<time + 1)
    for part in plan.parts where part.recurrent != nil && part.isAfterReset == afterReset {
      let panels = forward.recurrentPanels(part, back: true)
      let left = gradient.columns(part.gradient)
      guard let mask = forward.recurrentMask(of: part) else {
        panels.multiply(left, into: target, accumulating: true)
        continue
      }
      let masked = plan.maskedState.of(scratch, rows: rows).matrix(rows: rows, columns: plan.units)
      panels.multiply(left, into: masked)
      Rows.copy(masked.readOnly, times: mask, into: target, adding: true)
    }
  }

  /// All steps, from the last to the first.
  ///
  /// - Parameters:
  ///   - dy: the output's gradient, one step or all.
  ///   - gradients: overwritten. dx: overwritten or added to; nil: not wanted.
  ///   - throughTime: overwritten with sums of squares, where they are wanted.
  mutating func run(
    _ x: Steps, _ dy: Steps, zeroing: Bool, gradients: RecurrentWeights<MutableVector>, dx: MutableSteps?,
    adding: Bool = false, throughTime: MutableVector? = nil
  ) {
    forward.pack(back: true, inputs: dx != nil)
    dh.fill(0)
    dc.fill(0)
    throughTime?.fill(0)
    let (times, truncate) = (plan.times, plan.settings.truncate)
    let chunk = plan.chunkSteps(rows: rows)
    var isFirst = true
    for first in stride(from: (times - 1) / chunk * chunk, through: 0, by: -chunk) {
      self.first = first
      let steps = first..<min(first + chunk, times)
      for time in steps.reversed() {
        if dy.count > 1 || time == times - 1 { receive(dy.at(dy.count > 1 ? time : 0), time, zeroing: zeroing) }
        if let throughTime {
          // Bins of `Measurement.throughTime`: the last one that begins at or before the time.
          let bins = throughTime.count
          let bin = ((time + 1) * bins - 1) / times
          throughTime[bin] += Float(Reductions.squareSum(dh.readOnly))
        }
        plan.cell.backward(self, time)
        if truncate > 0 && time % truncate == 0 {
          dh.fill(0)
          dc.fill(0)
        } else if time > 0 {
          addRecurrentGradient(at: time, to: dh, afterReset: false)
        }
      }
      takeGradients(of: steps, x, into: gradients, accumulating: !isFirst)
      if let dx { takeInputGradient(of: steps, into: dx, adding: adding) }
      isFirst = false
    }
  }

  private func receive(_ dy: Matrix, _ time: Int, zeroing: Bool) {
    let target = dh.matrix(rows: rows, columns: plan.units)
    guard zeroing, let mask = forward.mask else { return Rows.copy(dy, into: target, adding: true) }
    for row in 0..<rows where mask.at(time)[row, 0] != 0 {
      Rows.copy(dy.rows(row..<row + 1), into: target.rows(row..<row + 1), adding: true)
    }
  }

  /// The weights' gradients of a chunk, each one product over all its rows.
  private func takeGradients(
    of steps: Range<Int>, _ x: Steps, into gradients: RecurrentWeights<MutableVector>, accumulating: Bool
  ) {
    let (units, width) = (plan.units, plan.cell.gates * plan.units)
    let all = dgates(of: steps)
    let kernel = gradients.kernel.matrix(rows: plan.inputs, columns: width)
    let recurrent = gradients.recurrent.matrix(rows: units, columns: width)
    let outer = plan.outer.of(scratch, rows: rows)
    let inputs = forward.chunkInputs(steps.count)
    var isCopied = false
    for part in plan.parts {
      let panels = StandingMatrix(
        inner: all.rows, columns: part.gradient.count, in: plan.dpanels.of(scratch, rows: rows))
      panels.pack(all.columns(part.gradient))
      if let columns = part.input {
        if !isCopied || plan.inputMaskCount > 1 {
          forward.copyInputs(x, steps: steps, times: forward.inputMask(of: part), into: inputs)
        }
        isCopied = true
        panels.multiply(
          transposed: inputs.readOnly, into: kernel.columns(columns), accumulating: accumulating, scratch: outer)
        if let bias = gradients.bias { panels.sumRows(into: bias[columns], accumulating: accumulating) }
      }
      if let columns = part.recurrent {
        panels.multiply(
          transposed: multiplied(by: part, steps), into: recurrent.columns(columns), accumulating: accumulating,
          scratch: outer)
        if let bias = gradients.bias, plan.cell.biasRows == 2 {
          panels.sumRows(
            into: bias[width + columns.lowerBound..<width + columns.upperBound], accumulating: accumulating)
        }
      }
    }
  }

  /// What the recurrent kernel's part multiplied in some steps.
  private func multiplied(by part: RecurrentPlan.Part, _ steps: Range<Int>) -> Matrix {
    let units = plan.units
    let states = forward.h(before: steps)
    let mask = forward.recurrentMask(of: part)
    if !part.isAfterReset && mask == nil { return states }
    let chunk = plan.chunkStates.of(scratch, rows: rows).matrix(rows: states.rows, columns: units)
    if part.isAfterReset {
      Rows.copy(states, times: forward.allGates(of: steps).readOnly.columns(units..<2 * units), into: chunk)
    } else {
      Rows.copy(states, into: chunk)
    }
    if let mask {
      for number in 0..<steps.count {
        let step = chunk.rows(number * rows..<(number + 1) * rows)
        Rows.copy(step.readOnly, times: mask, into: step)
      }
    }
    return chunk.readOnly
  }

  private func takeInputGradient(of steps: Range<Int>, into dx: MutableSteps, adding: Bool) {
    let all = dgates(of: steps)
    let chunk = forward.chunkInputs(steps.count)
    let masksParts = plan.inputMaskCount > 1
    var number = 0
    for part in plan.parts where part.input != nil {
      forward.inputPanels(part, back: true).multiply(
        all.columns(part.gradient), into: chunk, accumulating: number > 0 && !masksParts)
      if masksParts {
        give(chunk.readOnly, steps, times: forward.inputMask(of: part), to: dx, adding: adding || number > 0)
      }
      number += 1
    }
    if !masksParts { give(chunk.readOnly, steps, times: forward.inputMask(of: plan.parts[0]), to: dx, adding: adding) }
  }

  private func give(_ chunk: Matrix, _ steps: Range<Int>, times mask: Matrix?, to dx: MutableSteps, adding: Bool) {
    for (number, time) in steps.enumerated() {
      Rows.copy(chunk.rows(number * rows..<(number + 1) * rows), times: mask, into: dx.at(time), adding: adding)
    }
  }
}
