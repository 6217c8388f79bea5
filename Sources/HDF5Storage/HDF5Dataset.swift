internal import CHDF5

/// A dataset: an array of numbers or strings with a shape. Holds nothing open.
public struct HDF5Dataset: HDF5Object {
  public let file: HDF5File
  public let path: String
  /// Extents, slowest first; empty for a scalar.
  public let shape: [Int]
  public let elementClass: HDF5ElementClass
  /// Bytes of one element in the file.
  public let elementSize: Int
  /// Whether they are whole numbers without a sign.
  public let isUnsigned: Bool

  /// Extents of the chunks in which it is stored; nil: it is stored in one piece.
  public let chunkShape: [Int]?

  public var count: Int { shape.reduce(1, *) }
  /// Elements in one row: the product of all extents but the first.
  public var rowCount: Int { shape.dropFirst().reduce(1, *) }

  init(file: HDF5File, path: String) throws {
    self.file = file
    self.path = path
    (shape, elementClass, elementSize, isUnsigned, chunkShape) = try file.run("open the dataset", path) { call, id in
      try call.using(H5Dopen2(id, path, cairn_H5P_DEFAULT()), H5Dclose) { dataset in
        let (kind, size, isUnsigned) = try call.using(H5Dget_type(dataset), H5Tclose) {
          (
            HDF5ElementClass(ofType: $0), H5Tget_size($0),
            H5Tget_class($0) == H5T_INTEGER && H5Tget_sign($0) == H5T_SGN_NONE
          )
        }
        // Compressed chunks may stand for more bytes than the file has: deflate reaches 1032 to 1 at best.
        let (layout, chunks) = try call.using(H5Dget_create_plist(dataset), H5Pclose) { creation in
          let layout = H5Pget_layout(creation)
          // Before its extents are asked for: those of a virtual dataset may come from other files.
          try HDF5Dataset.refuseOutsideStorage(creation, layout, call)
          guard layout == H5D_CHUNKED else { return (layout, nil as [Int]?) }
          var extents = [hsize_t](repeating: 0, count: Int(H5S_MAX_RANK))
          let rank = H5Pget_chunk(creation, H5S_MAX_RANK, &extents)
          if rank < 0 { throw call.failure() }
          return (layout, extents[..<Int(rank)].map { Int(clamping: $0) })
        }
        let (limit, overflow) = file.availableBytes.multipliedReportingOverflow(by: layout == H5D_CHUNKED ? 1100 : 1)
        let extent = try call.using(H5Dget_space(dataset), H5Sclose) {
          try HDF5Extent(space: $0, elementBytes: size, availableBytes: overflow ? .max : limit, call)
        }
        return (extent.shape, kind, size, isUnsigned, chunks)
      }
    }
  }

