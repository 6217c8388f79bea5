import Kernels
import Testing

/// One transform: the kernel on (update, slots), and its formula in Double on one element.
struct Transform: Sendable, CustomTestStringConvertible {
  let testDescription: String
  let slots: Int
  let kernel: @Sendable (MutableVector, [MutableVector]) -> Void
  let reference: @Sendable (_ u: inout Double, _ slots: inout [Double]) -> Void

  private static func sign(_ x: Double) -> Double { x > 0 ? 1 : (x < 0 ? -1 : x) }

  static let all = [
    Transform(
      testDescription: "trace", slots: 1,
      kernel: { Updates.trace($0, momentum: $1[0], mu: 0.9, nesterov: false) },
      reference: { u, slots in
        slots[0] = Double(Float(0.9)) * slots[0] + u
        u = slots[0]
      }),
    Transform(
      testDescription: "trace, Nesterov", slots: 1,
      kernel: { Updates.trace($0, momentum: $1[0], mu: 0.9, nesterov: true) },
      reference: { u, slots in
        slots[0] = Double(Float(0.9)) * slots[0] + u
        u += Double(Float(0.9)) * slots[0]
      }),
    Transform(
      testDescription: "rms", slots: 1,
      kernel: { Updates.scaleByRMS($0, velocity: $1[0], average: nil, rho: 0.9, epsilon: 1e-7) },
      reference: { u, slots in
        slots[0] = 0.9 * slots[0] + 0.1 * u * u
        u /= (slots[0] + 1e-7).squareRoot()
      }),
    Transform(
      testDescription: "rms, centered", slots: 2,
      kernel: { Updates.scaleByRMS($0, velocity: $1[0], average: $1[1], rho: 0.9, epsilon: 1e-7) },
      reference: { u, slots in
        slots[0] = 0.9 * slots[0] + 0.1 * u * u
        slots[1] = 0.9 * slots[1] + 0.1 * u
        u /= (max(slots[0] - slots[1] * slots[1], 0) + 1e-7).squareRoot()
      }),
    Transform(
      testDescription: "adagrad", slots: 1,
      kernel: { Updates.scaleByAdagrad($0, accumulator: $1[0], epsilon: 1e-7) },
      reference: { u, slots in
        slots[0] += u * u
        u /= (slots[0] + 1e-7).squareRoot()
      }),
    Transform(
      testDescription: "adam", slots: 2,
      kernel: {
        Updates.scaleByAdam(
          $0, momentum: $1[0], velocity: $1[1], velocityHat: nil, beta1: 0.9, beta2: 0.999, epsilon: 1e-7,
          correction: 0.25)
      },
      reference: { u, slots in
        slots[0] += (u - slots[0]) * 0.1
        slots[1] += (u * u - slots[1]) * 0.001
        u = 0.25 * slots[0] / (slots[1].squareRoot() + 1e-7)
      }),
    Transform(
      testDescription: "adam, AMSGrad", slots: 3,
      kernel: {
        Updates.scaleByAdam(
          $0, momentum: $1[0], velocity: $1[1], velocityHat: $1[2], beta1: 0.9, beta2: 0.99, epsilon: 1e-7,
          correction: 0.25)
      },
      reference: { u, slots in
        slots[0] += (u - slots[0]) * 0.1
        slots[1] += (u * u - slots[1]) * 0.01
        slots[2] = max(slots[2], slots[1])
        u = 0.25 * slots[0] / (slots[2].squareRoot() + 1e-7)
      }),
    Transform(
      testDescription: "nadam", slots: 2,
      kernel: {
        Updates.scaleByNadam(
          $0, momentum: $1[0], velocity: $1[1], beta1: 0.9, beta2: 0.999, epsilon: 1e-7, momentumFactor: 0.75,
          gradientFactor: 0.5, varianceFactor: 4)
      },
      reference: { u, slots in
        slots[0] += (u - slots[0]) * 0.1
        slots[1] += (u * u - slots[1]) * 0.001
        u = (slots[0] * 0.75 + u * 0.5) / ((slots[1] * 4).squareRoot() + 1e-7)
      }),
    Transform(
      testDescription: "lion", slots: 1,
      kernel: { Updates.scaleByLion($0, momentum: $1[0], beta1: 0.9, beta2: 0.99) },
      reference: { u, slots in
        let direction = sign(slots[0] * 0.9 + u * 0.1)
        slots[0] = slots[0] * 0.99 + u * 0.01
        u = direction
      }),
    Transform(
      testDescription: "average", slots: 1,
      kernel: { Updates.average($1[0], weights: $0.readOnly, momentum: 0.875) },
      reference: { u, slots in slots[0] = slots[0] * 0.875 + u * 0.125 }),
  ]
}

