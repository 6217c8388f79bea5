import Datasets
import Foundation
import HDF5Storage
import Kernels
import Testing

extension SampleSource {
  /// What `gather` writes for these rows into each input, memory that was NaN before.
  func gatheredInputs(_ rows: [Int32]) -> [[Float]] {
    let widths = schema.inputs.map(\.columns)
    let memory = AlignedBuffer(count: rows.count * widths.reduce(0, +))
    memory.mutable.fill(.nan)
    func input(_ number: Int) -> MutableMatrix {
      let start = rows.count * widths[..<number].reduce(0, +)
      return MutableMatrix(base: memory.mutable.base + start, rows: rows.count, columns: widths[number])
    }
    let targets = AlignedBuffer(count: rows.count * targetColumns)
    let views = BatchViews(schema, workers: 1)
    let batch = views.batch(
      worker: 0, rows: rows.count, inputs: input,
      targets: { _ in MutableMatrix(base: targets.mutable.base, rows: rows.count, columns: targetColumns) })
    withExtendedLifetime(views) { rows.withUnsafeBufferPointer { gather($0, into: batch) } }
    return widths.indices.map { input($0).vector.readOnly.array }
  }
}

/// Inputs that are given by name: HDF5 and npz alike.
@Suite struct NamedInputTests {
  let bench: Workbench
  private let numeric = (0..<12).map { Float($0 * $0 % 7) + 0.5 }
  private let ports: [Int32] = [0, 5, 2, 5, 1, 0]
  private let second: [Int32] = [3, 0, 3, 1, 2, 0]
  private let pixels = (0..<24).map { UInt8($0 * 11 % 256) }
  private let arrays = InputArrays(named: [.init("numeric", "n"), .init("ports", "p"), .init("pixels", "i")])

  init() throws { bench = try Workbench() }

  private func hdf5(_ inputs: InputArrays? = nil) throws -> HDF5Source {
    let path = bench.path("data.h5")
    try HDF5File.publish(at: path) {
      try $0.root.write(numeric, shape: [6, 2], to: "n")
      try $0.root.write(ports, shape: [6, 1], to: "p")
      try $0.root.write(second, shape: [6], to: "q")
      try $0.root.write(pixels, shape: [6, 2, 2, 1], to: "i")
      try $0.root.write([0, 1, 1, 0, 2, 0] as [Int32], shape: [6], to: "y")
    }
    return HDF5Source(path: path, inputs: inputs ?? arrays, targets: "y")
  }

  private func npz() throws -> NPZSource {
    var file = NPZFile()
    file.add(numeric, shape: [6, 2], as: "n")
    file.add(ports, shape: [6, 1], as: "p")
    file.add(pixels, shape: [6, 2, 2, 1], as: "i")
    file.add([0, 1, 1, 0, 2, 0] as [Int32], shape: [6], as: "y")
    try file.publish(at: bench.path("data.npz"))
    return NPZSource(path: bench.path("data.npz"), inputs: arrays, targets: "y")
  }