  /// - Throws: `HDF5Error` `outside` where the elements stand in other files.
  private static func refuseOutsideStorage(_ creation: hid_t, _ layout: H5D_layout_t, _ call: HDF5Call) throws {
    func text(_ read: (UnsafeMutablePointer<CChar>, Int) -> Int) -> String {
      var bytes = [CChar](repeating: 0, count: 1024)
      guard bytes.withUnsafeMutableBufferPointer({ $0.baseAddress.map { read($0, 1023) } ?? -1 }) >= 0 else {
        return ""
      }
      return String(decoding: bytes.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
    let found: String
    if layout == H5D_VIRTUAL {
      let source = text { H5Pget_virtual_filename(creation, 0, $0, $1) }
      found = "a virtual dataset, put together from other places (\(source.isEmpty ? "none is named" : source), ...)"
    } else if H5Pget_external_count(creation) > 0 {
      let source = text { name, size in Int(H5Pget_external(creation, 0, size, name, nil, nil)) }
      found = "external storage (\(source))"
    } else {
      return
    }
    throw HDF5Error(
      .outside, call, expected: "elements that stand in the file itself", found: found,
      remedy: "make a plain copy, with h5py: `out[\"data/x\"] = file[\"data/x\"][...]`")
  }

  /// All elements, in row-major order, converted to `Element`.
  ///
  /// - Throws: `HDF5Error` `unexpected` where the stored type does not convert: strings, floats as integers, or
  ///   integers that are wider than `Element`.
  public func read<Element: HDF5Element>(as type: Element.Type = Element.self) throws -> [Element] {
    try [Element](unsafeUninitializedCapacity: count) { buffer, initialized in
      try read(into: UnsafeMutableBufferPointer(rebasing: buffer[..<count]))
      initialized = count
    }
  }

  /// Rows `range` (of the first extent), row-major.
  ///
  /// - Precondition: the dataset has at least one extent and `range` lies in the first.
  public func readRows<Element: HDF5Element>(
    _ range: Range<Int>, as type: Element.Type = Element.self
  ) throws -> [Element] {
    let wanted = range.count * rowCount
    return try [Element](unsafeUninitializedCapacity: wanted) { buffer, initialized in
      try read(into: UnsafeMutableBufferPointer(rebasing: buffer[..<wanted]), rows: range)
      initialized = wanted
    }
  }

  /// Reads into memory of the caller: all of the dataset, or `rows` of the first extent.
  ///
  /// - Parameter elements: overwritten; exactly as many as are asked for.
  public func read<Element: HDF5Element>(
    into elements: UnsafeMutableBufferPointer<Element>, rows: Range<Int>? = nil
  ) throws {
    if let rows {
      precondition(!shape.isEmpty && rows.lowerBound >= 0 && rows.upperBound <= shape[0], "rows \(rows) of \(shape)")
    }
    let wanted = rows.map { $0.count * rowCount } ?? count
    precondition(elements.count == wanted, "\(elements.count) elements for \(wanted)")
    let number = Element.hdf5Number
    try file.run("read the dataset", path) { call, file in
      guard elementClass.converts(size: elementSize, isUnsigned: isUnsigned, to: number) else {
        throw HDF5Error(
          .unexpected, call, expected: "numbers that fit \(number)",
          found: "\(elementSize)-byte \(elementClass) elements")
      }
      guard wanted > 0 else { return }
      try call.using(H5Dopen2(file, path, cairn_H5P_DEFAULT()), H5Dclose) { dataset in
        guard let rows else {
          let all = cairn_H5S_ALL()
          try call.check(H5Dread(dataset, number.memoryType, all, all, cairn_H5P_DEFAULT(), elements.baseAddress))
          return
        }
        try call.using(H5Dget_space(dataset), H5Sclose) { space in
          let start = [hsize_t(rows.lowerBound)] + shape.dropFirst().map { _ in 0 }
          let extents = [hsize_t(rows.count)] + shape.dropFirst().map { hsize_t($0) }
          try call.check(H5Sselect_hyperslab(space, H5S_SELECT_SET, start, nil, extents, nil))
          try call.using(H5Screate_simple(Int32(extents.count), extents, nil), H5Sclose) { memory in
            try call.check(
              H5Dread(dataset, number.memoryType, memory, space, cairn_H5P_DEFAULT(), elements.baseAddress))
          }
        }
      }
    }
  }

  /// Strings of a dataset, in row-major order; one for a scalar.
  public func readStrings() throws -> [String] {
    try file.run("read the strings", path) { call, file in
      try call.using(H5Dopen2(file, path, cairn_H5P_DEFAULT()), H5Dclose) { dataset in
        try call.using(H5Dget_type(dataset), H5Tclose) { type in
          try call.using(H5Dget_space(dataset), H5Sclose) { space in
            try HDF5Strings.read(type: type, space: space, count: count, call) { memoryType, bytes in
              H5Dread(dataset, memoryType, cairn_H5S_ALL(), cairn_H5S_ALL(), cairn_H5P_DEFAULT(), bytes)
            }
          }
        }
      }
    }
  }

  /// The string of a scalar dataset.
  public func readString() throws -> String {
    let strings = try readStrings()
    guard strings.count == 1, let string = strings.first else {
      let call = HDF5Call(operation: "read the string", object: path, file: file.name)
      throw HDF5Error(.unexpected, call, expected: "one string", found: "\(strings.count)")
    }
    return string
  }
}
