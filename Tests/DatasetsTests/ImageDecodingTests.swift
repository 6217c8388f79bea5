import CImages
import Testing

@testable import Datasets

@Suite struct ImageDecodingTests {
  private func decoded(
    _ file: [UInt8], _ height: Int, _ width: Int, _ color: ImageColor = .rgb, _ fit: ImageFit = .stretch
  ) throws -> [UInt8] {
    let form = ImageForm(size: ImageSize(height: height, width: width), color: color, fit: fit)
    var pixels = [UInt8](repeating: 77, count: form.bytes)
    try pixels.withUnsafeMutableBufferPointer {
      if let base = $0.baseAddress { try form.decode(file, into: base, at: "file") }
    }
    return pixels
  }

  private func problem(_ file: [UInt8]) -> String? {
    datasetError { _ = try decoded(file, 4, 4) }?.problem
  }

  @Test(arguments: [
    "colors", "opacity", "gray", "gray-opacity", "bits", "palette", "palette-opacity", "gray16",
  ])
  func pixelsArePillows(_ name: String) throws {
    let expected = try TestImage.fixture(name + ".rgb")
    let (height, width) = (Int(expected[0]) << 8 | Int(expected[1]), Int(expected[2]) << 8 | Int(expected[3]))
    let pixels = Array(expected[4...])
    let file = try TestImage.fixture(name + ".png")
    #expect(try decoded(file, height, width) == pixels)
    let size = try #require(try ImageForm.size(file, isWhole: true, at: ""))
    #expect(size == (height, width))
    let gray = stride(from: 0, to: pixels.count, by: 3).map { place in
      let (red, green, blue) = (UInt32(pixels[place]), UInt32(pixels[place + 1]), UInt32(pixels[place + 2]))
      return UInt8((red * 19595 + green * 38470 + blue * 7471 + 32768) >> 16)
    }
    #expect(try decoded(file, height, width, .gray) == gray)
  }

