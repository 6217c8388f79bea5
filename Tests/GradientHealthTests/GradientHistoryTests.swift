import GradientHealth
import Testing

/// A history beside every row it was ever given.
private struct Recorded {
  var history: GradientHistory
  private(set) var steps: [[Double]] = []
  private(set) var layers: [[Float]] = []
  private(set) var places: [GradientHistory.RowPlace] = []

  init(layers: Int, capacity: Int, olderCapacity: Int) {
    history = GradientHistory(
      layers: (0..<layers).map { "layer_\($0)" }, capacity: capacity, olderCapacity: olderCapacity)
  }

  /// Row number n is a function of n alone: two histories of the same rows are given the same.
  mutating func append(spikes: [Int: Double] = [:]) {
    let number = places.count
    var value = UInt64(number) &* 0x9e37_79b9_7f4a_7c15 | 1
    func draw() -> Double {
      value ^= value << 13
      value ^= value >> 7
      value ^= value << 17
      return Double(value >> 11) * 0x1p-53 * 2 - 1
    }
    var step = StepColumn.allCases.map { _ in draw() }
    let width = history.layers.count
    var layer = KernelColumn.allCases.flatMap { column in
      (0..<width).map { _ in column.facts.merge == .rootMeanSquare ? Float(abs(draw())) : Float(draw()) }
    }
    if let spike = spikes[number] {
      for column in [StepColumn.loss, .lossMax, .gradientNorm, .gradientNormMax] { step[column.rawValue] = spike }
      for number in 0..<width {
        for column in [KernelColumn.gradientAbsMax, .gradientMax, .gradientRms] {
          layer[column.rawValue * width + number] = Float(spike)
        }
        layer[KernelColumn.gradientMin.rawValue * width + number] = -Float(spike)
      }
    }
    let place = GradientHistory.RowPlace(
      step: Int64(10 + number), epoch: Int64(number / 7), attempt: Int64(number / 100))
    step.withUnsafeBufferPointer { steps in
      layer.withUnsafeBufferPointer { history.append(place, steps: steps, figures: $0) }
    }
    steps.append(step)
    layers.append(layer)
    places.append(place)
  }

  /// Rows of the record that row `row` of the history should stand for: those before it end where it starts.
  var spans: [Range<Int>] {
    var start = 0
    return history.places.map { place in
      defer { start += Int(place.rows) }
      return start..<start + Int(place.rows)
    }
  }
}

private func merge(_ rule: MergeRule, _ values: [Double]) -> Double {
  switch rule {
  case .mean: values.reduce(0, +) / Double(values.count)
  case .rootMeanSquare: (values.reduce(0) { $0 + $1 * $1 } / Double(values.count)).squareRoot()
  case .minimum: values.contains { $0.isNaN } ? .nan : values.min() ?? .nan
  case .maximum: values.contains { $0.isNaN } ? .nan : values.max() ?? .nan
  case .sum: values.reduce(0, +)
  case .last: values.last ?? .nan
  }
}

@Suite struct NewestRowsTests {
  /// Against the rows themselves, before and after older ones were merged.
  @Test(arguments: [1, 2, 7, 30]) func theNewestRowsAreMergedByTheirRules(_ rows: Int) {
    var recorded = Recorded(layers: 3, capacity: 32, olderCapacity: 8)
    #expect(recorded.history.newest(rows).isEmpty)
    for _ in 0..<131 { recorded.append() }
    let merged = recorded.history.newest(rows)
    let newest = recorded.layers.suffix(rows)
    for place in merged.indices {
      let rule = KernelColumn.allCases[place / recorded.history.layers.count].facts.merge
      let expected = merge(rule, newest.map { Double($0[place]) })
      #expect(abs(Double(merged[place]) - expected) < 1e-6, "\(place)")
    }
    #expect(merged.count == recorded.history.rowWidth && recorded.history.newest(0).isEmpty)
  }
}

