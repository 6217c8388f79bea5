import Files
import Foundation
import Testing

@testable import Datasets

@Suite struct ImageSourceTests {
  let bench: Workbench

  init() throws { bench = try Workbench() }

  /// Images of 2 x 3 pixels, each of one colour that tells class and number.
  private func folder(_ counts: [(name: String, images: Int)], in top: String = "pictures") throws -> String {
    for (number, item) in counts.enumerated() {
      for image in 0..<item.images {
        try bench.image(
          "\(top)/\(item.name)/\(image + 10).png",
          TestImage.plain(height: 2, width: 3, [UInt8(number * 50), UInt8(image % 251), 7]))
      }
    }
    return bench.path(top)
  }

  private func rows(_ source: any SampleSource) -> [(color: [Float], target: Float)] {
    let all = source.gathered((0..<Int32(source.count)).map { $0 })
    let width = source.sampleShape.reduce(1, *)
    return (0..<source.count).map { (Array(all.features[$0 * width..<$0 * width + 3]), all.targets[$0]) }
  }

  @Test func aFolderIsReadClassByClass() throws {
    let path = try folder([("b", 3), ("A", 2), ("é", 1), ("a", 2)])
    let source = try DataSource(ImageSource(path: path)).load(seed: 0)
    #expect(source.count == 8 && source.sampleShape == [2, 3, 3])
    #expect(source.targetKind == .classes(count: 4, names: ["A", "a", "b", "é"]), "in the order of their bytes")
    #expect(source.inputs[0].storage == .bytes && source.targets == [0, 0, 1, 1, 2, 2, 2, 3])
    #expect(rows(source).map(\.color).first == [50, 0, 7] && source.memory == 8 * 18 + 8 * 4)
    let gray = try DataSource(ImageSource(path: path, size: ImageSize(height: 4, width: 4), color: .gray)).load(seed: 0)
    #expect(gray.sampleShape == [4, 4, 1])
  }

  @Test func whatIsReadByAndByIsTheSame() throws {
    let path = try folder([("a", 40), ("b", 30), ("c", 33)])
    let source = DataSource(ImageSource(path: path, size: ImageSize(height: 2, width: 3)))
    let whole = try source.load(seed: 0)
    // Kept as a whole, and a window at a time.
    for bytes in [1_000_000, 900] {
      let rows = try #require(try StreamedRows(source, largerThan: bytes, options: ReadOptions()))
      #expect(rows.rowBytes == 22)
      let streamed = try rows.source(nil, pipeline: .none, bytes: bytes, batch: 8, isShuffled: true)
      #expect(streamed.schema == whole.schema && streamed.fingerprint.hasPrefix("sampled:"))
      let order = BatchOrder(count: 103, seed: 9, shuffle: true, plan: streamed.plan)
      for epoch in 0..<3 {
        var numbers = [Int32](repeating: -1, count: 103)
        numbers.withUnsafeMutableBufferPointer { order.fill($0, epoch: epoch, attempt: 0) }
        #expect(numbers.sorted() == (0..<103).map { Int32($0) } && numbers.prefix(20).contains { $0 > 50 })
        // From the middle, then from the start: as after a resume.
        for first in [40, 0] {
          streamed.begin(order.schedule(epoch: epoch, attempt: 0), at: first)
          for start in stride(from: first, to: 103, by: 8) {
            let positions = start..<min(start + 8, 103)
            try streamed.prepare(positions)
            let (read, expected) = (
              streamed.gathered(Array(numbers[positions])), whole.gathered(Array(numbers[positions]))
            )
            #expect(read.features == expected.features && read.targets == expected.targets)
          }
        }
      }
    }
  }

