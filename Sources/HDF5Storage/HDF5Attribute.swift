internal import CHDF5

/// Attributes. Their values are small: one must stay under 64,000 bytes; larger things are datasets. A single string may
/// be longer, since it stands in the file's heap: Keras' description of a deep network is.
extension HDF5Object {
  /// Hangs a number on this object.
  public func setAttribute<Element: HDF5Element>(_ name: String, _ value: Element) throws {
    try setAttribute(name, [value], shape: [])
  }

  /// Hangs a row of numbers on this object.
  public func setAttribute<Element: HDF5Element>(_ name: String, _ values: [Element]) throws {
    try setAttribute(name, values, shape: [values.count])
  }

  /// Hangs a string on this object: UTF-8 of variable length, which h5py and Keras read as `str`.
  public func setAttribute(_ name: String, _ value: String) throws {
    try file.run("write the attribute", "\(path)@\(name)") { call, file in
      var bytes = Array(value.utf8)
      bytes.append(0)
      try HDF5Strings.withType(size: cairn_H5T_VARIABLE(), call) { type in
        try bytes.withUnsafeBytes { text in
          var pointer = text.baseAddress
          try withUnsafeBytes(of: &pointer) {
            try writeAttribute(name, shape: [], fileType: type, memoryType: type, $0, call, file)
          }
        }
      }
    }
  }

  /// Hangs strings on this object: UTF-8 of one fixed length, as Keras writes `layer_names` and `weight_names`.
  public func setAttribute(_ name: String, _ values: [String]) throws {
    let strings = HDF5Strings(values)
    try file.run("write the attribute", "\(path)@\(name)") { call, file in
      try checkAttributeSize(strings.bytes.count, call)
      try strings.withType(call) { type in
        try strings.bytes.withUnsafeBytes {
          try writeAttribute(name, shape: [values.count], fileType: type, memoryType: type, $0, call, file)
        }
      }
    }
  }

  public func hasAttribute(_ name: String) throws -> Bool {
    try file.run("look for the attribute", "\(path)@\(name)") { call, file in
      let exists = H5Aexists_by_name(file, path, name, cairn_H5P_DEFAULT())
      if exists < 0 { throw call.failure() }
      return exists > 0
    }
  }

  /// A number.
  ///
  /// - Throws: `HDF5Error`: `missingObject`; `unexpected` where it is no single number of a type that converts.
  public func attribute<Element: HDF5Element>(_ name: String, as type: Element.Type = Element.self) throws -> Element {
    let values: [Element] = try attributeValues(name)
    guard values.count == 1, let value = values.first else { throw notSingle(name, values.count) }
    return value
  }

  /// Numbers of any shape, in row-major order.
  public func attributeValues<Element: HDF5Element>(
    _ name: String, as type: Element.Type = Element.self
  ) throws -> [Element] {
    let number = Element.hdf5Number
    return try readAttribute(name) { call, attribute, type, _, count in
      let (kind, size) = (HDF5ElementClass(ofType: type), H5Tget_size(type))
      guard kind.converts(size: size, to: number) else {
        throw HDF5Error(
          .unexpected, call, expected: "numbers that fit \(number)", found: "\(size)-byte \(kind) elements")
      }
      var values = [Element](repeating: 0, count: count)
      if count > 0 { try call.check(H5Aread(attribute, number.memoryType, &values)) }
      return values
    }
  }

  /// A string, of fixed or variable length.
  public func stringAttribute(_ name: String) throws -> String {
    let strings = try stringsAttribute(name)
    guard strings.count == 1, let string = strings.first else { throw notSingle(name, strings.count) }
    return string
  }

  /// Strings, of fixed or variable length.
  public func stringsAttribute(_ name: String) throws -> [String] {
    try readAttribute(name) { call, attribute, type, space, count in
      try HDF5Strings.read(type: type, space: space, count: count, call) { H5Aread(attribute, $0, $1) }
    }
  }

  private func notSingle(_ name: String, _ count: Int) -> HDF5Error {
    let call = HDF5Call(operation: "read the attribute", object: "\(path)@\(name)", file: file.name)
    return HDF5Error(.unexpected, call, expected: "one value", found: "\(count)")
  }

  private func setAttribute<Element: HDF5Element>(_ name: String, _ values: [Element], shape: [Int]) throws {
    let number = Element.hdf5Number
    try file.run("write the attribute", "\(path)@\(name)") { call, file in
      try checkAttributeSize(values.count * number.bytes, call)
      try values.withUnsafeBytes {
        try writeAttribute(
          name, shape: shape, fileType: number.fileType, memoryType: number.memoryType, $0, call, file)
      }
    }
  }

  private func checkAttributeSize(_ bytes: Int, _ call: HDF5Call) throws {
    guard bytes >= 64_000 else { return }
    throw HDF5Error(
      .limit, call, expected: "an attribute under 64000 bytes", found: "\(bytes) bytes", remedy: "store it as a dataset"
    )
  }

  private func writeAttribute(
    _ name: String, shape: [Int], fileType: hid_t, memoryType: hid_t, _ bytes: UnsafeRawBufferPointer,
    _ call: HDF5Call, _ file: hid_t
  ) throws {
    try withOpen(call, file) { object in
      try call.using(HDF5Library.dataspace(shape), H5Sclose) { space in
        let none = cairn_H5P_DEFAULT()
        try call.using(H5Acreate2(object, name, fileType, space, none, none), H5Aclose) { attribute in
          if !shape.contains(0) { try call.check(H5Awrite(attribute, memoryType, bytes.baseAddress)) }
        }
      }
    }
  }

  /// Opens an attribute and hands over: the attribute, its type, its space, its number of elements.
  private func readAttribute<R>(
    _ name: String, _ body: (HDF5Call, hid_t, hid_t, hid_t, Int) throws -> R
  ) throws -> R {
    guard try hasAttribute(name) else {
      let call = HDF5Call(operation: "read the attribute", object: "\(path)@\(name)", file: file.name)
      throw HDF5Error(.missingObject, call, found: "no such attribute")
    }
    return try file.run("read the attribute", "\(path)@\(name)") { call, id in
      try withOpen(call, id) { object in
        try call.using(H5Aopen(object, name, cairn_H5P_DEFAULT()), H5Aclose) { attribute in
          try call.using(H5Aget_type(attribute), H5Tclose) { type in
            try call.using(H5Aget_space(attribute), H5Sclose) { space in
              let extent = try HDF5Extent(
                space: space, elementBytes: H5Tget_size(type), availableBytes: file.availableBytes, call)
              return try body(call, attribute, type, space, extent.count)
            }
          }
        }
      }
    }
  }
}
