import Files
import Foundation
import HDF5Storage
import Testing

@Suite struct FailureTests {
  func sampleImage() throws -> [UInt8] {
    let file = try HDF5File(inMemory: "sample")
    try fillSample(file)
    return try file.image()
  }

  @Test func aMissingFileIsSaidSo() throws {
    let error = try #require(storageError { _ = try HDF5File(readingAt: "/nowhere/x.h5") })
    #expect(error.kind == .missingFile && error.systemError == ENOENT)
    #expect(error.description == "/nowhere/x.h5: cannot open the file; found No such file or directory")
    #expect(storageError { _ = try HDF5File(readingAt: "/tmp") }?.kind == .missingFile)
  }

  @Test(arguments: [0, 1, 8, 100, 2000])
  func truncatedFilesAreRefused(length: Int) throws {
    let bench = try Workbench()
    let bytes = Array(try sampleImage().prefix(length))
    try FileContents.publish(bytes, at: bench.path("short.h5"))
    #expect(storageError { _ = try HDF5File(readingAt: bench.path("short.h5")) }?.kind == .damaged)
    #expect(storageError { _ = try HDF5File(image: bytes, name: "short") }?.kind == .damaged)
  }

  @Test func garbageIsRefusedWithTheLibrarysReason() throws {
    let bench = try Workbench()
    let garbage = (0..<5000).map { UInt8(truncatingIfNeeded: $0 * 31) }
    try FileContents.publish(garbage, at: bench.path("garbage.h5"))
    let error = try #require(storageError { _ = try HDF5File(readingAt: bench.path("garbage.h5")) })
    #expect(error.kind == .damaged)
    #expect(error.libraryErrors.contains { $0.contains("signature") }, "\(error.libraryErrors)")
  }

  @Test(arguments: [(1, 4, 1027), (5, 1, 1_099_511_627_779), (7, 64, 4_611_686_018_427_387_907)])
  func shapesBeyondTheFileAreRefusedBeforeMemoryIsAskedFor(byte: Int, value: UInt8, rows: UInt64) throws {
    // A true file whose dataspace message is then made to claim more rows: a few too many, 2^40, an overflow.
    let file = try HDF5File(inMemory: "bomb")
    try file.root.write([1, 2, 3, 4, 5, 6] as [Float], shape: [3, 2], to: "x")
    var image = try file.image()
    try #require((1028..<8216).contains(image.count), "\(image.count)")
    let extents: [UInt8] = [3, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0]
    var patched = 0
    for start in 0..<(image.count - 16) where image[start..<(start + 16)].elementsEqual(extents) {
      image[start + byte] = value
      patched += 1
    }
    try #require(patched >= 1)
    let error = try #require(
      storageError { _ = try HDF5File(image: image, name: "bomb").root.dataset("x").read(as: Float.self) })
    #expect(error.kind == .damaged)
    #expect(error.description.contains("found shape [\(rows), 2] of 4-byte elements"), "\(error)")
  }

  @Test func missingNamesAreAnsweredWithThoseThatAre() throws {
    let file = try HDF5File(image: sampleImage(), name: "sample")
    let error = try #require(storageError { _ = try file.root.dataset("numbers/flaot") })
    #expect(error.kind == .missingObject && error.object == "/numbers/flaot")
    let group = try #require(storageError { _ = try file.root.group("numbers").dataset("flaot") })
    #expect(group.remedy == "/numbers holds double, empty, float, int32, int64, scalar")
    #expect(storageError { _ = try file.root.stringAttribute("formt") }?.kind == .missingObject)
    #expect(storageError { _ = try file.root.group("recipe") }?.kind == .unexpected)
    #expect(storageError { _ = try file.root.dataset("numbers") }?.kind == .unexpected)
  }

  @Test func typesThatDoNotConvertAreRefused() throws {
    let file = try HDF5File(image: sampleImage(), name: "sample")
    let numbers = try file.root.group("numbers")
    #expect(storageError { _ = try numbers.dataset("float").read(as: Int64.self) }?.kind == .unexpected)
    #expect(storageError { _ = try numbers.dataset("int64").read(as: Int32.self) }?.kind == .unexpected)
    #expect(storageError { _ = try file.root.dataset("strings").read(as: Float.self) }?.kind == .unexpected)
    #expect(storageError { _ = try numbers.dataset("float").readStrings() }?.kind == .unexpected)
    #expect(storageError { _ = try file.root.attribute("format", as: Int64.self) }?.kind == .unexpected)
    #expect(storageError { _ = try file.root.dataset("strings").readString() }?.kind == .unexpected)
  }

  @Test func attributesHaveALimit() throws {
    let file = try HDF5File(inMemory: "limit")
    let error = try #require(
      storageError { try file.root.setAttribute("long", [String(repeating: "x", count: 64_000)]) })
    #expect(error.kind == .limit)
    #expect(
      error.description == "limit: /@long: cannot write the attribute; expected an attribute under 64000 bytes, "
        + "found 64001 bytes; store it as a dataset")
    #expect(storageError { try file.root.setAttribute("wide", [Double](repeating: 0, count: 8000)) }?.kind == .limit)
    try file.root.setAttribute("fits", [String(repeating: "x", count: 63_000)])
    try file.root.setAttribute("fits too", [Double](repeating: 0, count: 7999))
    #expect(try file.root.stringAttribute("fits").utf8.count == 63_000)
  }

  /// A string alone stands in the heap: a network of thousands of layers is described in megabytes.
  @Test(arguments: [64_000, 3_000_001])
  func aLongStringIsAnAttribute(_ count: Int) throws {
    let file = try HDF5File(inMemory: "long")
    let text = String((0..<count).map { Character(UnicodeScalar(UInt8(97 + $0 % 26))) })
    try file.root.setAttribute("long", text)
    try file.root.write(1.0, to: "x")
    let again = try HDF5File(image: try file.image(), name: "again")
    #expect(try again.root.stringAttribute("long") == text)
  }

  @Test func aNameIsTakenOnce() throws {
    let file = try HDF5File(inMemory: "twice")
    try file.root.write(1.0, to: "x")
    let error = try #require(storageError { try file.root.write(2.0, to: "x") })
    #expect(error.kind == .library && !error.libraryErrors.isEmpty)
    #expect(try file.root.dataset("x").read() == [1.0])
  }

  @Test func aClosedFileAnswersWithAnError() throws {
    let file = try HDF5File(inMemory: "closed")
    try file.root.write(1.0, to: "x")
    let dataset = try file.root.dataset("x")
    try file.close()
    try file.close()
    #expect(storageError { _ = try dataset.read(as: Double.self) }?.kind == .closed)
    #expect(storageError { _ = try file.image() }?.kind == .closed)
  }
}

