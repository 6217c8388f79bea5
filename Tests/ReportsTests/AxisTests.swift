import Testing

@testable import Reports

@Suite struct AxisTests {
  @Test(arguments: [
    (0.0, 1.0, ["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"]), (0, 0.35, ["0", "0.1", "0.2", "0.3"]),
    (-3, 3, ["−2", "0", "2"]), (0, 4e-7, ["0", "1e-7", "2e-7", "3e-7", "4e-7"]),
    (0, 3.1e9, ["0", "1e9", "2e9", "3e9"]), (0.9995, 1.0005, ["0.9996", "0.9998", "1.0000", "1.0002", "1.0004"]),
  ])
  func linearTicksAreMultiplesOfOneTwoOrFive(lower: Double, upper: Double, expected: [String]) {
    let ticks = Axis(scale: .linear, lower: lower, upper: upper).ticks(about: 5)
    #expect(ticks.map(\.label).map { $0 == "0.0" ? "0" : $0 } == expected.map { $0 == "0.0" ? "0" : $0 })
    for tick in ticks { #expect(tick.value >= lower && tick.value <= upper) }
  }

  @Test func everyRangeHasAFewTicksWithDifferentLabels() {
    var random = SystemRandomNumberGenerator()
    for _ in 0..<2000 {
      let magnitude = Double.random(in: -30...30, using: &random)
      let lower = Double.random(in: -1...1, using: &random) * power(magnitude)
      let upper = lower + Double.random(in: 0.001...10, using: &random) * power(magnitude)
      let ticks = Axis(scale: .linear, lower: lower, upper: upper).ticks(about: 5)
      #expect((2...11).contains(ticks.count), "\(lower) \(upper) \(ticks)")
      #expect(Set(ticks.map(\.label)).count == ticks.count, "\(lower) \(upper) \(ticks)")
      for (tick, next) in zip(ticks, ticks.dropFirst()) { #expect(tick.value < next.value) }
      for tick in ticks { #expect(tick.label.count <= 10, "\(tick)") }
    }
  }

  private func power(_ exponent: Double) -> Double {
    var result = 1.0
    for _ in 0..<Int(abs(exponent)) { result *= 10 }
    return exponent < 0 ? 1 / result : result
  }

  @Test func logarithmicTicksArePowersOfTen() {
    let axis = Axis(scale: .logarithmic, lower: 3e-9, upper: 40)
    let ticks = axis.ticks(about: 5)
    #expect(ticks.map(\.label) == ["1e-8", "1e-6", "1e-4", "0.01", "1"] || ticks.allSatisfy { isPowerOfTen($0.value) })
    #expect((3...6).contains(ticks.count))
    #expect(axis.fraction(3e-9) == 0 && abs(axis.fraction(40) - 1) < 1e-12)
    // Nothing there for a logarithm: the lower end.
    #expect(axis.fraction(0) == 0 && axis.fraction(-1) == 0)
    #expect(Axis(scale: .logarithmic, lower: 0.11, upper: 0.9).ticks(about: 5).map(\.label) == ["0.2", "0.5"])
    #expect(Axis(scale: .logarithmic, lower: 2.1, upper: 2.4).ticks(about: 5).count >= 2)
    #expect(Axis(scale: .logarithmic, lower: 1e-40, upper: 1e40).ticks(about: 5).count >= 3)
  }

  private func isPowerOfTen(_ value: Double) -> Bool {
    var value = value
    while value < 0.5 { value *= 10 }
    while value > 5 { value /= 10 }
    return abs(value - 1) < 1e-9
  }

  @Test func stepTicksAreWholeAndShort() {
    #expect(Axis.steps(0, 3).stepTicks(about: 5).map(\.label) == ["0", "1", "2", "3"])
    #expect(Axis.steps(1, 1350).stepTicks(about: 5).map(\.label) == ["500", "1000"])
    #expect(Axis.steps(1, 1_000_000).stepTicks(about: 5).map(\.label) == ["200k", "400k", "600k", "800k", "1M"])
    #expect(Axis.countText(2_500_000) == "2.5M" && Axis.countText(9400) == "9400" && Axis.countText(20_000) == "20k")
    // A run of one step has an axis too.
    #expect(Axis.steps(7, 7).fraction(7) == 0)
  }

  @Test func theScaleFollowsTheValues() {
    func axis(_ values: [Double], _ choice: AxisChoice = .automatic) -> Axis {
      var extent = ValueExtent()
      extent.add(values)
      return extent.axis(choice)
    }
    #expect(axis([0.7, 0.5, 0.3]).scale == .linear)
    #expect(axis([1e20, 5, 0.3]).scale == .logarithmic)
    #expect(axis([-0.1, 0.2, 0.3, .nan]).scale == .linear)
    guard case .symmetric = axis([-1e18, 0.1, 0.2, -0.1, 0.1]).scale else {
      Issue.record("signed values over many powers of ten")
      return
    }
    // Nothing positive: no logarithm.
    #expect(axis([0, 0], .logarithmic).scale == .linear && axis([-1, -2], .logarithmic).scale == .linear)
    for values in [
      [], [.nan, .infinity], [0, 0, 0], [5], [-5], [1e308, -1e308], [.leastNonzeroMagnitude],
      [.leastNonzeroMagnitude, 1.7e308], [0, 1e-300],
      [1, 1 + 1e-12],
    ] as [[Double]] {
      for choice in [AxisChoice.automatic, .logarithmic, .linear] {
        let axis = axis(values, choice)
        #expect(axis.lower < axis.upper && axis.lower.isFinite && axis.upper.isFinite, "\(values)")
        for value in values where value.isFinite { #expect(axis.fraction(value).isFinite, "\(values)") }
        _ = axis.ticks(about: 5)
      }
    }
  }
}
