import Checkpointing
import Testing

/// What may go, and what never may.
@Suite struct RetentionPolicyTests {
  private func candidates(_ steps: [Int], unhealthy: Set<Int> = [], figures: [Int: Double] = [:])
    -> [RetentionPolicy.Candidate]
  {
    steps.map { .init(step: $0, isHealthy: !unhealthy.contains($0), figure: figures[$0]) }
  }

  @Test func theNewestStay() {
    let steps = [0, 10, 20, 30, 40]
    #expect(RetentionPolicy(keepLast: 3).removable(candidates(steps)) == [0, 10])
    #expect(RetentionPolicy(keepLast: 9).removable(candidates(steps)).isEmpty)
    #expect(RetentionPolicy(keepLast: 3).removable([]).isEmpty)
  }

  @Test func neverFewerThanTwoHealthyOnes() {
    for keepLast in [0, 1, 2] {
      let policy = RetentionPolicy(keepLast: keepLast)
      #expect(policy.removable(candidates([1, 2, 3])) == [1])
      #expect(policy.removable(candidates([1, 2])).isEmpty)
      #expect(policy.removable(candidates([1, 2, 3, 4], unhealthy: [3])) == [1, 3])
      #expect(policy.removable(candidates([1, 2, 3, 4], unhealthy: [2, 3])) == [2, 3])
    }
  }

  @Test func unhealthyOnesDoNotCountAndGoOnceOutlived() {
    let policy = RetentionPolicy(keepLast: 2)
    #expect(policy.removable(candidates([10, 20, 30, 40], unhealthy: [30, 40])).isEmpty)
    #expect(policy.removable(candidates([10, 20, 30, 40, 50], unhealthy: [30, 40])) == [10, 30, 40])
    #expect(policy.removable(candidates([10, 20], unhealthy: [10, 20])).isEmpty)
  }

  @Test func theBestStay() {
    let figures = [10: 0.5, 20: 0.1, 30: 0.3, 40: .nan, 50: 0.4]
    let all = candidates([10, 20, 30, 40, 50, 60], figures: figures)
    #expect(RetentionPolicy(keepLast: 2, keepBest: 1).removable(all) == [10, 30, 40])
    #expect(RetentionPolicy(keepLast: 2, keepBest: 2).removable(all) == [10, 40])
    #expect(RetentionPolicy(keepLast: 2, keepBest: 1, lowerIsBetter: false).removable(all) == [20, 30, 40])
    let equal = candidates([1, 2, 3, 4, 5], figures: [1: 7, 2: 7, 3: 7])
    #expect(RetentionPolicy(keepLast: 2, keepBest: 1).removable(equal) == [2, 3])
    let infinite = candidates([1, 2, 3, 4], figures: [1: .infinity, 2: 3])
    #expect(RetentionPolicy(keepLast: 2, keepBest: 1).removable(infinite) == [1])
  }

  @Test func multiplesStay() {
    let steps = [0, 50, 100, 150, 200, 250, 300]
    let policy = RetentionPolicy(keepLast: 2, keepEvery: 100)
    #expect(policy.removable(candidates(steps)) == [0, 50, 150])
  }

  /// A file goes only if every rule lets it go: a rule more never removes a file more.
  @Test func rulesOnlyAddToWhatStays() {
    var random = SystemRandomNumberGenerator()
    for _ in 0..<2000 {
      let steps = Set((0..<Int.random(in: 0...12, using: &random)).map { _ in Int.random(in: 0...30, using: &random) })
      let unhealthy = steps.filter { _ in Int.random(in: 0..<4, using: &random) == 0 }
      let figures = Dictionary(uniqueKeysWithValues: steps.map { ($0, Double.random(in: 0...1, using: &random)) })
      let all = candidates(steps.shuffled(), unhealthy: unhealthy, figures: figures)
      let keepLast = Int.random(in: 0...5, using: &random)
      let removed = Set(RetentionPolicy(keepLast: keepLast).removable(all))
      for more in [
        RetentionPolicy(keepLast: keepLast, keepBest: 2), RetentionPolicy(keepLast: keepLast, keepEvery: 5),
        RetentionPolicy(keepLast: keepLast + 1),
      ] {
        #expect(Set(more.removable(all)).isSubset(of: removed))
      }
      let healthy = steps.subtracting(unhealthy)
      #expect(removed.isDisjoint(with: healthy.sorted().suffix(2)))
      #expect(steps.subtracting(removed).subtracting(unhealthy).count >= min(2, healthy.count))
    }
  }
}
