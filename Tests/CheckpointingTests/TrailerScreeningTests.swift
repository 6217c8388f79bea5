import Foundation
import Testing

@testable import Checkpointing

/// Trailers read from files, piece by piece.
@Suite struct TrailerScreeningTests {
  private let path = FileManager.default.temporaryDirectory.appending(path: "cairn-trailer-\(UUID().uuidString).h5")
    .path
  /// Two whole pieces and a bit.
  private let image = (0..<(2 << 20) + 77).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 9) }

  private func write(_ bytes: [UInt8]) throws { try Data(bytes).write(to: URL(filePath: path)) }

  private func kind(digest: Bool = true) -> CheckpointError.Kind? {
    do {
      _ = try CheckpointTrailer(screening: path, digest: digest)
      return nil
    } catch {
      return (error as? CheckpointError)?.kind
    }
  }

  @Test func aWholeFilePasses() throws {
    defer { try? FileManager.default.removeItem(atPath: path) }
    let trailer = CheckpointTrailer(image: image, step: 9, isHealthy: false)
    try write(image + trailer.bytes)
    for digest in [true, false] {
      #expect(try CheckpointTrailer(screening: path, digest: digest) == trailer)
    }
  }

  /// A byte of each piece, first and last ones: found by the digest, and by nothing else.
  @Test func changedBytesAreFoundByTheDigest() throws {
    defer { try? FileManager.default.removeItem(atPath: path) }
    let trailer = CheckpointTrailer(image: image, step: 9, isHealthy: true).bytes
    for place in [0, (1 << 20) - 1, 1 << 20, (2 << 20) + 5, image.count - 1] {
      var changed = image
      changed[place] ^= 4
      try write(changed + trailer)
      #expect(kind() == .damaged, "byte \(place)")
      #expect(kind(digest: false) == nil)
    }
  }

  @Test func whatIsNoCheckpointIsNamedSo() throws {
    #expect(kind() == .missing)
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
    #expect(kind() == .damaged)
    try FileManager.default.removeItem(atPath: path)
    defer { try? FileManager.default.removeItem(atPath: path) }
    try write(Array(image[..<128]))
    #expect(kind(digest: false) == .damaged)
    try write(Array(image[..<400]))
    #expect(kind(digest: false) == .damaged)
    let trailer = CheckpointTrailer(image: [], step: 9, isHealthy: true).bytes
    try write(trailer)
    #expect(kind() == .damaged, "an empty image is none")
  }

  @Test func claims() {
    let bytes = CheckpointTrailer(image: image, step: 9, isHealthy: true).bytes
    let ill = CheckpointTrailer(image: image, step: 9, isHealthy: false).bytes
    #expect(CheckpointTrailer.isPresent(in: image + bytes))
    #expect(!CheckpointTrailer.isPresent(in: bytes) && !CheckpointTrailer.isPresent(in: image))
    #expect(!CheckpointTrailer.isPresent(in: image + bytes + [0]))
    #expect(CheckpointTrailer.claimsHealth(bytes) && !CheckpointTrailer.claimsHealth(ill))
    for place in [0, 7, 12, 70, 124, 127] {
      var changed = bytes
      changed[place] ^= 1
      #expect(!CheckpointTrailer.claimsHealth(changed), "byte \(place)")
    }
    #expect(!CheckpointTrailer.claimsHealth(bytes + [0]) && !CheckpointTrailer.claimsHealth([]))
  }
}