  @Test func resizingIsPillows() throws {
    let file = try TestImage.fixture("colors.png")
    let lines = String(decoding: try TestImage.fixture("resized.txt"), as: UTF8.self).split(separator: "\n")
    #expect(lines.count == 7)
    for line in lines {
      let words = line.split(separator: " ")
      let (height, width) = (try #require(Int(words[0])), try #require(Int(words[1])))
      let checksum = TestImage.checksum(try decoded(file, height, width))
      #expect(checksum == UInt32(words[2], radix: 16), "\(line)")
    }
  }

  @Test func croppingTakesTheMiddle() throws {
    // Columns 0...7 of a row are 0, 10, ... 70.
    let row = (0..<8).map { UInt8($0 * 10) }
    let wide = TestImage.png(height: 4, width: 8, row + row + row + row)
    #expect(try decoded(wide, 4, 4, .gray, .crop) == [[20, 30, 40, 50], [20, 30, 40, 50]].flatMap { $0 + $0 })
    let tall = TestImage.png(height: 8, width: 4, row.flatMap { [$0, $0, $0, $0] })
    #expect(try decoded(tall, 4, 4, .gray, .crop) == [20, 30, 40, 50].flatMap { [$0, $0, $0, $0] as [UInt8] })
    #expect(try decoded(wide, 4, 8, .gray, .crop) == row + row + row + row)
  }

  @Test func paddingKeepsAll() throws {
    let white = TestImage.plain(height: 2, width: 8, [255])
    let made = try decoded(white, 8, 8, .gray, .pad)
    #expect(made == (0..<64).map { (24..<40) ~= $0 ? 255 : 0 })
    let tall = TestImage.plain(height: 9, width: 3, [200, 100, 50])
    let colors = try decoded(tall, 3, 4, .rgb, .pad)
    // One column wide, the second of four.
    #expect(colors == (0..<3).flatMap { _ in [0, 0, 0, 200, 100, 50, 0, 0, 0, 0, 0, 0] as [UInt8] })
    #expect(try decoded(TestImage.plain(height: 1, width: 500, [9]), 4, 4, .gray, .pad).filter { $0 == 9 }.count == 4)
  }

  @Test(arguments: [1, 2, 3, 5, 6, 8])
  func jpegsAreTurnedAsExifSays(_ orientation: Int) throws {
    let file = try TestImage.fixture("turned-\(orientation).jpg")
    let size = try #require(try ImageForm.size(file, isWhole: true, at: ""))
    #expect(size == (16, 24))
    try checkQuarters(try decoded(file, 16, 24))
  }

  @Test func jpegsOfOtherKinds() throws {
    try checkQuarters(try decoded(try TestImage.fixture("progressive.jpg"), 16, 24))
    let gray = try decoded(try TestImage.fixture("gray.jpg"), 16, 24, .gray)
    #expect(abs(Int(gray[4 * 24 + 6]) - 81) < 4 && abs(Int(gray[12 * 24 + 18]) - 220) < 4)
    let colors = try decoded(try TestImage.fixture("gray.jpg"), 16, 24)
    #expect(colors[3 * 100] == gray[100] && colors[3 * 100 + 2] == gray[100])
    #expect(problem(try TestImage.fixture("print.jpg"))?.contains("CMYK") == true)
  }

  private func checkQuarters(_ pixels: [UInt8]) throws {
    let expected = [
      (4, 6, [200, 30, 30]), (4, 18, [30, 200, 30]), (12, 6, [30, 30, 200]), (12, 18, [220, 220, 220]),
    ]
    for (row, column, color) in expected {
      for channel in 0..<3 {
        let value = Int(pixels[(row * 24 + column) * 3 + channel])
        #expect(abs(value - color[channel]) < 12, "\(row), \(column): \(value) for \(color)")
      }
    }
  }

  @Test func brokenFilesAreNamed() throws {
    let good = TestImage.plain(height: 30, width: 30, [1, 2, 3])
    #expect(problem([]) == "the file is empty")
    #expect(problem(Array("GIF89a, say".utf8)) == "this is neither a PNG nor a JPEG file")
    #expect(problem(Array(good.prefix(good.count / 2)))?.hasPrefix("the PNG file is broken") == true)
    let jpeg = try TestImage.fixture("turned-1.jpg")
    #expect(problem(Array(jpeg.prefix(jpeg.count - 60)))?.hasPrefix("the JPEG file is broken") == true)
    #expect(problem(Array(jpeg.prefix(40)))?.contains("ends within its head") == true)
    // Sizes that cannot be, before memory is asked for.
    func sized(_ width: UInt32, _ height: UInt32) -> [UInt8] {
      let head = TestImage.big(width) + TestImage.big(height) + [8, 2, 0, 0, 0]
      return Array(good.prefix(8)) + TestImage.chunk("IHDR", head) + Array(good[33...])
    }
    #expect(problem(sized(60000, 60000))?.contains("more than are read") == true)
    #expect(problem(sized(8000, 8000))?.contains("too few for 8000 x 8000 pixels") == true)
    #expect(problem(sized(0, 10)) != nil && problem(sized(10, 0)) != nil && problem(sized(1 << 31, 1)) != nil)
  }
}

/// Bytes changed at random: no crash, no endless loop, no more memory than the limits say. `scripts/fuzz-images` does the same
/// with the address sanitizer and many more.
@Suite struct ImageFuzzTests {
  /// Linear congruence: the same on every machine.
  private struct Draws {
    var state: UInt64 = 88_172_645_463_325_252
    mutating func below(_ count: Int) -> Int {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int(state >> 33) % count
    }
  }

  @Test func mutatedFilesAreErrorsOrImages() throws {
    var draws = Draws()
    let seeds = try ["colors.png", "palette-opacity.png", "gray16.png", "turned-6.jpg", "progressive.jpg", "gray.jpg"]
      .map(TestImage.fixture)
    var pixels = [UInt8](repeating: 0, count: 12 * 9 * 3)
    let form = ImageForm(size: ImageSize(height: 12, width: 9), color: .rgb, fit: .pad)
    var (good, bad) = (0, 0)
    for number in 0..<600 {
      var file = seeds[number % seeds.count]
      switch draws.below(4) {
      case 0: file.removeLast(draws.below(file.count))
      case 1: for _ in 0..<1 + draws.below(4) { file[draws.below(file.count)] = UInt8(draws.below(256)) }
      case 2: for _ in 0..<1 + draws.below(3) { file[draws.below(file.count)] ^= UInt8(1 << draws.below(8)) }
      default:
        let from = draws.below(file.count)
        file.insert(contentsOf: file[from..<min(file.count, from + 20)], at: draws.below(file.count))
      }
      do {
        try pixels.withUnsafeMutableBufferPointer {
          if let base = $0.baseAddress { try form.decode(file, into: base, at: "\(number)") }
        }
        good += 1
      } catch is DatasetError {
        bad += 1
      }
    }
    #expect(good + bad == 600 && bad > 300)
  }
}
