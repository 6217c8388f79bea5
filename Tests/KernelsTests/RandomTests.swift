import Kernels
import Testing

@Suite struct RandomTests {
  /// Known answers of Random123 (kat_vectors, philox4x32 with 10 rounds).
  @Test func philoxGivesTheKnownAnswers() {
    let zero = Philox.block(counter: SIMD4(repeating: 0), key: SIMD2(repeating: 0))
    #expect(zero == SIMD4(0x6627_e8d5, 0xe169_c58d, 0xbc57_ac4c, 0x9b00_dbd8))
    let ones = Philox.block(counter: SIMD4(repeating: .max), key: SIMD2(repeating: .max))
    #expect(ones == SIMD4(0x408f_276d, 0x41c8_3b0e, 0xa20b_c7c6, 0x6d54_51fd))
    let pi = Philox.block(
      counter: SIMD4(0x243f_6a88, 0x85a3_08d3, 0x1319_8a2e, 0x0370_7344), key: SIMD2(0xa409_3822, 0x299f_31d0))
    #expect(pi == SIMD4(0xd16c_fe09, 0x94fd_cceb, 0x5001_e420, 0x2412_6ea1))
  }

  @Test func dropoutMaskIsPhiloxAndScale() {
    let key: UInt64 = 0x299f_31d0_a409_3822
    for (columns, rate) in [(1, Float(0.5)), (10, 0.1), (31, 0.9), (32, 0.5), (33, 0.25), (100, 0), (257, 0.999)] {
      let mask = Floats(count: 3 * columns) { _ in .nan }
      Elementwise.dropoutMask(
        key: key, step: 77, layer: 0xffff_fffe, firstRow: 0xffff_ffff, rate: rate, into: mask.mutableMatrix(3, columns))
      let threshold = UInt64(Double(rate) * 0x1p32)
      for row in 0..<3 {
        for column in 0..<columns {
          let block = Philox.block(
            counter: SIMD4(UInt32(column / 4), 0xffff_ffff &+ UInt32(row), 77, 0xffff_fffe),
            key: SIMD2(0xa409_3822, 0x299f_31d0))
          let expected: Float = UInt64(block[column % 4]) < threshold ? 0 : 1 / (1 - rate)
          #expect(mask.array[row * columns + column] == expected)
        }
      }
      #expect(mask.isIntact)
    }
  }

  @Test func dropoutMaskDoesNotDependOnHowRowsAreCut() {
    let whole = Floats(count: 64 * 37) { _ in .nan }
    Elementwise.dropoutMask(key: 5, step: 1, layer: 2, firstRow: 100, rate: 0.3, into: whole.mutableMatrix(64, 37))
    for cut in [1, 7, 32, 63] {
      let parts = Floats(count: 64 * 37) { _ in .nan }
      Elementwise.dropoutMask(
        key: 5, step: 1, layer: 2, firstRow: 100, rate: 0.3,
        into: parts.mutable[0..<(cut * 37)].matrix(rows: cut, columns: 37))
      Elementwise.dropoutMask(
        key: 5, step: 1, layer: 2, firstRow: 100 + UInt32(cut), rate: 0.3,
        into: parts.mutable[(cut * 37)..<(64 * 37)].matrix(rows: 64 - cut, columns: 37))
      #expect(parts.bits == whole.bits)
    }
    let dropped = Double(whole.array.count { $0 == 0 }) / Double(64 * 37)
    #expect(abs(dropped - 0.3) < 0.04)
    let otherStep = Floats(count: 64 * 37) { _ in .nan }
    Elementwise.dropoutMask(key: 5, step: 2, layer: 2, firstRow: 100, rate: 0.3, into: otherStep.mutableMatrix(64, 37))
    #expect(otherStep.bits != whole.bits)
  }

  @Test func streamsAreReproducibleAndApart() {
    var a = RandomStream(seed: 1, stream: 2)
    var b = RandomStream(seed: 1, stream: 2)
    var otherStream = RandomStream(seed: 1, stream: 3)
    var otherSeed = RandomStream(seed: 2, stream: 2)
    let words = (0..<64).map { _ in a.next() }
    #expect(words == (0..<64).map { _ in b.next() })
    #expect(a.index == 64)
    #expect(Set(words).isDisjoint(with: (0..<64).map { _ in otherStream.next() }))
    #expect(Set(words).isDisjoint(with: (0..<64).map { _ in otherSeed.next() }))
    // Not the words a dropout mask of the same key compares with: of the first block, for one.
    let mask = Philox.block(counter: SIMD4(0, 0, 2, 0), key: SIMD2(1, 0))
    #expect(words[0] != mask.x)
  }

  @Test func distributions() {
    var random = RandomStream(seed: 3, stream: 0)
    let count = 40_000
    let uniforms = (0..<count).map { _ in random.uniform() }
    #expect(uniforms.allSatisfy { $0 >= 0 && $0 < 1 })
    #expect(abs(uniforms.reduce(0, +) / Double(count) - 0.5) < 0.01)
    let normals = (0..<count).map { _ in random.normal() }
    #expect(abs(normals.reduce(0, +) / Double(count)) < 0.03)
    #expect(abs(normals.map { $0 * $0 }.reduce(0, +) / Double(count) - 1) < 0.04)
    #expect(abs(normals.map { $0 * $0 * $0 * $0 }.reduce(0, +) / Double(count) - 3) < 0.3)
    var counts = [Int](repeating: 0, count: 6)
    for _ in 0..<count { counts[Int(random.below(6))] += 1 }
    #expect(counts.allSatisfy { abs(Double($0) - Double(count) / 6) < 400 })
    #expect(random.below(1) == 0)
    // Where rejection is common: a third of all words.
    let large = (0..<3000).map { _ in random.below(0xaaaa_aaab) }
    #expect(large.allSatisfy { $0 < 0xaaaa_aaab })
    #expect(large.contains { $0 > 0xa000_0000 })
  }
}
