import CHDF5
import Files
import Foundation
import HDF5Storage
import Testing

/// What leads out of a file, or in a circle: never followed, and said so.
@Suite struct OutsideTests {
  /// A file made by hand: what Cairn itself never writes.
  private func make(_ name: String, in bench: Workbench, _ fill: (hid_t) -> Void) throws -> HDF5File {
    let path = bench.path(name)
    try HDF5File.publish(at: path) { try fillSample($0) }
    try HDF5Library.run {
      let id = H5Fopen(path, 1, cairn_H5P_DEFAULT())  // H5F_ACC_RDWR
      try #require(id >= 0)
      fill(id)
      #expect(H5Fclose(id) >= 0)
    }
    return try HDF5File(readingAt: path)
  }

  @Test func aLinkIntoAnotherFileIsRefused() throws {
    // Made with h5py: the library of this process has lost the ability to make such a link.
    let file = try HDF5File(
      readingAt: URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "Fixtures/hostile/links.h5").path)
    for name in ["out", "out/float"] {
      let error = try #require(storageError { _ = try file.root.dataset(name) })
      #expect(error.kind == .outside && "\(error)".contains("links.h5") && "\(error)".contains("/out"), "\(error)")
    }
    // Through a link within the file it is not reached either.
    #expect(storageError { _ = try file.root.dataset("around") } != nil)
    #expect(try file.root.dataset("soft").shape == [3, 2])
    #expect(try file.root.links().first { $0.name == "out" }?.link == .outside)
    // Nobody fails for a link that nobody asks for.
    try HDF5Survey.read(file)
    try HDF5Survey.read("/soft", in: file)
    #expect(storageError { try HDF5Survey.requireTree(file) } != nil)
  }

  @Test func aSecondLinkToOneObjectIsNoTree() throws {
    let bench = try Workbench()
    let none = cairn_H5P_DEFAULT()
    let circle = try make("circle.h5", in: bench) { id in
      #expect(H5Lcreate_hard(id, "/", id, "numbers/circle", none, none) >= 0)
    }
    #expect(storageError { try HDF5Survey.requireTree(circle) }?.kind == .damaged)
    try HDF5Survey.read(circle)
    let plain = try make("plain.h5", in: bench) { _ in }
    try HDF5Survey.requireTree(plain)
  }

  @Test func elementsInOtherFilesAreRefused() throws {
    let bench = try Workbench()
    let none = cairn_H5P_DEFAULT()
    let file = try make("outside.h5", in: bench) { id in
      let extents: [hsize_t] = [6]
      let space = H5Screate_simple(1, extents, nil)
      let external = H5Pcreate(cairn_H5P_DATASET_CREATE())
      #expect(H5Pset_external(external, "/etc/passwd", 0, 24) >= 0)
      let first = H5Dcreate2(id, "external", cairn_H5T_IEEE_F32LE(), space, none, external, none)
      let virtual = H5Pcreate(cairn_H5P_DATASET_CREATE())
      #expect(H5Pset_virtual(virtual, space, "part1.h5", "/x", space) >= 0)
      let second = H5Dcreate2(id, "virtual", cairn_H5T_IEEE_F32LE(), space, none, virtual, none)
      #expect(first >= 0 && second >= 0)
      for dataset in [first, second] { H5Dclose(dataset) }
      for list in [external, virtual] { H5Pclose(list) }
      H5Sclose(space)
    }
    for (name, other) in [("external", "/etc/passwd"), ("virtual", "part1.h5")] {
      let error = try #require(storageError { _ = try file.root.dataset(name) })
      #expect(error.kind == .outside && "\(error)".contains(other) && "\(error)".contains("outside.h5"), "\(error)")
    }
  }

  @Test func aSurveyReadsWhatReadersRead() throws {
    let bench = try Workbench()
    let file = try make("whole.h5", in: bench) { _ in }
    try HDF5Survey.read(file)
    try HDF5Survey.read("/numbers/float", in: file)
    try HDF5Survey.read("/nothing", in: file)
    #expect(try file.root.group("numbers").attributeNames() == ["layer_names", "none"])
    // Elements that are not all there.
    let bytes = try FileContents.read(bench.path("whole.h5"))
    let offset = try #require(
      bytes.indices.dropLast(24).first { place in
        bytes[place..<place + 8].elementsEqual([0, 0, 0xc0, 0x3f, 0, 0, 0, 0xc0])
      })
    try FileContents.publish(Array(bytes[..<offset]), at: bench.path("short.h5"))
    #expect(
      storageError { try HDF5Survey.read("/numbers/float", in: HDF5File(readingAt: bench.path("short.h5"))) } != nil)
  }
}
