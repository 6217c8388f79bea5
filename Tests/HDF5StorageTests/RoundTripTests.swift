import Files
import Foundation
import HDF5Storage
import Testing

@Suite struct RoundTripTests {
  @Test func imagesOpenUnderTheNameOfTheirFile() throws {
    let bench = try Workbench()
    try HDF5File.publish(at: bench.path("s.h5")) { try fillSample($0) }
    let image = try FileContents.read(bench.path("s.h5"))
    let files = try (0..<2).map { _ in try HDF5File(image: image, name: bench.path("s.h5")) }
    for file in files {
      #expect(try file.root.dataset("numbers/scalar").read() == [7 as Int64])
      try file.close()
    }
  }

  @Test func everythingComesBackFromAnImage() throws {
    let written = try HDF5File(inMemory: "sample")
    try fillSample(written)
    let image = try written.image()
    try written.close()
    let file = try HDF5File(image: image, name: "image")
    let numbers = try file.root.group("numbers")

    let float = try numbers.dataset("float")
    #expect(float.shape == [3, 2] && float.elementClass == .float && float.elementSize == 4)
    #expect(try float.read() == [1.5, -2, 3, 4, 5, 6] as [Float])
    #expect(try float.read() == [1.5, -2, 3, 4, 5, 6] as [Double])
    #expect(try float.readRows(1..<3) == [3, 4, 5, 6] as [Float])
    #expect(try float.readRows(2..<2) == [] as [Float])
    #expect(try numbers.dataset("double").read() == [0.1, 0.2] as [Double])
    #expect(try numbers.dataset("int32").read() == [1, -2, 3] as [Int32])
    #expect(try numbers.dataset("int32").read() == [1, -2, 3] as [Float])
    #expect(try numbers.dataset("int32").readRows(1..<3) == [-2, 3] as [Int64])
    #expect(try numbers.dataset("int64").read() == [Int64.max, Int64.min])
    #expect(try file.root.dataset("numbers/scalar").read() == [7 as Int64])
    #expect(try numbers.dataset("scalar").shape == [])
    #expect(try numbers.dataset("empty").shape == [0, 4])
    #expect(try numbers.dataset("empty").read() == [] as [Float])
    #expect(try file.root.dataset("recipe").readString() == "epochs: 3\nname: Mönch")
    #expect(try file.root.dataset("/strings").readStrings() == ["a", "", "längste"])

    #expect(try file.root.stringAttribute("format") == "cairn.checkpoint")
    #expect(try file.root.attribute("step") == 12 as Int64)
    #expect(try file.root.attribute("loss") == 0.25 as Double)
    #expect(try file.root.attribute("rate") == 0.5 as Float)
    #expect(try numbers.stringsAttribute("layer_names") == ["dense", "dense_1", "out"])
    #expect(try numbers.stringsAttribute("none") == [])
    #expect(try file.root.dataset("strings").attributeValues("extents") == [3, 4] as [Int64])
    #expect(try file.root.hasAttribute("format") && !file.root.hasAttribute("other"))
  }

  @Test func namesAreListedInOrder() throws {
    let file = try HDF5File(inMemory: "names")
    for name in ["b", "a10", "a2", "c"] { try file.root.createGroup(name) }
    try file.root.write(1.0, to: "a")
    #expect(try file.root.members().map(\.name) == ["a", "a10", "a2", "b", "c"])
    #expect(try file.root.members().map(\.member) == [.dataset, .group, .group, .group, .group])
    #expect(try file.root.contains("b") && !file.root.contains("b/x/y") && !file.root.contains("z/y"))
    #expect(try file.root.contains("/"))
  }

  @Test func sameCallsSameBytes() throws {
    let images = try (0..<2).map { index in
      let file = try HDF5File(inMemory: "same \(index)")
      try fillSample(file)
      // Leave other bytes behind in freed memory: none of them may appear in the second image.
      _ = [UInt8](repeating: 0xA5, count: 1 << 20)
      if index == 0 { Thread.sleep(forTimeInterval: 1.1) }  // time stamps count seconds
      return try file.image()
    }
    #expect(images[0] == images[1])
  }

  @Test func h5dumpReadsAPublishedFile() throws {
    let bench = try Workbench()
    let path = bench.path("sample.h5")
    try HDF5File.publish(at: path, fillSample)
    #expect(try bench.names() == ["sample.h5"])
    let dump = try bench.run("h5dump", path)
    for expected in [
      "DATASET \"float\"", "H5T_IEEE_F32LE", "H5T_STD_I64LE", "( 3, 2 ) / ( 3, 2 )", "(1,0): 3, 4",
      "\"cairn.checkpoint\"",
      "\"dense\", \"dense_1\", \"out\"", "9223372036854775807, -9223372036854775808",
    ] {
      #expect(dump.contains(expected), "\(expected) is missing in\n\(dump)")
    }
    #expect(try HDF5File(readingAt: path).root.stringAttribute("format") == "cairn.checkpoint")
  }

  @Test func aFileGrowsPastTheCoreIncrement() throws {
    let many = (0..<5_000_000).map { Float($0) }  // 20 MB; the increment is 16
    let file = try HDF5File(inMemory: "large")
    try file.root.write(many, shape: [1000, 5000], to: "x")
    let back = try HDF5File(image: file.image(), name: "large").root.dataset("x")
    #expect(try back.read() == many)
    #expect(try back.readRows(999..<1000) == Array(many.suffix(5000)))
  }

  @Test func threadsTakeTurns() async throws {
    let file = try HDF5File(inMemory: "threads")
    try file.root.write((0..<1000).map { Int64($0) }, shape: [1000], to: "x")
    try await withThrowingTaskGroup(of: Int64.self) { group in
      for index in 0..<8 {
        group.addTask {
          var sum: Int64 = 0
          for _ in 0..<200 {
            sum += try file.root.dataset("x").read(as: Int64.self).reduce(0, +)
            _ = try? HDF5File(readingAt: "/nowhere/\(index)")
            let own = try HDF5File(inMemory: "one of many")
            try own.root.setAttribute("task", Int64(index))
            try #require(try own.root.attribute("task") == Int64(index))
          }
          return sum
        }
      }
      for try await sum in group { #expect(sum == 200 * 499_500) }
    }
  }

  /// Where libhdf5 has a lock of its own, as Debian's has, only this sees whether ours holds.
  @Test func oneThreadAtATimeIsInTheLibrary() {
    final class Counter: @unchecked Sendable { var value = 0 }  // unchecked: the lock under test guards it
    let counter = Counter()
    let finished = DispatchSemaphore(value: 0)
    for _ in 0..<4 {
      // Threads of their own: the pool that tasks share may have only one to spare.
      Thread.detachNewThread {
        for _ in 0..<2000 {
          HDF5Library.run {
            let value = counter.value
            sched_yield()
            HDF5Library.run { counter.value = value + 1 }  // may be entered again
          }
        }
        finished.signal()
      }
    }
    for _ in 0..<4 { finished.wait() }
    #expect(counter.value == 8000)
  }
}