@Suite struct UpdatesTests {
  @Test(arguments: Transform.all, lengths)
  func agreesWithDouble(_ transform: Transform, _ count: Int) {
    let update = Floats(draws(count, stream: 20))
    let slots = (0..<transform.slots).map { slot in
      Floats(draws(count, stream: 21 + UInt64(slot)).map { abs($0) + (slot == 0 ? 0.1 : 0.2) })
    }
    var expectedUpdates: [Double] = []
    var expectedSlots = [[Double]](repeating: [], count: transform.slots)
    for index in 0..<count {
      var u = Double(update.array[index])
      var values = slots.map { Double($0.array[index]) }
      // The centered variance is a difference: keep it away from cancellation, which the test below is about.
      if transform.testDescription == "rms, centered" {
        slots[0].mutable[index] = Float(values[1] * values[1] * 2 + 1)
        values[0] = Double(slots[0].mutable[index])
      }
      transform.reference(&u, &values)
      expectedUpdates.append(u)
      for slot in values.indices { expectedSlots[slot].append(values[slot]) }
    }
    transform.kernel(update.mutable, slots.map(\.mutable))
    #expect(firstDifference(update.array, expectedUpdates, tolerance: 1e-6, floor: 0.1) == nil)
    for (slot, expected) in zip(slots, expectedSlots) {
      #expect(firstDifference(slot.array, expected, tolerance: 1e-6, floor: 0.1) == nil)
      #expect(slot.isIntact)
    }
    #expect(update.isIntact)
  }

