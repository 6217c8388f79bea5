import Datasets
import Files
import Foundation
import Testing

/// Files with bytes changed, cut off or put in: read, or refused with an error of ours; never a crash.
@Suite(.tags(.slow)) struct DamagedFileTests {
  private static let formats = [
    "stored.npz", "deflated.npz", "versions.npz", "images-idx3-ubyte", "images-idx3-ubyte.gz", "members-idx3-ubyte.gz",
    "f8.idx", "one.libsvm", "zero.libsvm",
  ]

  private static func load(_ path: String, as name: String) throws {
    switch name {
    case "versions.npz":
      for array in ["v1", "v2", "v3"] { _ = try NPZSource(path: path, features: array, targets: nil).load() }
    case _ where name.hasSuffix(".npz"):
      _ = try NPZSource(path: path, features: "images", targets: "y").load(ReadOptions(nonFinite: .keep))
      _ = try NPZSource(path: path, features: "x", targets: "values").load()
    case _ where name.hasSuffix(".libsvm"): _ = try LIBSVMSource(path: path).load(ReadOptions(nonFinite: .keep))
    default: _ = try IDXSource(features: path).load(ReadOptions(nonFinite: .keep))
    }
  }

  @Test(arguments: formats) func everyChangeIsReadOrRefused(_ name: String) throws {
    let bench = try Workbench()
    let whole = try FileContents.read(fixture(name))
    try Self.load(fixture(name), as: name)
    var random = SplitMix(state: name.utf8.reduce(7) { $0 &* 31 &+ UInt64($1) })
    var refused = 0
    for _ in 0..<400 {
      var bytes = whole
      for _ in 0..<Int.random(in: 1...3, using: &random) where !bytes.isEmpty {
        let place = Int.random(in: 0..<bytes.count, using: &random)
        switch Int.random(in: 0..<8, using: &random) {
        case 0: bytes.removeSubrange(place...)
        case 1: bytes.insert(UInt8.random(in: 0...255, using: &random), at: place)
        case 2: bytes.removeSubrange(place..<min(place + 8, bytes.count))
        case 3: for byte in place..<min(place + 8, bytes.count) { bytes[byte] = 0xFF }
        case 4: bytes += bytes[place...]
        default: bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
        }
      }
      let path = bench.path("damaged")
      try Data(bytes).write(to: URL(fileURLWithPath: path))
      do {
        try Self.load(path, as: name)
      } catch is DatasetError {
        refused += 1
      }
    }
    #expect(refused > 40, "\(refused) of 400")
  }

  /// Every byte of an archive is covered by a checksum or a check.
  @Test func everyFlippedBitOfCompressedDataIsFound() throws {
    let bench = try Workbench()
    let whole = try FileContents.read(fixture("images-idx3-ubyte.gz"))
    let good = try IDXSource(features: fixture("images-idx3-ubyte.gz")).load()
    for place in 10..<whole.count {
      var bytes = whole
      bytes[place] ^= 0x10
      try Data(bytes).write(to: URL(fileURLWithPath: bench.path("x.gz")))
      let read = try? IDXSource(features: bench.path("x.gz")).load()
      #expect(read == nil || read?.fingerprint == good.fingerprint, "byte \(place)")
    }
  }
}

/// The same numbers at every run. Source: Steele, Lea, Flood, SplitMix64.
private struct SplitMix: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var word = state
    word = (word ^ word >> 30) &* 0xBF58_476D_1CE4_E5B9
    word = (word ^ word >> 27) &* 0x94D0_49BB_1331_11EB
    return word ^ word >> 31
  }
}
