internal import CHDF5

/// The number types that are stored: always little-endian in the file.
public enum HDF5Number: Sendable {
  case float32, float64, uint8, int32, int64

  /// HDF5's id of the type in memory.
  var memoryType: hid_t {
    switch self {
    case .float32: cairn_H5T_NATIVE_FLOAT()
    case .float64: cairn_H5T_NATIVE_DOUBLE()
    case .uint8: cairn_H5T_NATIVE_UINT8()
    case .int32: cairn_H5T_NATIVE_INT32()
    case .int64: cairn_H5T_NATIVE_INT64()
    }
  }

  var fileType: hid_t {
    switch self {
    case .float32: cairn_H5T_IEEE_F32LE()
    case .float64: cairn_H5T_IEEE_F64LE()
    case .uint8: cairn_H5T_STD_U8LE()
    case .int32: cairn_H5T_STD_I32LE()
    case .int64: cairn_H5T_STD_I64LE()
    }
  }

  var bytes: Int {
    switch self {
    case .uint8: 1
    case .float32, .int32: 4
    case .float64, .int64: 8
    }
  }
  var isInteger: Bool { self == .uint8 || self == .int32 || self == .int64 }
}

/// A Swift number that HDF5 reads and writes.
public protocol HDF5Element: BitwiseCopyable, Sendable, Numeric {
  static var hdf5Number: HDF5Number { get }
}

extension Float: HDF5Element {
  public static var hdf5Number: HDF5Number { .float32 }
}
extension Double: HDF5Element {
  public static var hdf5Number: HDF5Number { .float64 }
}
/// Only of whole numbers without a sign that are as wide.
extension UInt8: HDF5Element {
  public static var hdf5Number: HDF5Number { .uint8 }
}
extension Int32: HDF5Element {
  public static var hdf5Number: HDF5Number { .int32 }
}
extension Int64: HDF5Element {
  public static var hdf5Number: HDF5Number { .int64 }
}

/// What the elements of a dataset or an attribute are.
public enum HDF5ElementClass: Sendable, Equatable {
  /// Whole numbers of any size and byte order; booleans, as h5py writes them, and enumerations too.
  case integer
  case float
  case string
  /// Compounds, references and the like: not read here.
  case other

  init(ofType type: hid_t) {
    switch H5Tget_class(type) {
    case H5T_INTEGER, H5T_ENUM: self = .integer
    case H5T_FLOAT: self = .float
    case H5T_STRING: self = .string
    default: self = .other
    }
  }

  /// Whether numbers of this class and size can be read as `number` without cutting anything off but precision.
  func converts(size: Int, isUnsigned: Bool = false, to number: HDF5Number) -> Bool {
    switch self {
    case .integer where number == .uint8: isUnsigned && size == 1
    case .integer: !number.isInteger || size <= number.bytes
    case .float: !number.isInteger
    case .string, .other: false
    }
  }
}

/// Extents of a dataset or an attribute, read from a file that may lie.
struct HDF5Extent {
  let shape: [Int]
  let count: Int

  /// - Throws: `HDF5Error` `damaged` where the extents overflow, or could not be held by `availableBytes`.
  init(space: hid_t, elementBytes: Int, availableBytes: Int, _ call: HDF5Call) throws {
    let kind = H5Sget_simple_extent_type(space)
    if kind == H5S_NULL {
      shape = [0]
      count = 0
      return
    }
    let rank = H5Sget_simple_extent_ndims(space)
    if rank < 0 { throw call.failure() }
    var extents = [hsize_t](repeating: 0, count: Int(rank))
    if H5Sget_simple_extent_dims(space, &extents, nil) < 0 { throw call.failure() }
    var bytes = UInt64(max(elementBytes, 1))
    var overflowed = false
    for extent in extents where !overflowed {
      (bytes, overflowed) = bytes.multipliedReportingOverflow(by: extent)
    }
    // An extent of 0 excuses no monstrous neighbour: every one must fit by itself as well.
    if overflowed || bytes > UInt64(availableBytes) || extents.contains(where: { $0 > UInt64(availableBytes) }) {
      throw HDF5Error(
        .damaged, call, expected: "at most the \(availableBytes) bytes that the file can hold",
        found: "shape \(extents) of \(elementBytes)-byte elements")
    }
    shape = extents.map { Int($0) }
    count = shape.reduce(1, *)
  }
}