/// Everything that is written of a history, as bits.
private func bits(_ history: GradientHistory) -> ([GradientHistory.RowPlace], [[UInt64]], [[UInt32]]) {
  (
    history.places, StepColumn.allCases.map { history.column($0).map(\.bitPattern) },
    KernelColumn.allCases.map { history.column($0).map(\.bitPattern) }
  )
}

private func restored(_ history: GradientHistory) -> GradientHistory? {
  GradientHistory(
    layers: history.layers, capacity: history.capacity, olderCapacity: history.olderCapacity,
    places: history.places,
    steps: Dictionary(uniqueKeysWithValues: StepColumn.allCases.map { ($0, history.column($0)) }),
    statistics: Dictionary(uniqueKeysWithValues: KernelColumn.allCases.map { ($0, history.column($0)) }))
}

@Suite struct GradientHistoryTests {
  private static let capacities = [(2, 2), (3, 2), (8, 3), (7, 4), (16, 16), (5, 64)]

  @Test(arguments: capacities)
  func rowsStandForAllStepsInOrder(capacity: Int, older: Int) {
    var recorded = Recorded(layers: 2, capacity: capacity, olderCapacity: older)
    for number in 1...700 {
      recorded.append()
      let places = recorded.history.places
      #expect(recorded.history.count == places.count)
      // Levels: 1, 2, 4, ... steps a row, no more than there are steps.
      let levels = Set(places.map(\.rows))
      #expect(levels.allSatisfy { $0 & ($0 - 1) == 0 })
      #expect(places.map(\.rows) == places.map(\.rows).sorted(by: >))
      for level in levels {
        #expect(places.filter { $0.rows == level }.count <= (level == 1 ? capacity : older))
      }
      let coarsest = Int(levels.max() ?? 0)
      #expect(coarsest <= 2 || coarsest * older <= 2 * number, "coarser than need be")
      // The newest stand at full resolution; every row is called after its last step.
      #expect(places.suffix(min(capacity - 1, number)).allSatisfy { $0.rows == 1 })
      #expect(places.reduce(0) { $0 + $1.rows } == Int64(number))
      for (place, span) in zip(places, recorded.spans) {
        let last = recorded.places[span.upperBound - 1]
        #expect(place.step == last.step && place.epoch == last.epoch && place.attempt == last.attempt)
      }
    }
  }

  @Test(arguments: capacities)
  func columnsAreMerged(capacity: Int, older: Int) {
    var recorded = Recorded(layers: 3, capacity: capacity, olderCapacity: older)
    for number in 1...500 {
      recorded.append()
      if number % 61 == 0 || number == 500 { checkColumns(recorded) }
    }
  }

  /// By vectors and the rest, however many layers there are.
  @Test(arguments: 1...9, [1.0, 0, -0.0, .infinity, .nan])
  func twoRowsAreMergedToTheBitsOfTheRule(layers: Int, spike: Double) {
    var recorded = Recorded(layers: layers, capacity: 2, olderCapacity: 2)
    for _ in 0..<3 { recorded.append(spikes: [1: spike]) }
    for column in KernelColumn.allCases {
      let expected = (0..<layers).map { layer in
        let place = column.rawValue * layers + layer
        return Float(
          column.facts.merge.merge(Double(recorded.layers[0][place]), 1, Double(recorded.layers[1][place]), 1))
      }
      let found = recorded.history.column(column).prefix(layers)
      #expect(zip(found, expected).allSatisfy { $0.bitPattern == $1.bitPattern || $0.isNaN && $1.isNaN }, "\(column)")
    }
  }

