import Files
import Foundation
import HDF5Storage
import Testing

/// Files that are put together from lent arrays.
@Suite struct ImageTests {
  /// Sizes around what is lent rather than copied (64 KB), and large ones.
  private static let arrays = [1, 4096, 16_383, 16_384, 16_385, 70_000, 300_000].map { count in
    (0..<count).map { Float($0) / 3 - Float(count) }
  }

  private func fill(_ file: HDF5File, _ arrays: [UnsafeBufferPointer<Float>]) throws {
    try fillSample(file)
    for (number, array) in arrays.enumerated() {
      try file.root.lend(array, shape: [array.count], to: "lent/\(number)/values")
      // Many names: the group's tables grow between the arrays.
      for name in 0..<20 { try file.root.group("lent").setAttribute("of \(number), \(name)", Int64(name)) }
    }
  }

  private func withArrays(_ body: ([UnsafeBufferPointer<Float>]) throws -> Void) throws {
    let memory = ImageTests.arrays.map { array in
      let copy = UnsafeMutableBufferPointer<Float>.allocate(capacity: array.count)
      _ = copy.initialize(from: array)
      return copy
    }
    defer { memory.forEach { $0.deallocate() } }
    try body(memory.map { UnsafeBufferPointer($0) })
  }

  private func bytes(_ image: HDF5Image, most: Int = .max) -> [UInt8] {
    var bytes: [UInt8] = []
    image.forEachPiece(most: most) { bytes += $0 }
    return bytes
  }

  @Test func bytesAreThoseOfTheCoreDriver() throws {
    try withArrays { arrays in
      let file = try HDF5File(inMemory: "core")
      try fill(file, arrays)
      let expected = try file.image()
      let image = try HDF5Image()
      for most in [Int.max, 1000, 1 << 16] {  // used again: nothing of the file before may stay
        try image.build("sample") { try fill($0, Array(arrays.reversed())) }
        try image.build("sample") { try fill($0, arrays) }
        #expect(image.size == expected.count)
        #expect(bytes(image, most: most) == expected)
      }
    }
  }

  @Test func largeArraysAreNotCopied() throws {
    try withArrays { arrays in
      let image = try HDF5Image()
      try image.build("sample") { try fill($0, arrays) }
      var pieces: [UnsafeRawPointer] = []
      image.forEachPiece { pieces += [$0.baseAddress].compactMap { $0 } }
      for array in arrays {
        let start = try #require(array.baseAddress.map { UnsafeRawPointer($0) })
        #expect(pieces.contains(start) == (array.count > 16_384), "\(array.count)")
      }
    }
  }

  @Test func whatWasBuiltIsReadBack() throws {
    try withArrays { arrays in
      let image = try HDF5Image()
      try image.build("sample") { try fill($0, arrays) }
      try image.read("sample") { file throws in
        #expect(try file.root.stringAttribute("format") == "cairn.checkpoint")
        for (number, array) in arrays.enumerated() {
          #expect(try file.root.dataset("lent/\(number)/values").read() == Array(array))
        }
      }
    }
  }

  @Test func differencesAreSeen() throws {
    try withArrays { arrays in
      let image = try HDF5Image()
      try image.build("sample") { try fill($0, arrays) }
      try image.read("sample") { file throws in
        for (number, array) in arrays.enumerated() {
          let path = "/lent/\(number)/values"
          #expect(try file.difference(path, shape: [array.count], bytes: UnsafeRawBufferPointer(array)) == nil)
          let shape = try #require(try file.difference(path, shape: [array.count, 1]))
          #expect(shape.contains("shape [\(array.count)]"))
          var other = Array(array)
          other[array.count - 1] += 1
          let found = try other.withUnsafeBytes { try file.difference(path, shape: [array.count], bytes: $0) }
          #expect(found != nil, "\(array.count) elements, the last one another")
        }
        #expect(throws: HDF5Error.self) { try file.difference("/lent/9/values", shape: [1]) }
      }
    }
  }

  @Test func aFailedFileLeavesAnImageThatWorks() throws {
    let image = try HDF5Image()
    #expect(throws: HDF5Error.self) {
      try image.build("sample") { file in
        try fillSample(file)
        _ = try file.root.dataset("none")
      }
    }
    try image.build("sample") { try fillSample($0) }
    #expect(try image.read("sample") { try $0.root.attribute("step", as: Int64.self) } == 12)
  }

  /// Half a file, discarded: nothing stays, and what stood there before is untouched.
  @Test func filesThatAreGivenUpLeaveNothing() throws {
    let bench = try Workbench()
    struct GivenUp: Error {}
    let path = bench.path("x")
    try FileContents.publish([1, 2, 3], at: path)
    let piece = [UInt8](repeating: 7, count: 9 << 20)  // more than starts the disk early
    #expect(throws: GivenUp.self) {
      try FileContents.publish(size: 2 * piece.count, at: path) { end in
        try piece.withUnsafeBytes { try end.write($0) }
        throw GivenUp()
      }
    }
    #expect(try bench.names() == ["x"])
    #expect(try FileContents.read(path) == [1, 2, 3])
    try FileContents.publish(size: 2 * piece.count, at: path) { end in
      for _ in 0..<2 { try piece.withUnsafeBytes { try end.write($0) } }
      #expect(end.count == 2 * piece.count)
    }
    #expect(try FileContents.read(path) == piece + piece)
  }
}
