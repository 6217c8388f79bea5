internal import CHDF5

/// Reading for the sake of having read: a child process does it with an untrusted file, and if libhdf5 crashes on the
/// file, or does not come to an end, that process alone is lost.
///
/// Attributes, types, extents and elements are asked for by the calls that readers use. Nothing is kept.
public enum HDF5Survey {
  /// Up to here all elements of a dataset are read, in bytes; of a larger one the whole index of its chunks, and parts.
  private static let wholeBytes = 256 << 20
  /// Elements that are read at once, in bytes.
  private static let portionBytes = 16 << 20
  /// Parts of a large dataset that are read, spread evenly from its first row to its last.
  private static let parts = 64

  /// A dataset and its attributes; nothing if it is not there.
  ///
  /// - Throws: `HDF5Error`: what a reader of it would meet.
  public static func read(_ dataset: String, in file: HDF5File) throws {
    guard try file.root.member(dataset) == .dataset else { return }
    let dataset = try file.root.dataset(dataset)
    try readAttributes(dataset)
    try readElements(dataset)
  }

  /// All groups and datasets that can be reached by links within the file, each once.
  ///
  /// - Throws: `HDF5Error`.
  public static func read(_ file: HDF5File) throws {
    var seen: Set<Int64> = []
    try read(file.root, &seen)
  }

  /// That a file is a tree of groups and datasets: every link leads straight to an object in it, and to none but one. In
  /// such a file nobody who follows names runs in a circle.
  ///
  /// - Throws: `HDF5Error`: `outside`; `damaged`.
  public static func requireTree(_ file: HDF5File) throws {
    var seen: Set<Int64> = [try file.root.address()]
    try requireTree(file.root, &seen)
  }

  private static func requireTree(_ group: HDF5Group, _ seen: inout Set<Int64>) throws {
    for (name, link, member) in try group.links() {
      let path = group.path(of: name)
      func refuse(_ kind: HDF5Error.Kind, _ found: String) -> HDF5Error {
        HDF5Error(
          kind, HDF5Call(operation: "follow the link", object: path, file: group.file.name),
          expected: "a group or a dataset of this file", found: found)
      }
      switch (link, member) {
      case (.outside, _): throw refuse(.outside, "a link into another file, or of an unknown kind")
      case (.soft, _): throw refuse(.damaged, "a soft link")
      case (_, .other): throw refuse(.damaged, "neither")
      case (_, .group):
        let inner = try group.group(name)
        guard seen.insert(try inner.address()).inserted else { throw refuse(.damaged, "a second link to one object") }
        try requireTree(inner, &seen)
      case (_, .dataset):
        let dataset = try group.dataset(name)  // refuses storage outside
        guard seen.insert(try dataset.address()).inserted else { throw refuse(.damaged, "a second link to one object") }
      }
    }
  }

  private static func read(_ group: HDF5Group, _ seen: inout Set<Int64>) throws {
    guard seen.insert(try group.address()).inserted else { return }
    try readAttributes(group)
    for (name, link, member) in try group.links() where link != .outside {
      switch member {
      case .group: try read(try group.group(name), &seen)
      case .dataset:
        let dataset = try group.dataset(name)
        guard seen.insert(try dataset.address()).inserted else { continue }
        try readAttributes(dataset)
        try readElements(dataset)
      case .other: break
      }
    }
  }

  private static func readAttributes(_ object: some HDF5Object) throws {
    // What is no UTF-8 nobody can ask for.
    for name in try object.attributeNames() where !name.unicodeScalars.contains("\u{FFFD}") {
      switch try object.attributeClass(name) {
      case .string: _ = try object.stringsAttribute(name)
      case .integer, .float: _ = try object.attributeValues(name, as: Double.self)
      case .other: break
      }
    }
  }

  private static func readElements(_ dataset: HDF5Dataset) throws {
    if dataset.elementClass == .string { return _ = try dataset.readStrings() }
    guard dataset.elementClass != .other, dataset.count > 0 else { return }
    guard let rows = dataset.shape.first, dataset.rowCount > 0 else { return _ = try dataset.read(as: Float.self) }
    let stored = min(max(1, dataset.chunkShape?.first ?? 1), rows)
    let portion = min(rows, max(1, portionBytes / (4 * dataset.rowCount) / stored) * stored)
    var starts = Array(stride(from: 0, to: rows, by: portion))
    if dataset.count > wholeBytes / dataset.elementSize {
      try dataset.readChunkIndex()
      let all = starts
      starts = (0..<min(parts, all.count)).map { all[$0 * (all.count - 1) / max(1, min(parts, all.count) - 1)] }
    }
    for start in starts {
      let range = start..<min(rows, start + portion)
      _ = try dataset.readRows(range, as: Float.self)
      // Other readers want other types; conversion does not depend on where an element stands.
      guard start == 0 else { continue }
      _ = try dataset.readRows(range, as: Double.self)
      if dataset.elementClass == .integer, dataset.elementSize <= 8 { _ = try dataset.readRows(range, as: Int64.self) }
    }
  }
}

extension HDF5Dataset {
  /// Goes through the whole index of the chunks.
  fileprivate func readChunkIndex() throws {
    guard chunkShape != nil else { return }
    try file.run("read the index of the chunks", path) { call, file in
      try call.using(H5Dopen2(file, path, cairn_H5P_DEFAULT()), H5Dclose) { dataset in
        try call.using(H5Dget_space(dataset), H5Sclose) { space in
          var count = hsize_t(0)
          try call.check(H5Dget_num_chunks(dataset, space, &count))
        }
      }
    }
  }
}

extension HDF5Object {
  /// Where the object stands in its file: two paths with the same one lead to the same object.
  func address() throws -> Int64 {
    try file.run("look at", path) { call, file in
      try withOpen(call, file) { object in
        let address = cairn_object_address(object)
        if address < 0 { throw call.failure() }
        return address
      }
    }
  }

  /// Names of the attributes, in the order of their bytes.
  public func attributeNames() throws -> [String] {
    try file.run("list the attributes", path) { call, file in
      try withOpen(call, file) { object in
        let count = H5Aget_num_attrs(object)
        if count < 0 { throw call.failure() }
        return try (0..<hsize_t(count)).map { index in
          let none = cairn_H5P_DEFAULT()
          let length = H5Aget_name_by_idx(object, ".", H5_INDEX_NAME, H5_ITER_INC, index, nil, 0, none)
          if length < 0 { throw call.failure() }
          var bytes = [CChar](repeating: 0, count: length + 1)
          if H5Aget_name_by_idx(object, ".", H5_INDEX_NAME, H5_ITER_INC, index, &bytes, length + 1, none) < 0 {
            throw call.failure()
          }
          return String(decoding: bytes[..<length].map { UInt8(bitPattern: $0) }, as: UTF8.self)
        }
      }
    }
  }

  /// What an attribute holds.
  func attributeClass(_ name: String) throws -> HDF5ElementClass {
    try file.run("read the attribute", "\(path)@\(name)") { call, id in
      try withOpen(call, id) { object in
        try call.using(H5Aopen(object, name, cairn_H5P_DEFAULT()), H5Aclose) { attribute in
          try call.using(H5Aget_type(attribute), H5Tclose) { HDF5ElementClass(ofType: $0) }
        }
      }
    }
  }
}
