import Kernels
import Testing

@Suite struct ProductSumTests {
  init() { NumericKernels.start() }

  /// Shards of unequal rows, one of them of a single row, and a scratch that is as large as it must be.
  private struct Shards {
    let inputs: Int
    let units: Int
    let sum: ProductSum
    let x: [Floats]
    let dz: [Floats]
    let panels: [Floats]
    let rows: [Int]
    let scratch: Floats

    init(_ count: Int, inputs: Int, units: Int) {
      self.inputs = inputs
      self.units = units
      rows = (0..<count).map { $0 == 1 ? 1 : 9 + $0 % 3 }
      x = rows.enumerated().map { Floats(draws($1 * inputs, stream: 300 + UInt64($0))) }
      dz = rows.enumerated().map { Floats(draws($1 * units, stream: 400 + UInt64($0))) }
      sum = ProductSum(inputs: inputs, units: units, shards: count)
      panels = rows.map { Floats(count: panelCount(rows: $0, columns: units)) { _ in .nan } }
      for shard in rows.indices {
        packPanels(of: dz[shard].matrix(rows[shard], units), into: panels[shard].mutable)
        sum.setFactors(ofShard: shard, x[shard].matrix(rows[shard], inputs), panels: panels[shard].vector)
      }
      scratch = Floats(count: ProductSum.scratchCount(rows: rows.reduce(0, +))) { _ in .nan }
    }

    func elements(_ range: Range<Int>, of shards: Range<Int>) -> [Float] {
      let gradient = Floats(count: inputs * units) { _ in .nan }
      sum.sum(of: shards, elements: range, into: gradient.mutable, scratch: scratch.mutable)
      let array = gradient.array
      #expect(gradient.isIntact && scratch.isIntact && panels.allSatisfy(\.isIntact))
      #expect(array.indices.allSatisfy { range.contains($0) || array[$0].isNaN }, "only what was asked for")
      return Array(array[range])
    }

    /// One shard's product, element by element in the order of its rows.
    func product(_ shard: Int) -> [Double] {
      var product = [Double](repeating: 0, count: inputs * units)
      for row in 0..<rows[shard] {
        for input in 0..<inputs {
          for unit in 0..<units {
            product[input * units + unit] +=
              Double(x[shard].array[row * inputs + input]) * Double(dz[shard].array[row * units + unit])
          }
        }
      }
      return product
    }
  }

  @Test(arguments: [1, 2, 3, 7, 8]) func isTheSumAlongTheTree(_ count: Int) {
    let shards = Shards(count, inputs: 13, units: 37)
    let all = 0..<13 * 37
    let found = shards.elements(all, of: 0..<count)
    let products = (0..<count).map(shards.product)
    let expected = all.map { element in products.reduce(0) { $0 + $1[element] } }
    #expect(firstDifference(found, expected, tolerance: 1e-6, floor: Double(count)) == nil)

    // The same bits as each shard's own product, added as `ShardGradients` does.
    var parts = (0..<count).map { shards.elements(all, of: $0..<$0 + 1) }
    var distance = 1
    while distance < count {
      for shard in stride(from: 0, to: count - distance, by: 2 * distance) {
        for element in all { parts[shard][element] += parts[shard + distance][element] }
      }
      distance *= 2
    }
    let isSame = found.map(\.bitPattern) == parts[0].map(\.bitPattern)  // outside of `#expect`, which would print both
    #expect(isSame)
  }

  @Test func doesNotDependOnTheCut() {
    let shards = Shards(3, inputs: 29, units: 70)
    let count = 29 * 70
    let whole = shards.elements(0..<count, of: 0..<3).map(\.bitPattern)
    for cut in [1, 69, 70, 71, 64 * 29, 555, count - 1] {
      let parts = shards.elements(0..<cut, of: 0..<3) + shards.elements(cut..<count, of: 0..<3)
      #expect(parts.map(\.bitPattern) == whole, "cut at \(cut)")
    }
    #expect(shards.elements(200..<203, of: 0..<3).map(\.bitPattern) == Array(whole[200..<203]))
  }

  @Test func whatIsNotFiniteComesThrough() {
    let shards = Shards(3, inputs: 9, units: 40)
    shards.x[1].mutable[4] = .nan
    let found = shards.elements(0..<360, of: 0..<3)
    #expect((0..<360).allSatisfy { found[$0].isNaN == (160..<200).contains($0) })
  }
}
