internal import CHDF5
internal import CHDF5Image

extension HDF5Group {
  /// Writes a new dataset: contiguous, little-endian, no filters. Missing groups on the way to `name` are made.
  ///
  /// - Parameters:
  ///   - elements: read; row-major.
  ///   - shape: extents, slowest first; empty for a scalar.
  /// - Precondition: the product of `shape` is the number of elements.
  /// - Throws: `HDF5Error`, also when the name is taken.
  public func write<Element: HDF5Element>(
    _ elements: UnsafeBufferPointer<Element>, shape: [Int], to name: String
  ) throws {
    precondition(shape.reduce(1, *) == elements.count, "\(elements.count) elements for shape \(shape)")
    let number = Element.hdf5Number
    try write(
      name, shape: shape, fileType: number.fileType, memoryType: number.memoryType, UnsafeRawBufferPointer(elements))
  }

  /// Writes a new dataset as `write` does, but in an `HDF5Image` the bytes stay where they are, if they are many: they
  /// must not change until the image is cleared.
  public func lend<Element: HDF5Element>(
    _ elements: UnsafeBufferPointer<Element>, shape: [Int], to name: String
  ) throws {
    try HDF5Library.run {
      if let image = file.pieces {
        cairn_image_lend(image.pointer, elements.baseAddress, UnsafeRawBufferPointer(elements).count)
      }
      defer { if let image = file.pieces { cairn_image_lend(image.pointer, nil, 0) } }
      try write(elements, shape: shape, to: name)
    }
  }

  public func write<Element: HDF5Element>(_ elements: [Element], shape: [Int], to name: String) throws {
    try elements.withUnsafeBufferPointer { try write($0, shape: shape, to: name) }
  }

  /// Writes one number as a scalar dataset.
  public func write<Element: HDF5Element>(_ element: Element, to name: String) throws {
    try write([element], shape: [], to: name)
  }

  /// Writes a string as a scalar dataset: UTF-8 of fixed length, ended by a zero byte.
  public func write(_ string: String, to name: String) throws {
    try write(HDF5Strings([string]), shape: [], to: name)
  }

  /// Writes strings as a dataset of one extent: UTF-8 of fixed length, ended by a zero byte.
  public func write(_ strings: [String], to name: String) throws {
    try write(HDF5Strings(strings), shape: [strings.count], to: name)
  }

  private func write(_ strings: HDF5Strings, shape: [Int], to name: String) throws {
    let call = HDF5Call(operation: "write the strings", object: path(of: name), file: file.name)
    try HDF5Library.run {
      try strings.withType(call) { type in
        try strings.bytes.withUnsafeBytes { try write(name, shape: shape, fileType: type, memoryType: type, $0) }
      }
    }
  }

  private func write(
    _ name: String, shape: [Int], fileType: hid_t, memoryType: hid_t, _ bytes: UnsafeRawBufferPointer
  ) throws {
    let target = path(of: name)
    if let parent = target.lastIndex(of: "/"), parent != target.startIndex {
      try requireGroup(String(target[..<parent]))
    }
    try file.run("write the dataset", target) { call, file in
      try call.using(H5Pcreate(cairn_H5P_DATASET_CREATE()), H5Pclose) { creation in
        try call.check(H5Pset_obj_track_times(creation, false))
        try call.using(HDF5Library.dataspace(shape), H5Sclose) { space in
          let none = cairn_H5P_DEFAULT()
          try call.using(H5Dcreate2(file, target, fileType, space, none, creation, none), H5Dclose) { dataset in
            if shape.contains(0) { return }
            let all = cairn_H5S_ALL()
            try call.check(H5Dwrite(dataset, memoryType, all, all, none, bytes.baseAddress))
          }
        }
      }
    }
  }
}

extension HDF5Library {
  /// A new dataspace of this shape; scalar if it is empty. To be closed by the caller.
  static func dataspace(_ shape: [Int]) -> hid_t {
    if shape.isEmpty { return H5Screate(H5S_SCALAR) }
    return H5Screate_simple(Int32(shape.count), shape.map { hsize_t($0) }, nil)
  }
}
