import Datasets
import Kernels
import Testing

/// Samples with two inputs, a target and weights: input 0 of row r is (r, r + 0.5), input 1 is the token 10 + r.
private struct PairSource: SampleSource {
  let weights: [Float]

  var count: Int { weights.count }
  var fingerprint: String { "pairs" }

  let schema = SampleSchema(
    inputs: [.init("position", shape: [2]), .init("word", shape: [1], kind: .tokens(count: 20))],
    targets: [.init("label", shape: [1], kind: .classes(count: 2, names: ["no", "yes"]))], isWeighted: true)

  func gather(_ rows: UnsafeBufferPointer<Int32>, into batch: Batch) {
    for (place, row) in rows.enumerated() {
      batch.input(0)[place, 0] = Float(row)
      batch.input(0)[place, 1] = Float(row) + 0.5
      batch.input(1)[place, 0] = Float(10 + row)
      batch.target(0)[place, 0] = Float(row % 2)
      batch.weights?[place] = weights[Int(row)]
    }
  }

  func divisor(of rows: UnsafeBufferPointer<Int32>) -> Divisor {
    Divisor(rows.reduce(0.0) { $0 + Double(weights[Int($1)]) })
  }
}

@Suite struct BatchTests {
  private let source = PairSource(weights: [0.5, 2, 0, 1, 0])

  @Test func everyFieldStandsInItsOwnView() {
    let memory = AlignedBuffer(count: 2 * 10)
    memory.mutable.fill(.nan)
    let base = memory.mutable
    let views = BatchViews(source.schema, workers: 2)
    func batch(_ worker: Int) -> Batch {
      let own = base[worker * 10..<worker * 10 + 10]
      return views.batch(
        worker: worker, rows: 2,
        inputs: { $0 == 0 ? own[0..<4].matrix(rows: 2, columns: 2) : own[4..<6].matrix(rows: 2, columns: 1) },
        targets: { _ in own[6..<8].matrix(rows: 2, columns: 1) }, weights: own[8..<10])
    }
    let (first, second) = (batch(0), batch(1))
    withExtendedLifetime(views) {
      ([3, 1] as [Int32]).withUnsafeBufferPointer { source.gather($0, into: second) }
      ([2, 0] as [Int32]).withUnsafeBufferPointer { source.gather($0, into: first) }
    }
    #expect(
      memory.vector.array == [2, 2.5, 0, 0.5, 12, 10, 0, 0, 0, 0.5, 3, 3.5, 1, 1.5, 13, 11, 1, 1, 1, 2],
      "a worker's batch leaves another's alone")
  }

  @Test func aDivisorIsTheSumOfTheWeights() {
    func divisor(_ rows: [Int32]) -> Divisor { rows.withUnsafeBufferPointer { source.divisor(of: $0) } }
    #expect(divisor([0, 1, 3]).amount == 3.5)
    #expect(divisor([0, 1, 3]) == divisor([0, 4, 1, 2, 3]), "weight 0 equals a row left out")
    #expect(divisor([1]) == Divisor(2) && divisor([1]).scale == 0.5 && divisor([1]).mean(3) == 1.5)
    #expect(divisor([2, 4]).isZero && !divisor([2, 0]).isZero)
  }

  @Test func withoutWeightsADivisorIsTheNumberOfRows() {
    let source = InMemorySource(
      features: [1, 2, 3], sampleShape: [1], targets: [0, 1, 1], targetColumns: 1,
      targetKind: .classes(count: 2, names: []))
    ([2, 0] as [Int32]).withUnsafeBufferPointer { #expect(source.divisor(of: $0) == Divisor(2)) }
    #expect(source.schema.inputs.map(\.name) == ["features"] && !source.schema.isWeighted)
    #expect(source.schema.targets == [.init("targets", shape: [1], kind: .classes(count: 2, names: []))])
  }

  @Test func rowsMayStandApart() {
    let source = InMemorySource(
      features: (0..<60).map { Float($0) }, sampleShape: [20], targets: [7, 8, 9], targetColumns: 1, targetKind: .values
    )
    let memory = AlignedBuffer(count: 2 * 32)
    memory.mutable.fill(-1)
    let wide = memory.mutable.matrix(rows: 2, columns: 32)
    let views = BatchViews(source.schema, workers: 1)
    let batch = views.batch(
      worker: 0, rows: 2, inputs: { _ in wide.columns(1..<21) }, targets: { _ in wide.columns(30..<31) })
    withExtendedLifetime(views) { ([2, 0] as [Int32]).withUnsafeBufferPointer { source.gather($0, into: batch) } }
    for (place, row) in [2, 0].enumerated() {
      let expected =
        [-1] + (0..<20).map { Float(20 * row + $0) } + [Float](repeating: -1, count: 9) + [Float(7 + row), -1]
      #expect((0..<32).map { wide[place, $0] } == expected)
    }
  }

  @Test func categoriesAndTokensAreClassesOfTheirNumber() {
    func kind(_ kind: SampleSchema.Kind) -> TargetKind {
      SampleSchema(inputs: [.init("x", shape: [3])], targets: [.init("y", shape: [1], kind: kind)]).targetKind
    }
    #expect(kind(.tokens(count: 7)) == .classes(count: 7, names: []))
    #expect(kind(.categories(count: 5)) == .classes(count: 5, names: []))
    #expect(kind(.classes(count: 2, names: ["a", "b"])) == .classes(count: 2, names: ["a", "b"]))
    #expect(kind(.values) == .values)
    #expect(SampleSchema(inputs: [.init("x", shape: [3, 2])], targets: []).targetColumns == 0)
    #expect(SampleSchema.Field("x", shape: [3, 2]).columns == 6)
  }
}