  @Test func heldBackImagesAreReadAlone() throws {
    let path = try folder([("a", 20), ("b", 20)])
    let rows = try #require(
      try StreamedRows(DataSource(ImageSource(path: path)), largerThan: 0, options: ReadOptions()))
    let kept = try rows.kept([3, 21, 39], pipeline: .none)
    kept.begin(kept.plan?.inOrder ?? [], at: 0)
    try kept.prepare(0..<3)
    #expect(kept.count == 3 && kept.gathered([0, 1, 2]).targets == [0, 1, 1])
    // Scaled, they are floats.
    let pipeline = try ColumnPipeline([ScalingMethod.minMax], fittedTo: rows, selection: nil)
    let scaled = try rows.source(nil, pipeline: pipeline, bytes: 1 << 20, batch: 8, isShuffled: false)
    scaled.begin(scaled.plan?.inOrder ?? [], at: 0)
    try scaled.prepare(0..<40)
    let whole = pipeline.applied(to: try DataSource(ImageSource(path: path)).load(seed: 0))
    #expect(scaled.gathered([0, 7, 39]).features == whole.gathered([0, 7, 39]).features)
  }

  @Test func theFingerprintIsTheFiles() throws {
    func fingerprint(_ path: String, _ color: ImageColor = .rgb) throws -> String {
      let source = DataSource(ImageSource(path: path, color: color))
      let rows = try #require(try StreamedRows(source, largerThan: 0, options: ReadOptions()))
      return try rows.source(nil, pipeline: .none, bytes: 1 << 20, batch: 8, isShuffled: true).fingerprint
    }
    let path = try folder([("a", 3), ("b", 2)])
    let first = try fingerprint(path)
    let copy = try folder([("a", 3), ("b", 2)], in: "elsewhere")
    try FileManager.default.setAttributes([.modificationDate: Date.distantPast], ofItemAtPath: copy + "/a/10.png")
    #expect(try fingerprint(copy) == first)
    #expect(try fingerprint(path, .gray) != first)
    try bench.image("elsewhere/a/10.png", TestImage.plain(height: 2, width: 3, [1, 1, 1]))
    #expect(try fingerprint(copy) != first)
    try FileManager.default.moveItem(atPath: path + "/b/10.png", toPath: path + "/b/09.png")
    #expect(try fingerprint(path) != first)
  }

  @Test func brokenFilesAreErrorsOrLeftOut() throws {
    let path = try folder([("a", 5), ("b", 5)])
    try bench.image("pictures/a/12.png", Array(TestImage.plain(height: 2, width: 3, [0, 0, 0]).prefix(50)))
    let size = ImageSize(height: 2, width: 3)
    let source = DataSource(ImageSource(path: path, size: size))
    let error = try #require(datasetError { _ = try source.load(seed: 0) })
    #expect(error.place == path + "/a/12.png" && error.problem.hasPrefix("the PNG file is broken"))
    let rows = try #require(try StreamedRows(source, largerThan: 0, options: ReadOptions()))
    let streamed = try rows.source(nil, pipeline: .none, bytes: 1 << 20, batch: 4, isShuffled: false)
    streamed.begin(streamed.plan?.inOrder ?? [], at: 0)
    #expect(datasetError { try streamed.prepare(0..<10) }?.place == path + "/a/12.png")
    let skipping = ReadOptions(nonFinite: .keep)
    let others = try #require(try StreamedRows(source, largerThan: 0, options: skipping))
    #expect(try others.finiteRows() == [0, 1, 3, 4, 5, 6, 7, 8, 9])
    let kept = try others.source([0, 1, 3], pipeline: .none, bytes: 1 << 20, batch: 4, isShuffled: false)
    #expect(kept.warnings.count == 1 && kept.warnings[0].contains("1 of 10 files are left out"))
    #expect(try source.load(seed: 0, options: skipping).count == 9)
  }

  @Test func foldersThatAreNotAsExpected() throws {
    func error(_ path: String, _ options: ReadOptions = ReadOptions()) -> DatasetError? {
      datasetError { _ = try DataSource(ImageSource(path: path)).load(seed: 0, options: options) }
    }
    #expect(error("/nowhere")?.issue == .unreadableFile)
    let path = try folder([("a", 2), ("b", 1)])
    try bench.image("pictures/.hidden", [1])
    try bench.image("pictures/a/.DS_Store", [1])
    try bench.image("pictures/a/Thumbs.db", [1])
    #expect(try DataSource(ImageSource(path: path)).load(seed: 0).count == 3)
    try FileManager.default.createSymbolicLink(atPath: path + "/a/link.png", withDestinationPath: path + "/b/10.png")
    try FileManager.default.createSymbolicLink(atPath: path + "/c", withDestinationPath: path + "/b")
    let linked = try DataSource(ImageSource(path: path)).load(seed: 0)
    #expect(linked.count == 5 && linked.targets == [0, 0, 0, 1, 2])
    try bench.image("pictures/a/notes.txt", Array("not an image".utf8))
    #expect(error(path)?.place == path + "/a/notes.txt" && error(path)?.problem == "this is no image")
    try bench.image("pictures/a/notes.txt", TestImage.plain(height: 2, width: 3, [1, 2, 3]))
    #expect(try DataSource(ImageSource(path: path)).load(seed: 0).count == 6, "told by its bytes")
    try bench.image("pictures/a/other.png", TestImage.plain(height: 3, width: 3, [1, 2, 3]))
    #expect(error(path)?.issue == .shape && error(path)?.remedy?.contains("size") == true)
    try FileManager.default.removeItem(atPath: path + "/a/other.png")
    try FileManager.default.createSymbolicLink(atPath: path + "/a/gone.png", withDestinationPath: path + "/nothing")
    #expect(error(path)?.place == path + "/a/gone.png")
    try FileManager.default.removeItem(atPath: path + "/a/gone.png")
    try FileManager.default.createDirectory(atPath: path + "/empty", withIntermediateDirectories: true)
    #expect(error(path)?.issue == .noRows && error(path)?.place == path + "/empty")
    try bench.image("pictures/empty/deep/1.png", TestImage.plain(height: 2, width: 3, [1, 2, 3]))
    #expect(error(path)?.problem == "a folder lies within the folder of a class")
    try bench.image("loose/1.png", TestImage.plain(height: 2, width: 3, [1, 2, 3]))
    #expect(error(bench.path("loose"))?.issue == .shape)
    let alone = try DataSource(ImageSource(path: bench.path("loose"))).load(
      seed: 0, options: ReadOptions(featuresAlone: true))
    #expect(alone.count == 1 && alone.targetColumns == 0)
  }

  @Test func classesAreTheRuns() throws {
    let path = try folder([("b", 2), ("c", 1)])
    let options = ReadOptions(classNames: ["c", "a", "b"])
    let source = try DataSource(ImageSource(path: path)).load(seed: 0, options: options)
    #expect(source.targets == [2, 2, 0] && source.targetKind == .classes(count: 3, names: ["c", "a", "b"]))
    let rows = try #require(try StreamedRows(DataSource(ImageSource(path: path)), largerThan: 0, options: options))
    #expect(rows.schema == source.schema)
    let unknown = datasetError {
      _ = try DataSource(ImageSource(path: path)).load(seed: 0, options: ReadOptions(classNames: ["a", "b"]))
    }
    #expect(unknown?.issue == .labels && unknown?.place == path + "/c")
  }

  @Test(arguments: [4, 300])
  func aConvertedFolderIsTheSame(_ images: Int) throws {
    let path = try folder([("a", images), ("b", 5)])
    // The larger one is written while it is decoded.
    let source = DataSource(ImageSource(path: path, size: ImageSize(height: 40, width: 40)))
    let output = bench.path("out.h5")
    let written = try #require(try source.kind.convert(to: output))
    #expect(written.count == images + 5 && written.schema.sampleShape == [40, 40, 3])
    let back = try HDF5Source(path: output).load()
    let whole = try source.load(seed: 0)
    #expect(back.fingerprint == whole.fingerprint && back.inputs == whole.inputs && back.schema == whole.schema)
    try bench.image("pictures/b/12.png", Array(TestImage.plain(height: 2, width: 3, [0, 0, 0]).prefix(50)))
    #expect(datasetError { _ = try source.kind.convert(to: output) }?.place == path + "/b/12.png")
    #expect(try HDF5Source(path: output).load().fingerprint == back.fingerprint, "what was there stays")
    #expect(try FileManager.default.contentsOfDirectory(atPath: bench.folder).sorted() == ["out.h5", "pictures"])
  }
}
