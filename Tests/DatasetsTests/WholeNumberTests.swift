import Datasets
import Foundation
import HDF5Storage
import Testing

/// The loss decides what whole-number targets are, in every format alike.
@Suite struct WholeNumberTests {
  let bench: Workbench

  init() throws { bench = try Workbench() }

  /// The same targets as CSV, LIBSVM and HDF5, in memory and by chunks.
  private func read(_ targets: [Int], _ role: TargetRole?) throws -> [(targets: [Float], kind: TargetKind)] {
    let csv = try bench.file("t.csv", "a,y\n" + targets.map { "\($0).5,\($0)\n" }.joined())
    let libsvm = try bench.file("t.libsvm", targets.map { "\($0) 1:2.5\n" }.joined())
    let path = bench.path("t.h5")
    try HDF5File.publish(at: path) { file in
      try file.root.write(targets.map { Float($0) }, shape: [targets.count, 1], to: "data/x")
      try file.root.write(targets.map { Int64($0) }, shape: [targets.count], to: "data/y")
    }
    let options = ReadOptions(targets: role)
    let sources = [
      try CSVSource(path: csv, targets: [.name("y")]).load(options), try LIBSVMSource(path: libsvm).load(options),
      try HDF5Source(path: path).load(options),
    ]
    let streamed = try #require(
      try StreamedRows(DataSource(path: path, .hdf5), largerThan: 0, options: options)
    ).source(nil, pipeline: .none, bytes: 400, batch: 1, isShuffled: false)
    streamed.begin(streamed.plan?.inOrder ?? [], at: 0)
    try streamed.prepare(0..<targets.count)
    let rows = (0..<Int32(targets.count)).map { $0 }
    return sources.map { ($0.targets, $0.targetKind) } + [(streamed.gathered(rows).targets, streamed.targetKind)]
  }

  @Test func underALossForValuesTheyAreValues() throws {
    for numbers in [[-20, 3, 31, 17], [208_500, 181_500, 223_500], [1 << 24, 0, 5], [-1, 1, 1], [0, 2, 1]] {
      for (targets, _) in try read(numbers, .values) { #expect(targets == numbers.map { Float($0) }) }
    }
  }

  @Test func underALossForClassesTheyAreClasses() throws {
    for (targets, kind) in try read([0, 2, 1], .classes) {
      #expect(targets == [0, 2, 1] && kind == .classes(count: 3, names: []))
    }
    for role in [TargetRole.classes, .probabilities] {
      for (targets, kind) in try read([-1, 1, 1, -1], role) {
        #expect(targets == [0, 1, 1, 0] && kind == .classes(count: 2, names: ["-1", "+1"]))
      }
    }
    for numbers in [[-1, 0, 1], [-20, 3], [1 << 24, 0]] {
      #expect(datasetError { _ = try read(numbers, .classes) }?.issue == .labels)
    }
  }

  @Test func withoutALossOnlySmallOnesAreClasses() throws {
    for (targets, kind) in try read([-20, 3, 31], nil) { #expect(targets == [-20, 3, 31] && kind == .values) }
    #expect(try read([0, 2], nil).allSatisfy { $0.kind == .classes(count: 3, names: []) })
  }

  @Test func namesOfClassesUnderALossForValues() throws {
    func source(_ names: [String]) throws -> HDF5Source {
      try HDF5File.publish(at: bench.path("n.h5")) { file in
        try file.root.write([1, 2, 3], shape: [3], to: "data/x")
        try file.root.write([0, 1, 0] as [Int32], shape: [3], to: "data/y")
        try file.root.dataset("data/y").setAttribute("classes", names)
      }
      return HDF5Source(path: bench.path("n.h5"))
    }
    let error = datasetError { _ = try source(["no", "yes"]).load(ReadOptions(targets: .values)) }
    #expect(error?.issue == .labels && error?.found == "no, yes")
    #expect(try source(["-1", "+1"]).load(ReadOptions(targets: .values)).targets == [-1, 1, -1])
    #expect(try source(["0", "1"]).load(ReadOptions(targets: .values)).targets == [0, 1, 0])
    #expect(try source(["no", "yes"]).load(ReadOptions(targets: .classes)).targets == [0, 1, 0])
  }
}