  private func checkColumns(_ recorded: Recorded) {
    let history = recorded.history
    let spans = recorded.spans
    for column in StepColumn.allCases {
      let expected = spans.map { merge(column.facts.merge, recorded.steps[$0].map { $0[column.rawValue] }) }
      let found = history.column(column)
      #expect(found.count == expected.count)
      #expect(zip(found, expected).allSatisfy { abs($0 - $1) <= 1e-12 }, "\(column)")
    }
    for column in KernelColumn.allCases {
      let expected = spans.flatMap { span in
        history.layers.indices.map { layer in
          merge(
            column.facts.merge, recorded.layers[span].map { Double($0[column.rawValue * history.layers.count + layer]) }
          )
        }
      }
      let found = history.column(column)
      #expect(found.count == expected.count)
      let exact = column.facts.merge == .minimum || column.facts.merge == .maximum
      #expect(
        zip(found, expected).allSatisfy { abs(Double($0) - $1) <= (exact ? 0 : 1e-6) }, "\(column)")
    }
  }

  /// However long ago: the spike is in the largest values, though the means have long forgotten it.
  @Test(arguments: [0, 1, 37, 250])
  func spikesAreKept(_ step: Int) {
    var recorded = Recorded(layers: 2, capacity: 8, olderCapacity: 4)
    for _ in 0..<2000 { recorded.append(spikes: [step: 1e6]) }
    let history = recorded.history
    #expect(history.column(StepColumn.lossMax).filter { $0 == 1e6 }.count == 1)
    #expect(history.column(StepColumn.gradientNormMax).filter { $0 == 1e6 }.count == 1)
    #expect(history.column(KernelColumn.gradientAbsMax).filter { $0 == 1e6 }.count == 2)
    #expect(history.column(KernelColumn.gradientMax).filter { $0 == 1e6 }.count == 2)
    #expect(history.column(KernelColumn.gradientMin).filter { $0 == -1e6 }.count == 2)
    #expect((history.column(StepColumn.loss).max() ?? 0) < 1e5)
  }

  @Test(arguments: [Double.nan, .infinity])
  func notFiniteStays(_ value: Double) {
    var recorded = Recorded(layers: 1, capacity: 8, olderCapacity: 4)
    for _ in 0..<2000 { recorded.append(spikes: [123: value]) }
    let history = recorded.history
    for column in [StepColumn.loss, .lossMax, .gradientNorm, .gradientNormMax] {
      #expect(history.column(column).filter { !$0.isFinite }.count == 1, "\(column)")
    }
    for column in [KernelColumn.gradientAbsMax, .gradientMax, .gradientMin, .gradientRms] {
      #expect(history.column(column).filter { !$0.isFinite }.count == 1, "\(column)")
    }
    #expect(history.column(StepColumn.learningRate).allSatisfy { $0.isFinite })
  }

  /// A checkpoint at any step changes nothing that comes after.
  @Test(arguments: capacities)
  func restoredGoesOnAsIfNeverWritten(capacity: Int, older: Int) throws {
    var whole = Recorded(layers: 2, capacity: capacity, olderCapacity: older)
    var resumed = whole
    for number in 1...400 {
      whole.append(spikes: [50: .nan, 90: 1e9])
      resumed.append(spikes: [50: .nan, 90: 1e9])
      if number % 3 == 0 || number < 40 {
        resumed.history = try #require(restored(resumed.history), "after \(number)")
      }
      #expect(bits(resumed.history) == bits(whole.history), "after \(number)")
    }
  }

  @Test func nothingIsRestoredAsNothing() throws {
    let empty = GradientHistory(layers: ["a"], capacity: 4, olderCapacity: 2)
    #expect(empty.count == 0 && empty.places.isEmpty && empty.column(StepColumn.loss).isEmpty)
    #expect(try #require(restored(empty)).count == 0)
  }

  @Test func defaultsAreBounded() {
    var history = GradientHistory(layers: [])
    let steps = StepColumn.allCases.map { _ in 1.0 }
    for number in 0..<100_000 {
      steps.withUnsafeBufferPointer { steps in
        history.append(
          .init(step: Int64(number), epoch: 0, attempt: 0), steps: steps, figures: .init(start: nil, count: 0))
      }
    }
    // 4,096 of one step, and at most 512 of each of 2, 4, ... 256.
    #expect(history.count <= 4096 + 8 * 512)
    #expect(history.places.reduce(0) { $0 + $1.rows } == 100_000)
  }

  @Test func rowsThatDoNotFitAreRefused() {
    func history(
      rows: [Int64], stepCount: Int? = nil, layerCount: Int? = nil, without: StepColumn? = nil
    ) -> GradientHistory? {
      let places = rows.enumerated().map {
        GradientHistory.RowPlace(step: Int64($0.offset), epoch: 0, attempt: 0, rows: $0.element)
      }
      var steps = Dictionary(
        uniqueKeysWithValues: StepColumn.allCases.map {
          ($0, [Double](repeating: 1, count: stepCount ?? rows.count))
        })
      if let without { steps[without] = nil }
      let layers = Dictionary(
        uniqueKeysWithValues: KernelColumn.allCases.map {
          ($0, [Float](repeating: 1, count: layerCount ?? 2 * rows.count))
        })
      return GradientHistory(
        layers: ["a", "b"], capacity: 4, olderCapacity: 2, places: places, steps: steps, statistics: layers)
    }
    #expect(history(rows: [2, 1, 1, 1, 1])?.count == 5)
    #expect(history(rows: [3, 1]) == nil)
    #expect(history(rows: [0, 1]) == nil)
    #expect(history(rows: [-2, 1]) == nil)
    #expect(history(rows: [1, 1, 1, 1, 1]) == nil)
    #expect(history(rows: [2, 2, 2, 1]) == nil)
    #expect(history(rows: [1, 1], stepCount: 1) == nil)
    #expect(history(rows: [1, 1], layerCount: 2) == nil)
    #expect(history(rows: [1, 1], without: .penalty) == nil)
  }

  /// A layer's figures along an axis are merged by their rule, and put back where they were.
  @Test func seriesAreColumnsOfTheirOwn() throws {
    let series = [
      HistorySeries(.throughTime, layer: "lstm", positions: [0, 4, 8]),
      HistorySeries(.throughTime, layer: "gru", positions: [0]),
    ]
    var history = GradientHistory(layers: ["a", "b"], series: series, capacity: 2, olderCapacity: 2)
    let kernels = 2 * KernelColumn.allCases.count
    #expect(history.rowWidth == kernels + 4)
    for step in 1...3 {
      let figures = [Float](repeating: 9, count: kernels) + [1, 2, 3, 4].map { Float(step) * $0 }
      StepColumn.allCases.map { _ in 0.0 }.withUnsafeBufferPointer { steps in
        figures.withUnsafeBufferPointer {
          history.append(.init(step: Int64(step), epoch: 0, attempt: 0), steps: steps, figures: $0)
        }
      }
    }
    #expect(history.places.map(\.rows) == [2, 1])
    let roots = [2.5, 10, 22.5, 40].map { Float($0.squareRoot()) }
    #expect(history.column(series: 0) == roots.prefix(3) + [3, 6, 9])
    #expect(history.column(series: 1) == [roots[3], 12])
    #expect(history.column(KernelColumn.weightRms) == [9, 9, 9, 9] && history.newest(2).count == kernels)
    func restored(_ figures: [[Float]]) -> GradientHistory? {
      GradientHistory(
        layers: history.layers, series: series, capacity: 2, olderCapacity: 2, places: history.places,
        steps: Dictionary(uniqueKeysWithValues: StepColumn.allCases.map { ($0, history.column($0)) }),
        statistics: Dictionary(uniqueKeysWithValues: KernelColumn.allCases.map { ($0, history.column($0)) }),
        seriesFigures: figures)
    }
    let copy = try #require(restored(series.indices.map(history.column(series:))))
    #expect(copy.column(series: 0) == history.column(series: 0) && copy.column(series: 1) == history.column(series: 1))
    #expect(restored([]) == nil && restored([[1], [1, 2]]) == nil)
  }

  @Test func pathsAndNamesAreDistinct() {
    let steps = StepColumn.allCases.map(\.facts)
    let facts = steps + KernelColumn.allCases.map(\.facts) + SeriesColumn.allCases.map(\.facts)
    #expect(Set(facts.map(\.path)).count == facts.count)
    #expect(Set(facts.map { "\($0.name)" }).count == facts.count && Set(facts.map(\.tag)).count == facts.count)
  }
}
