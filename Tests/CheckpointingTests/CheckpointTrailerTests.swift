import Checkpointing
import Files
import Testing

@Suite struct CheckpointTrailerTests {
  private let image = Array("an image of some bytes".utf8)

  private func file(step: Int = 7, isHealthy: Bool = true) -> [UInt8] {
    image + CheckpointTrailer(image: image, step: step, isHealthy: isHealthy).bytes
  }

  @Test func layoutIsTheDocumented() throws {
    let bytes = CheckpointTrailer(image: image, step: 0x0102_0304, isHealthy: true).bytes
    #expect(bytes.count == 128)
    #expect(Array(bytes[0..<8]) == Array("CAIRNCKP".utf8))
    #expect(Array(bytes[8..<16]) == [1, 0, 0, 0, 1, 0, 0, 0])
    #expect(Array(bytes[16..<24]) == [UInt8(image.count), 0, 0, 0, 0, 0, 0, 0])
    #expect(Array(bytes[56..<64]) == [4, 3, 2, 1, 0, 0, 0, 0])
    #expect(bytes[64..<124].allSatisfy { $0 == 0 })
  }

  @Test func whatWasWrittenIsRead() throws {
    for isHealthy in [true, false] {
      let trailer = try CheckpointTrailer(verifying: file(isHealthy: isHealthy), name: "file")
      #expect(trailer.step == 7 && trailer.isHealthy == isHealthy && trailer.imageLength == image.count)
    }
  }

  /// Every single bit, and every length.
  @Test func noChangeIsOverlooked() {
    let good = file()
    for place in good.indices {
      for bit in 0..<8 {
        var bytes = good
        bytes[place] ^= 1 << UInt8(bit)
        #expect(throws: CheckpointError.self) { try CheckpointTrailer(verifying: bytes, name: "file") }
      }
    }
    for count in good.indices {
      #expect(throws: CheckpointError.self) { try CheckpointTrailer(verifying: Array(good[..<count]), name: "file") }
      #expect(throws: CheckpointError.self) {
        try CheckpointTrailer(verifying: Array(good[count...].dropFirst()), name: "file")
      }
    }
    #expect(throws: CheckpointError.self) { try CheckpointTrailer(verifying: good + [0], name: "file") }
    #expect(throws: CheckpointError.self) { try CheckpointTrailer(verifying: good + good, name: "file") }
  }

  /// Changed on purpose, its checksum made right again.
  @Test func editedTrailersAreRefused() throws {
    func edited(_ place: Int, _ value: UInt8) -> [UInt8] {
      var bytes = file()
      bytes[image.count + place] = value
      let checksum = CRC32C.checksum(bytes[image.count..<image.count + 124])
      for byte in 0..<4 { bytes[image.count + 124 + byte] = UInt8(truncatingIfNeeded: checksum >> UInt32(8 * byte)) }
      return bytes
    }
    for (place, value) in [(12, 3), (13, 1), (16, 1), (23, 255), (24, 0), (64, 1), (123, 1)] as [(Int, UInt8)] {
      #expect(throws: CheckpointError.self) { try CheckpointTrailer(verifying: edited(place, value), name: "file") }
    }
    let newer = #expect(throws: CheckpointError.self) {
      try CheckpointTrailer(verifying: edited(8, 2), name: "file")
    }
    #expect(newer?.kind == .unsuitable)
  }
}