@Suite struct PublicationTests {
  @Test func publicationReplacesAndLeavesNothingBehind() throws {
    let bench = try Workbench()
    try FileContents.publish([1, 2, 3], at: bench.path("x"))
    try FileContents.publish([], at: bench.path("x"))
    #expect(try FileContents.read(bench.path("x")) == [])
    let bytes = (0..<300_000).map { UInt8(truncatingIfNeeded: $0) }
    try bytes.withUnsafeBytes { all in
      let parts = [UnsafeRawBufferPointer(rebasing: all[..<100]), UnsafeRawBufferPointer(rebasing: all[100...])]
      try FileContents.publish(parts: parts, at: bench.path("x"))
    }
    #expect(try FileContents.read(bench.path("x")) == bytes)
    #expect(try bench.names() == ["x"])
  }

  @Test func aFailedPublicationKeepsTheOldFile() throws {
    let bench = try Workbench()
    try FileManager.default.createDirectory(atPath: bench.path("folder/inside"), withIntermediateDirectories: true)
    #expect(throws: FileError.self) { try FileContents.publish([1], at: bench.path("folder")) }
    #expect(try bench.names() == ["folder"])
    do {
      try FileContents.publish([1], at: "/nowhere/x")
      Issue.record("nothing was thrown")
    } catch let error as FileError {
      #expect(error.code == ENOENT)
      #expect(error.description == "/nowhere/x: cannot create: No such file or directory")
    }
    #expect(throws: FileError.self) { try FileContents.read(bench.path("folder")) }
  }

  @Test func aFailedBuildPublishesNothing() throws {
    let bench = try Workbench()
    #expect(storageError { try HDF5File.publish(at: bench.path("x.h5")) { _ = try $0.root.dataset("none") } } != nil)
    #expect(try bench.names() == [])
  }

  @Test func endlessFilesAreReadToTheirEnd() throws {
    // Files of /proc say that they hold 0 bytes.
    #expect(try !FileContents.read("/proc/self/status").isEmpty)
  }
}
