import Testing

@testable import Sweeps

struct DrawTests {
  private let variations = [
    Variation("rate", LogUniformRange(1e-4, 1e-1)), Variation("units", ChoiceRange(["8", "16", "32"])),
    Variation("depth", IntegerRange(1, 4)), Variation("momentum", UniformRange(0, 1)),
  ]

  @Test func aLongerSweepBeginsAsAShorterOne() {
    for rules: [any DrawRule] in [
      [RandomDraws(variations, count: 9, seed: 4), RandomDraws(variations, count: 10, seed: 4)],
      [SobolDraws(variations, count: 9, seed: 4), SobolDraws(variations, count: 10, seed: 4)],
    ] {
      for number in 1...9 { #expect(rules[0].settings(of: number) == rules[1].settings(of: number)) }
    }
  }

  @Test func anotherKeyLeavesTheOthersAlone() {
    let fewer = RandomDraws([variations[2], variations[0]], count: 5, seed: 4)
    let all = RandomDraws(variations, count: 5, seed: 4)
    for number in 1...5 { #expect(Set(fewer.settings(of: number)).isSubset(of: all.settings(of: number))) }
  }

  @Test func otherSeedsDrawOtherwise() {
    for (one, other) in [
      (
        RandomDraws(variations, count: 3, seed: 1) as any DrawRule,
        RandomDraws(variations, count: 3, seed: 2) as any DrawRule
      ),
      (SobolDraws(variations, count: 3, seed: 1), SobolDraws(variations, count: 3, seed: 2)),
    ] {
      #expect((1...3).map { one.settings(of: $0)[3] } != (1...3).map { other.settings(of: $0)[3] })
    }
  }

  @Test func valuesStayInTheirRangesAndFillThem() throws {
    let draws = RandomDraws(variations, count: 2000, seed: 7)
    var rates: [Double] = []
    var counts: [String: Int] = [:]
    for number in 1...2000 {
      let settings = draws.settings(of: number)
      rates.append(try #require(Double(settings[0].value)))
      counts[settings[1].value, default: 0] += 1
      counts["depth " + settings[2].value, default: 0] += 1
    }
    #expect(rates.allSatisfy { $0 >= 1e-4 && $0 <= 1e-1 })
    // A third below each third of the decades.
    #expect(abs(rates.count { $0 < 1e-3 } - 667) < 80 && abs(rates.count { $0 < 1e-2 } - 1333) < 80)
    for choice in ["8", "16", "32"] { #expect(abs((counts[choice] ?? 0) - 667) < 80) }
    for depth in 1...4 { #expect(abs((counts["depth \(depth)"] ?? 0) - 500) < 80) }
  }

  @Test func numbersHaveSixDigitsAndAreYAML() {
    #expect(LogUniformRange(1e-9, 1e-7).value(at: 0.5) == "1.0e-08")
    #expect(UniformRange(0, 3).value(at: 1.0 / 3.0) == "1.0")
    #expect(UniformRange(0.1, 0.3).value(at: 0) == "0.1")
    #expect(UniformRange(0, 1).value(at: 0.123_456_789) == "0.123457")
  }

  @Test func textsAreShownWithoutTheirQuotes() {
    for (value, plain) in [
      (#""a,b""#, "a,b"), (#""line\nbreak \u00e9""#, "line\nbreak é"), ("0.1", "0.1"), ("{a: [1, 2]}", "{a: [1, 2]}"),
      (#""unfinished"#, #""unfinished"#),
    ] { #expect(Setting(key: "k", value: value).plain == plain) }
  }

  @Test func aGridHasEveryCombinationOnce() throws {
    let grid = try #require(GridDraws([variations[1], variations[2]]))
    #expect(grid.count == 12)
    let all = (1...12).map { grid.settings(of: $0).map(\.value) }
    #expect(Set(all).count == 12)
    #expect(all[0] == ["8", "1"] && all[1] == ["8", "2"] && all[11] == ["32", "4"])
    #expect(GridDraws([variations[0]]) == nil)
    #expect(GridDraws([])?.count == 1)
  }

  @Test func names() throws {
    #expect(Member(draw: DrawID(7), seed: 1, fold: 3).name == "d007-s1-f3")
    #expect(Member(draw: DrawID(12_345), seed: nil, fold: nil).name == "d12345")
    #expect(Member(draw: DrawID(2, isTold: true), seed: nil, fold: 10).name == "t002-f10")
    for name in ["d007-s1-f3", "d1000", "t002-f10", "d001-s12"] {
      #expect(Member(name: name)?.name == name)
    }
    for name in ["d7", "d0007", "x001", "d001-f", "d001-f3-s1", "d000", "d001-s1-f3-", "digits"] {
      #expect(Member(name: name) == nil)
    }
    #expect(
      Repetition(seeds: 2, folds: 2).members(of: DrawID(1)).map(\.suffix) == ["s1-f1", "s1-f2", "s2-f1", "s2-f2"])
  }
}
