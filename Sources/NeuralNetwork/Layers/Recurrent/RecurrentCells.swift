internal import Kernels

/// h(t) = activation(x(t) W + h(t - 1) R + b)
struct SimpleCell: RecurrentCell {
  var gates: Int { 1 }
  var keptGates: Int { 1 }
  var gradientGates: Int { 1 }
  var recurrentGates: [Int] { [] }
  var showsActivation: Bool { true }
  var hasMemory: Bool { false }
  var biasRows: Int { 1 }
  var masksGates: Bool { false }
  var parts: [GatePart] { [GatePart(gradient: 0..<1, input: 0..<1, recurrent: 0..<1)] }

  func forward(_ run: RecurrentRun, _ time: Int) {
    run.addRecurrent(of: run.h(time), to: run.gates(time), afterReset: false)
    run.step(time).simple(
      gates: run.gates(time).vector, z: run.preactivation(time), h0: run.h(time).readOnly, h: run.h(time + 1))
  }

  func backward(_ run: RecurrentBackRun, _ time: Int) {
    run.forward.step(time).simpleBack(
      gates: run.forward.gates(time).readOnly.vector, z: run.forward.preactivation(time)?.readOnly, dh: run.dh,
      dgates: run.dgates(time))
  }
}

/// Gates i f g o: c(t) = f c(t - 1) + i g, h(t) = o activation(c(t)).
struct LSTMCell: RecurrentCell {
  let unitForgetBias: Bool
  var startsOpen: Bool { unitForgetBias }

  func biasInitializer(_ initializer: Initializer) -> Initializer {
    unitForgetBias ? .forgetGateOnes(others: initializer) : initializer
  }

  var gates: Int { 4 }
  var keptGates: Int { 4 }
  var gradientGates: Int { 4 }
  var recurrentGates: [Int] { [0, 1, 3] }
  var showsActivation: Bool { false }
  var hasMemory: Bool { true }
  var biasRows: Int { 1 }
  var masksGates: Bool { true }
  var parts: [GatePart] { [GatePart(gradient: 0..<4, input: 0..<4, recurrent: 0..<4)] }

  func forward(_ run: RecurrentRun, _ time: Int) {
    run.addRecurrent(of: run.h(time), to: run.gates(time), afterReset: false)
    run.step(time).lstm(
      gates: run.gates(time).vector, z: run.preactivation(time), c0: run.c(time).readOnly, c: run.c(time + 1),
      h0: run.h(time).readOnly, h: run.h(time + 1))
  }

  func backward(_ run: RecurrentBackRun, _ time: Int) {
    let forward = run.forward
    forward.step(time).lstmBack(
      gates: forward.gates(time).readOnly.vector, z: forward.preactivation(time)?.readOnly,
      c0: forward.c(time).readOnly, c: forward.c(time + 1).readOnly, dh: run.dh, dc: run.dc, dgates: run.dgates(time))
  }
}

/// Gates z r g, the reset after the product: g = activation(x W_g + r p), p = h(t - 1) R_g + b', h(t) = z h(t - 1) + (1 - z) g.
struct GRUCell: RecurrentCell {
  var gates: Int { 3 }
  /// z r g p
  var keptGates: Int { 4 }
  /// z r p g
  var gradientGates: Int { 4 }
  var recurrentGates: [Int] { [0, 1] }
  var showsActivation: Bool { false }
  var hasMemory: Bool { false }
  var biasRows: Int { 2 }
  var masksGates: Bool { true }
  var parts: [GatePart] {
    [
      GatePart(gradient: 0..<2, input: 0..<2, recurrent: 0..<2),
      GatePart(gradient: 2..<3, input: nil, recurrent: 2..<3),
      GatePart(gradient: 3..<4, input: 2..<3, recurrent: nil),
    ]
  }

  func forward(_ run: RecurrentRun, _ time: Int) {
    run.multiplyRecurrent(run.h(time), into: run.product)
    run.step(time).gru(
      gates: run.gates(time).vector, z: run.preactivation(time), product: run.product.readOnly.vector,
      h0: run.h(time).readOnly, h: run.h(time + 1))
  }

  func backward(_ run: RecurrentBackRun, _ time: Int) {
    let forward = run.forward
    forward.step(time).gruBack(
      gates: forward.gates(time).readOnly.vector, z: forward.preactivation(time)?.readOnly,
      h0: forward.h(time).readOnly, dh: run.dh, dgates: run.dgates(time))
  }
}

/// Gates z r g, the reset before the product: g = activation(x W_g + (r h(t - 1)) R_g + b), h(t) = z h(t - 1) + (1 - z) g.
struct GRUResetBeforeCell: RecurrentCell {
  var gates: Int { 3 }
  var keptGates: Int { 3 }
  var gradientGates: Int { 3 }
  var recurrentGates: [Int] { [0, 1] }
  var showsActivation: Bool { false }
  var hasMemory: Bool { false }
  var biasRows: Int { 1 }
  var masksGates: Bool { true }
  var parts: [GatePart] {
    [
      GatePart(gradient: 0..<2, input: 0..<2, recurrent: 0..<2),
      GatePart(gradient: 2..<3, input: 2..<3, recurrent: 2..<3, isAfterReset: true),
    ]
  }

  func forward(_ run: RecurrentRun, _ time: Int) {
    let step = run.step(time)
    let (gates, z, h0) = (run.gates(time), run.preactivation(time), run.h(time))
    run.addRecurrent(of: h0, to: gates, afterReset: false)
    step.gruGates(gates: gates.vector, z: z, h0: h0.readOnly, reset: run.reset)
    run.addRecurrent(of: run.reset, to: gates, afterReset: true)
    step.gruState(gates: gates.vector, z: z, h0: h0.readOnly, h: run.h(time + 1))
  }

  func backward(_ run: RecurrentBackRun, _ time: Int) {
    let forward = run.forward
    let step = forward.step(time)
    let (gates, z) = (forward.gates(time).readOnly.vector, forward.preactivation(time)?.readOnly)
    let h0 = forward.h(time).readOnly
    step.gruStateBack(gates: gates, z: z, h0: h0, dh: run.dh, dgates: run.dgates(time))
    run.dreset.fill(0)
    run.addRecurrentGradient(at: time, to: run.dreset, afterReset: true)
    step.gruGatesBack(
      gates: gates, z: z, h0: h0, dreset: run.dreset.readOnly, dh: run.dh, dgates: run.dgates(time))
  }
}
