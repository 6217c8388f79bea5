internal import CHDF5

/// Strings as HDF5 holds them in place: each of the same length, ended and filled with zero bytes.
struct HDF5Strings {
  /// Length of each, the ending zero included.
  let size: Int
  let bytes: [UInt8]

  init(_ strings: [String]) {
    size = (strings.map(\.utf8.count).max() ?? 0) + 1
    var bytes: [UInt8] = []
    bytes.reserveCapacity(size * strings.count)
    for string in strings {
      bytes.append(contentsOf: string.utf8)
      bytes.append(contentsOf: repeatElement(0, count: size - string.utf8.count))
    }
    self.bytes = bytes
  }

  /// The HDF5 type of these strings.
  func withType<R>(_ call: HDF5Call, _ body: (hid_t) throws -> R) throws -> R {
    try HDF5Strings.withType(size: size, call, body)
  }

  /// A UTF-8 string type, ended by a zero byte; `size` may be `H5T_VARIABLE`.
  static func withType<R>(size: Int, _ call: HDF5Call, _ body: (hid_t) throws -> R) throws -> R {
    try call.using(H5Tcopy(cairn_H5T_C_S1()), H5Tclose) { type in
      try call.check(H5Tset_size(type, size))
      try call.check(H5Tset_cset(type, H5T_CSET_UTF8))
      try call.check(H5Tset_strpad(type, H5T_STR_NULLTERM))
      return try body(type)
    }
  }

  /// Reads strings of either kind: in place (fixed length, any padding) or in the heap (variable length).
  ///
  /// - Parameters:
  ///   - type: the stored type.
  ///   - read: reads all elements as the memory type given into the bytes given.
  static func read(
    type: hid_t, space: hid_t, count: Int, _ call: HDF5Call, _ read: (hid_t, UnsafeMutableRawPointer) -> herr_t
  ) throws -> [String] {
    guard H5Tget_class(type) == H5T_STRING else {
      throw HDF5Error(.unexpected, call, expected: "strings", found: "\(HDF5ElementClass(ofType: type)) elements")
    }
    guard count > 0 else { return [] }
    if H5Tis_variable_str(type) > 0 {
      var pointers = [UnsafeMutablePointer<CChar>?](repeating: nil, count: count)
      try call.check(pointers.withUnsafeMutableBytes { $0.baseAddress.map { read(type, $0) } ?? 0 })
      defer {
        _ = pointers.withUnsafeMutableBytes { H5Dvlen_reclaim(type, space, cairn_H5P_DEFAULT(), $0.baseAddress) }
      }
      return pointers.map { $0.map { String(cString: $0) } ?? "" }
    }
    let size = H5Tget_size(type)
    let padding: UInt8 = H5Tget_strpad(type) == H5T_STR_SPACEPAD ? 0x20 : 0
    var bytes = [UInt8](repeating: 0, count: count * size)
    try call.check(bytes.withUnsafeMutableBytes { $0.baseAddress.map { read(type, $0) } ?? 0 })
    return (0..<count).map { index in
      let field = bytes[(index * size)..<((index + 1) * size)]
      if padding == 0 { return String(decoding: field.prefix { $0 != 0 }, as: UTF8.self) }
      let end = field.lastIndex { $0 != padding }.map { $0 + 1 } ?? field.startIndex
      return String(decoding: field[..<end], as: UTF8.self)
    }
  }
}
