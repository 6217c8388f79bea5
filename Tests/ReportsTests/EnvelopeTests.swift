import Testing

@testable import Reports

@Suite struct EnvelopeTests {
  private func envelope(_ values: [Double], steps: [Double]? = nil, peaks: [Double]? = nil, columns: Int) -> Envelope {
    let steps = steps ?? values.indices.map { Double($0 + 1) }
    let series = FigureSeries("a", color: .category(0), steps: steps, values: values, peaks: peaks)
    return Envelope(series, axis: .steps(steps.min() ?? 0, steps.max() ?? 1), columns: columns)
  }

  @Test func noSpikeIsLost() {
    var values = (0..<1_000_000).map { 1 + 0.1 * Double($0 % 7) }
    values[123_456] = 1e6
    values[777_777] = -50
    let columns = envelope(values, columns: 448).stretches.flatMap { $0 }
    #expect(columns.count == 448)
    #expect(columns.map(\.high).max() == 1e6 && columns.map(\.low).min() == -50)
    // Each in its own column, and nowhere else.
    #expect(columns.filter { $0.high > 100 }.map(\.number) == [55])
    #expect(columns.filter { $0.low < 0 }.map(\.number) == [348])
    for column in columns { #expect(column.low <= column.mean && column.mean <= column.high) }
  }

  @Test func peaksOfMergedRowsCount() {
    let columns = envelope([1, 1, 1], peaks: [1, 9, 1], columns: 3).stretches.flatMap { $0 }
    #expect(columns.map(\.high) == [1, 9, 1] && columns.map(\.mean) == [1, 1, 1])
  }

  @Test func whatIsNotFiniteIsAGapWithAMark() {
    let envelope = envelope([1, 2, .nan, .nan, 3, .infinity, -.infinity, 4], columns: 8)
    #expect(envelope.stretches.map { $0.map(\.mean) } == [[1, 2], [3], [4]])
    #expect(envelope.gaps.map(\.number) == [2, 3, 5, 6])
    #expect(envelope.gaps.map(\.gap) == [.nan, .nan, .above, .below])
  }

  @Test func oneNaNAmongManyIsMarked() {
    var values = [Double](repeating: 1, count: 10_000)
    values[5000] = .nan
    #expect(envelope(values, columns: 100).gaps.count == 1)
  }

  @Test func stepsThatAreFarApartAreJoinedAndGoingBackBeginsAnew() {
    #expect(envelope([1, 2, 3], steps: [1, 50, 100], columns: 100).stretches.count == 1)
    #expect(envelope([1, 2, 3, 4], steps: [1, 60, 30, 100], columns: 100).stretches.map(\.count) == [2, 2])
  }

  @Test func nothingAtAllIsNoFailure() {
    #expect(envelope([], columns: 10).stretches.isEmpty)
    let none = envelope([.nan, .nan], columns: 10)
    #expect(none.stretches.isEmpty && none.gaps.count == 2)
  }
}
