import Checkpointing
import Testing

/// What a rule that is not asked for keeps: nothing. And who is not known is not among the best.
@Suite struct RetentionBoundaryTests {
  private func candidates(_ figures: [(Int, Double?)]) -> [RetentionPolicy.Candidate] {
    figures.map { .init(step: $0.0, isHealthy: true, figure: $0.1) }
  }

  @Test func figuresAloneKeepNothing() {
    let all = candidates([(1, 0.1), (2, 0.2), (3, 0.3), (4, 0.4)])
    #expect(RetentionPolicy(keepLast: 2).removable(all) == [1, 2])
    #expect(RetentionPolicy(keepLast: 2, keepBest: 0).removable(all) == [1, 2])
  }

  @Test func lowerIsBetterUnlessSaid() {
    let all = candidates([(1, 0.1), (2, 0.9), (3, 0.5), (4, 0.5), (5, 0.5)])
    #expect(RetentionPolicy(keepLast: 2, keepBest: 1).removable(all) == [2, 3])
    #expect(RetentionPolicy(keepLast: 2, keepBest: 1, lowerIsBetter: false).removable(all) == [1, 3])
    #expect(RetentionPolicy(keepLast: 2, keepBest: 2, lowerIsBetter: false).removable(all) == [1])
  }

  /// Room among the best stays empty rather than go to one without a figure, or with NaN.
  @Test func unknownIsNotBest() {
    let all = candidates([(1, nil), (2, 0.5), (3, .nan), (4, nil), (5, 1), (6, 1)])
    #expect(RetentionPolicy(keepLast: 2, keepBest: 3).removable(all) == [1, 3, 4])
    #expect(RetentionPolicy(keepLast: 2, keepBest: 9, lowerIsBetter: false).removable(all) == [1, 3, 4])
  }

  /// An unhealthy one is not among the best, whatever its figure.
  @Test func unhealthyIsNotBest() {
    let all = [
      RetentionPolicy.Candidate(step: 1, isHealthy: false, figure: 0),
      .init(step: 2, isHealthy: true, figure: 2), .init(step: 3, isHealthy: true, figure: 3),
      .init(step: 4, isHealthy: true, figure: 4), .init(step: 5, isHealthy: true, figure: 5),
    ]
    #expect(RetentionPolicy(keepLast: 2, keepBest: 1).removable(all) == [1, 3])
  }

  @Test func noMultiplesOfNothing() {
    let all = candidates([(0, nil), (1, nil), (2, nil), (3, nil)])
    #expect(RetentionPolicy(keepLast: 2, keepEvery: 0).removable(all) == [0, 1])
    #expect(RetentionPolicy(keepLast: 2, keepEvery: -5).removable(all) == [0, 1])
    #expect(RetentionPolicy(keepLast: 2, keepEvery: 1).removable(all) == [0])
  }

  /// Multiples stay unhealthy ones too: they are asked for by number.
  @Test func multiplesStayWhateverTheirHealth() {
    let all = [10, 15, 20, 25, 30].map { RetentionPolicy.Candidate(step: $0, isHealthy: $0 != 10, figure: nil) }
    #expect(RetentionPolicy(keepLast: 2, keepEvery: 10).removable(all) == [15])
  }

  @Test func oldestFirstWhateverTheOrder() {
    let all = candidates([(30, nil), (10, nil), (50, nil), (20, nil), (40, nil)])
    #expect(RetentionPolicy(keepLast: 2).removable(all) == [10, 20, 30])
  }
}