  @Test(arguments: Transform.all)
  func doesNotDependOnTheCut(_ transform: Transform) {
    let update = draws(67, stream: 30)
    let slot = draws(67, stream: 31).map { abs($0) }
    func run(cut: Int) -> [[UInt32]] {
      let u = Floats(update)
      let slots = (0..<transform.slots).map { _ in Floats(slot) }
      for part in [0..<cut, cut..<67] { transform.kernel(u.mutable[part], slots.map { $0.mutable[part] }) }
      return [u.bits] + slots.map(\.bits)
    }
    let whole = run(cut: 0)
    for cut in [1, 4, 15, 16, 33, 66] { #expect(run(cut: cut) == whole) }
  }

  /// A large, constant gradient: v - a^2 is 0 but for rounding, which must not come out as NaN.
  @Test func centeredVarianceIsNotNegative() {
    let velocity = Floats(count: 64) { _ in 0 }
    let average = Floats(count: 64) { _ in 0 }
    for _ in 0..<300 {
      let update = Floats(count: 64) { 1000 + Float($0) * 3.7 }
      Updates.scaleByRMS(
        update.mutable, velocity: velocity.mutable, average: average.mutable, rho: 0.9, epsilon: 1e-7)
      #expect(update.array.allSatisfy { $0.isFinite })
    }
  }

  /// 1 - beta is taken in Double: from Float's 0.999 it would be 1.3e-5 off.
  @Test func decayRatesKeepTheirComplement() {
    let update = Floats([1])
    let momentum = Floats([0])
    let velocity = Floats([0])
    Updates.scaleByAdam(
      update.mutable, momentum: momentum.mutable, velocity: velocity.mutable, velocityHat: nil, beta1: 0.9,
      beta2: 0.999, epsilon: 1e-7, correction: 1)
    #expect(momentum.array == [0.1] && velocity.array == [0.001])
  }

  /// One pass or five: the same bits, also where squares of floats under- or overflow.
  @Test(arguments: lengths, [Float(1), 1e25, 1e-28])
  func adamInOnePassIsTheChain(_ count: Int, _ size: Float) {
    for (amsgrad, decay) in [(false, nil), (true, nil), (false, Float(-0.003)), (true, -0.003)] {
      let gradient = Floats(draws(count, stream: 35, scale: size))
      let slots = (36..<39).map { stream in draws(count, stream: stream, scale: size).map { abs($0) } }
      let weights = draws(count, stream: 39, scale: size)
      let (chained, fused) = (slots.map { Floats($0) }, slots.map { Floats($0) })
      let (chainedWeights, fusedWeights) = (Floats(weights), Floats(weights))
      let (update, scratch) = (Floats(weights), Floats(weights))
      Updates.copy(gradient.vector, scaledBy: 0.3, into: update.mutable)
      Updates.scaleByAdam(
        update.mutable, momentum: chained[0].mutable, velocity: chained[1].mutable,
        velocityHat: amsgrad ? chained[2].mutable : nil, beta1: 0.9, beta2: 0.999, epsilon: 1e-7, correction: 0.25)
      Elementwise.scale(update.mutable, by: -0.01)
      if let decay { Elementwise.add(chainedWeights.vector, scaledBy: decay, to: update.mutable) }
      let expected = Updates.apply(update.vector, to: chainedWeights.mutable, statistics: true)
      let found = Updates.adam(
        gradient.vector, scale: 0.3, momentum: fused[0].mutable, velocity: fused[1].mutable,
        velocityHat: amsgrad ? fused[2].mutable : nil, beta1: 0.9, beta2: 0.999, epsilon: 1e-7, correction: 0.25,
        rate: -0.01, decay: decay, update: scratch.mutable, weights: fusedWeights.mutable)
      #expect(fused.map(\.bits) == chained.map(\.bits))
      #expect(fusedWeights.bits == chainedWeights.bits && scratch.bits == update.bits)
      #expect(found.updateSquareSum == expected.updateSquareSum && found.weightSum == expected.weightSum)
      #expect(found.weightSquareSum == expected.weightSquareSum)
      #expect(fused.allSatisfy(\.isIntact) && fusedWeights.isIntact && scratch.isIntact)
    }
  }

  @Test(arguments: lengths)
  func copies(_ count: Int) {
    let gradient = Floats(draws(count, stream: 32))
    let update = Floats(count: count) { _ in .nan }
    Updates.copy(gradient.vector, scaledBy: 0.125, into: update.mutable)
    #expect(update.array == gradient.array.map { $0 * 0.125 })
    Updates.copy(gradient.vector, clippedTo: 0.5, into: update.mutable)
    #expect(update.array == gradient.array.map { min(max($0, -0.5), 0.5) })
    #expect(update.isIntact)
  }

  @Test func clippingPutsInfinityAtTheLimit() {
    let gradient = Floats([.infinity, -.infinity, 2, -2, 1, -1])
    Updates.copy(gradient.vector, clippedTo: 1, into: gradient.mutable)
    #expect(gradient.array == [1, -1, 1, -1, 1, -1])
  }

  @Test(arguments: lengths, [Float(1), 1e30, 1e-30, 0])
  func apply(_ count: Int, _ size: Float) {
    let update = Floats(draws(count, stream: 33, scale: size))
    let weights = Floats(draws(count, stream: 34, scale: size))
    let expected = zip(weights.array, update.array).map { $0 + $1 }
    let silent = Floats(weights.array)
    let found = Updates.apply(update.vector, to: weights.mutable, statistics: true)
    #expect(weights.array == expected)
    #expect(
      close(found.updateSquareSum, update.array.map { Double($0) * Double($0) }.reduce(0, +), 3e-6))
    #expect(
      close(
        found.weightSum, expected.map(Double.init).reduce(0, +), 3e-6,
        scale: expected.map { Double(abs($0)) }.reduce(0, +)))
    #expect(close(found.weightSquareSum, expected.map { Double($0) * Double($0) }.reduce(0, +), 3e-6))
    let none = Updates.apply(update.vector, to: silent.mutable, statistics: false)
    #expect(silent.bits == weights.bits)
    #expect(none.updateSquareSum == 0 && none.weightSum == 0 && none.weightSquareSum == 0)
    #expect(weights.isIntact && update.isIntact)
  }
}