  @Test func theSchemaHasAFieldForEachInItsOrder() throws {
    for source in [try hdf5().load(), try npz().load()] {
      #expect(
        source.schema.inputs == [
          SampleSchema.Field("numeric", shape: [2]),
          SampleSchema.Field("ports", shape: [1], kind: .categories(count: 6)),
          SampleSchema.Field("pixels", shape: [2, 2, 1]),
        ])
      #expect(source.targetKind == .classes(count: 3, names: []) && source.count == 6)
      #expect(source.inputs[1] == .integers(ports) && source.inputs[2] == .bytes(pixels))
      let rows: [Int32] = [4, 0, 4]
      let batch = source.gatheredInputs(rows)
      #expect(batch[0] == rows.flatMap { numeric[Int($0) * 2..<Int($0) * 2 + 2] })
      #expect(batch[1] == [1, 0, 1])
      #expect(batch[2] == rows.flatMap { pixels[Int($0) * 4..<Int($0) * 4 + 4].map { Float($0) } })
      #expect(source.range(ofInput: 1) == 0...5)
    }
    #expect(try hdf5().load().fingerprint == npz().load().fingerprint)
  }

  @Test func oneInputMayHaveAName() throws {
    let named = try hdf5(InputArrays(named: [.init("ports", "p")])).load()
    #expect(named.schema.inputs == [SampleSchema.Field("ports", shape: [1], kind: .categories(count: 6))])
    #expect(named.featureColumns == 0)
    let plain = try hdf5("p").load()
    #expect(plain.schema.inputs == [SampleSchema.Field("features", shape: [1])] && plain.featureColumns == 1)
    #expect(plain.fingerprint != named.fingerprint)
    let features = try hdf5(InputArrays(named: [.init("features", "p")])).load()
    #expect(features.schema == plain.schema && features.fingerprint == plain.fingerprint)
  }

  @Test func categoriesAreCountedOverTheWholeFile() throws {
    var source = try hdf5()
    source.rows = RowRange(from: 4)
    let part = try source.load()
    #expect(part.schema.inputs[1].kind == .categories(count: 6) && part.inputs[1] == .integers([1, 0]))
    var file = try npz()
    file.rows = source.rows
    #expect(try file.load().fingerprint == part.fingerprint)
  }

  @Test func onlyValuesAreScaled() throws {
    let source = try hdf5().load()
    let pipeline = try ColumnPipeline([ScalingMethod.standard], fittedTo: source)
    #expect(pipeline.columns == 6 && source.featureColumns == 6, "two numbers and four pixels")
    let scaled = pipeline.applied(to: source)
    #expect(scaled.schema == source.schema && scaled.inputs[1] == source.inputs[1])
    for (input, columns, first) in [(0, 2, 0), (2, 4, 2)] {
      let (before, after) = (source.inputs[input].floats, scaled.inputs[input].floats)
      let offset = try #require(pipeline.stored.floats("scaling_offset"))
      let scale = try #require(pipeline.stored.floats("scaling_scale"))
      for index in before.indices {
        let column = first + index % columns
        #expect(after[index] == (before[index] - offset[column]) / scale[column])
      }
    }
  }

  @Test func originsAreThoseOfTheValuesAlone() throws {
    let path = bench.path("times.h5")
    try HDF5File.publish(at: path) {
      try $0.root.write([0, 1, 2] as [Int32], shape: [3], to: "c")
      try $0.root.write([1, 2, 3] as [Float], shape: [3, 1], to: "small")
      try $0.root.write([1.7e9, 1.7e9 + 1, 1.7e9 + 5], shape: [3, 1], to: "time")
    }
    let source = HDF5Source(
      path: path, inputs: InputArrays(named: [.init("a", "small"), .init("c", "c"), .init("t", "time")]), targets: nil)
    let loaded = try source.load(ReadOptions(origins: .fitted))
    #expect(loaded.origins == FeatureOrigins(origin: [0, 1.7e9], unit: [1, 1]))
    #expect(loaded.inputs[2].floats == [0, 1, 5] && loaded.inputs[0].floats == [1, 2, 3])
    let again = try source.load(ReadOptions(origins: .given(loaded.origins)))
    #expect(again.fingerprint == loaded.fingerprint)
    let error = datasetError {
      _ = try source.load(ReadOptions(origins: .given(FeatureOrigins(origin: [1, 2, 3], unit: [1, 1, 1]))))
    }
    #expect(error?.description.contains("expected 3 of them, found 2") == true)
  }

  @Test func theyCanBeStreamed() throws {
    let source = DataSource(try hdf5())
    let whole = try source.load(seed: 0)
    let rows = try #require(try StreamedRows(source, largerThan: 0, options: ReadOptions()))
    #expect(rows.schema == whole.schema && rows.columns == 6)
    let pipeline = try ColumnPipeline([ScalingMethod.minMax], fittedTo: rows, selection: nil)
    for steps in [ColumnPipeline.none, pipeline] {
      let expected = steps.applied(to: whole)
      let streamed = try rows.source(nil, pipeline: steps, bytes: 200, batch: 2, isShuffled: true)
      streamed.begin(streamed.plan?.inOrder ?? [], at: 0)
      try streamed.prepare(0..<2)
      #expect(streamed.gatheredInputs([0, 1]) == expected.gatheredInputs([0, 1]))
      let kept = try rows.kept([1, 4], pipeline: steps)
      try kept.prepare(0..<2)
      #expect(kept.gatheredInputs([0, 1]) == expected.gatheredInputs([1, 4]))
    }
    #expect(try StreamedRows(source, largerThan: 1 << 20, options: ReadOptions()) == nil)
  }

  @Test func bytesAreCountedAsTheyAreHeld() throws {
    let path = bench.path("bytes.h5")
    try HDF5File.publish(at: path) { try $0.root.write(pixels, shape: [6, 4], to: "x") }
    let source = HDF5Source(path: path, features: "x", targets: nil)
    #expect(try source.load().memory == 24)
    #expect(try StreamedRows(DataSource(source), largerThan: 24, options: ReadOptions()) == nil)
    #expect(try StreamedRows(DataSource(source), largerThan: 23, options: ReadOptions()) != nil)
    // As floats they have the same fingerprint.
    try HDF5File.publish(at: bench.path("floats.h5")) {
      try $0.root.write(pixels.map { Float($0) }, shape: [6, 4], to: "x")
    }
    let floats = try HDF5Source(path: bench.path("floats.h5"), features: "x", targets: nil).load()
    #expect(try source.load().fingerprint == floats.fingerprint && floats.memory == 96)
  }

  @Test func rowsAreChosenOfAllInputs() throws {
    let source = try hdf5().load().selecting([5, 1])
    #expect(source.count == 2 && source.inputs[1] == .integers([0, 5]) && source.inputs[2].count == 8)
    #expect(source.inputs[0].floats == Array(numeric[10..<12] + numeric[2..<4]))
    let kept = InMemorySource(
      SampleSchema(inputs: [.init("a", shape: [1]), .init("b", shape: [2])], targets: []),
      inputs: [.floats([1, 2, .nan]), .floats([1, 1, .infinity, 1, 1, 1])], targets: .floats([]))
    #expect(kept.finiteRows == [0])
  }

  @Test func whatDoesNotFitIsNamed() throws {
    let path = bench.path("bad.h5")
    try HDF5File.publish(at: path) {
      try $0.root.write([1, 2, 3] as [Float], shape: [3, 1], to: "a")
      try $0.root.write([1, 2] as [Float], shape: [2, 1], to: "b")
      try $0.root.write([0, 1, 2, 3, 4, -1] as [Int32], shape: [3, 2], to: "c")
    }
    func error(_ second: String) -> String? {
      datasetError {
        _ = try HDF5Source(path: path, inputs: InputArrays(named: [.init("a", "a"), .init("b", second)]), targets: nil)
          .load()
      }?.description
    }
    #expect(error("b") == "\(path): /b: inputs differ in rows; expected 3 rows, as /a has, found 2")
    #expect(
      error("c")?.hasPrefix("\(path): /c: row 2, column 1 is no category; expected 0 to 16777215, found -1") == true)
    #expect(error("d")?.contains("/d") == true)
  }

  @Test func whatIsWrittenIsReadBack() throws {
    let source = try hdf5().load()
    try source.write(to: bench.path("out.h5"))
    let names = source.schema.inputs.map { InputArrays.Input($0.name, "/data/\($0.name)") }
    let back = try HDF5Source(path: bench.path("out.h5"), inputs: InputArrays(named: names)).load()
    #expect(back.fingerprint == source.fingerprint && back.inputs == source.inputs)
    let figures = try DatasetDescription(of: source)
    #expect(figures.features.map(\.name).prefix(4) == ["numeric.0", "numeric.1", "ports", "pixels.0"])
    #expect(figures.features[2].maximum == 5 && figures.inputs == source.schema.inputs)
  }
}
