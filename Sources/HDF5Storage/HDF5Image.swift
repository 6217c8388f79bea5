internal import CHDF5
internal import CHDF5Image

/// A file that is built in memory and published piece by piece: large arrays stay where they are.
///
/// `HDF5File.image()` copies every array twice; an image refers to those that were lent to it. The bytes are the same.
/// Used again for the next file, it keeps its memory.
public final class HDF5Image: @unchecked Sendable {
  // Unchecked: the library touches the pointer under its lock, and while no file is open on it, its one owner does.
  let pointer: OpaquePointer

  /// - Throws: `HDF5Error` where there is no memory.
  public init() throws {
    guard let pointer = cairn_image_create() else {
      let call = HDF5Call(operation: "create a file in memory", object: "", file: "image")
      throw HDF5Error(.library, call, found: "no memory")
    }
    self.pointer = pointer
  }

  deinit { cairn_image_destroy(pointer) }

  /// Replaces what it held by the file that `fill` writes.
  ///
  /// What `fill` lends (see `HDF5Group.lend`) must stay as it is until `clear`, the next `build`, or the image's end.
  /// - Parameter name: what errors call the file.
  /// - Throws: `HDF5Error`, and what `fill` throws.
  public func build(_ name: String, _ fill: (HDF5File) throws -> Void) throws {
    clear()
    let file = try HDF5File(building: self, name: name)
    do {
      try fill(file)
      try file.freeze()
    } catch {
      try? file.close()
      throw error
    }
    try file.close()
  }

  /// Forgets everything that it refers to.
  public func clear() { cairn_image_clear(pointer) }

  /// Bytes of the file.
  public var size: Int { cairn_image_size(pointer) }

  /// The file's bytes, in order, as they lie in memory; those that were lent as they were.
  public var pieces: [UnsafeRawBufferPointer] {
    var all: [UnsafeRawBufferPointer] = []
    forEachPiece { all.append($0) }
    return all
  }

  /// Calls `body` with the file's bytes, in order, in pieces of at most `most` bytes.
  public func forEachPiece(most: Int = .max, _ body: (UnsafeRawBufferPointer) throws -> Void) rethrows {
    var place = 0
    while place < size {
      var count = 0
      let bytes = cairn_image_piece(pointer, place, &count)
      let piece = UnsafeRawBufferPointer(start: bytes, count: min(count, most))
      try body(piece)
      place += piece.count
    }
  }

  /// Opens the file that was built, to check it, before it goes anywhere.
  ///
  /// - Throws: `HDF5Error`, and what `check` throws.
  public func read<Result>(_ name: String, _ check: (HDF5File) throws -> Result) throws -> Result {
    let file = try HDF5File(reading: self, name: name)
    let result: Result
    do {
      result = try check(file)
    } catch {
      try? file.close()
      throw error
    }
    try file.close()
    return result
  }
}

extension HDF5File {
  /// What a dataset of a file in an image should be.
  ///
  /// - Parameters:
  ///   - bytes: its elements, as they should stand in the file; nil: not compared.
  /// - Returns: nil, or what is different, in words.
  /// - Throws: `HDF5Error` where there is no such dataset.
  public func difference(
    _ path: String, shape: [Int], bytes: UnsafeRawBufferPointer? = nil
  ) throws -> String? {
    try run("check the dataset", path) { call, id in
      try call.using(H5Dopen2(id, path, cairn_H5P_DEFAULT()), H5Dclose) { dataset in
        let size = bytes.map { $0.count / max(1, shape.reduce(1, *)) } ?? 1
        let found = try call.using(H5Dget_space(dataset), H5Sclose) {
          try HDF5Extent(space: $0, elementBytes: size, availableBytes: availableBytes, call).shape
        }
        guard found == shape else { return "has shape \(found), written was \(shape)" }
        guard let bytes, let start = bytes.baseAddress, !bytes.isEmpty, let pieces else { return nil }
        let offset = UInt64(H5Dget_offset(dataset))
        guard offset <= UInt64(pieces.size), H5Dget_storage_size(dataset) == hsize_t(bytes.count),
          cairn_image_holds(pieces.pointer, Int(offset), start, bytes.count) != 0
        else { return "does not hold the bytes that were written" }
        return nil
      }
    }
  }
}
