import Datasets
import HDF5Storage
import Testing

@Suite struct NumPyRandomStateTests {
  @Test(arguments: [0, 42, 1234] as [UInt32])
  func drawsAreNumPysToTheLastBit(seed: UInt32) throws {
    let file = try HDF5File(readingAt: repository("Tests/Fixtures/sklearn/generators.h5"))
    let expected = try file.root.group("random_state/\(seed)")
    var random = NumPyRandomState(seed: seed)
    #expect(try (0..<20).map { _ in random.randomSample() } == expected.dataset("random_sample").read())
    #expect(try (0..<21).map { _ in random.normal() } == expected.dataset("normal").read())
    #expect(try (0..<5).map { _ in random.uniform(-1, 3) } == expected.dataset("uniform_after").read())
    var order = Array(Int64(0)..<100)
    random.shuffle(&order)
    #expect(try order == expected.dataset("shuffle_100").read())
    #expect(try random.permutation(10).map { Int64($0) } == expected.dataset("permutation_10").read())
    #expect(try (0..<20).map { _ in Int64(random.randint(0, 10)) } == expected.dataset("randint_0_10").read())
  }

  @Test func listsOfSeeds() {
    var random = NumPyRandomState(seeds: [1, 2, 3])
    #expect(
      (0..<3).map { _ in random.randomSample() } == [0.6098612722867289, 0.8866970434146851, 0.47633673750662764])
    var long = NumPyRandomState(seeds: (0..<700).map { UInt32($0) })
    #expect(long.nextWord() == 3727595200)
  }

  @Test func wideIntervals() {
    var random = NumPyRandomState(seed: 42)
    #expect((0..<3).map { _ in random.randint(0, 1 << 40) } == [441507790259, 395924837646, 458615280711])
    #expect((0..<3).map { _ in random.randint(-5, 5) } == [-1, 1, 4])
    var other = NumPyRandomState(seed: 42)
    #expect(other.interval(0) == 0)
    #expect(other.randomSample() == 0.3745401188473625, "an interval of one number must not draw")
  }
}
