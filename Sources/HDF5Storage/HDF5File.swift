internal import CHDF5
internal import CHDF5Image
internal import Files
internal import Glibc

/// An HDF5 file: one on disk that is read, or one in memory that is built.
///
/// Files are never written in place. A failed H5Fclose leaks its id and the next one crashes the process, and a kill
/// half-way leaves nothing readable; so a file is built in memory and its image is published at once
/// (`HDF5File.publish`).
///
/// Groups and datasets are paths into their file and hold nothing open: when the file closes, all is closed.
/// Every operation may be called from any thread; they run one at a time in the whole process.
public final class HDF5File: @unchecked Sendable {
  // Unchecked: `id` is touched under the library's lock alone; the rest never changes.

  /// Path of the file, or what the caller called the image: for error messages.
  public let name: String
  /// What there is to read from: a bound for every size that a file declares. `Int.max` for files built here.
  let availableBytes: Int
  /// The image that the file is built in or read from, if it is.
  let pieces: HDF5Image?
  private var id: hid_t?
  /// Groups that were made through this file: they need not be looked for. Touched under the library's lock alone.
  var madeGroups: Set<String> = ["/"]
  /// Files opened in memory so far; touched under the library's lock alone.
  nonisolated(unsafe) private static var count = 0

  /// Opens a file on disk for reading.
  ///
  /// - Throws: `HDF5Error`: `missingFile`, `damaged`.
  public init(readingAt path: String) throws {
    let call = HDF5Call(operation: "open the file", object: "", file: path)
    name = path
    pieces = nil
    availableBytes = try HDF5File.size(of: path, call)
    id = try HDF5Library.run {
      try call.using(H5Pcreate(cairn_H5P_FILE_ACCESS()), H5Pclose) { access in
        // Readers lock the file where the file system can, and go on where it cannot (NFS, some containers).
        try call.check(H5Pset_file_locking(access, true, true))
        let id = H5Fopen(path, cairn_H5F_ACC_RDONLY(), access)
        if id < 0 { throw call.failure(.damaged, remedy: "is this an HDF5 file, and complete?") }
        return id
      }
    }
  }

  /// Opens an image that is in memory already, for reading. The bytes are copied.
  ///
  /// - Parameter name: what errors call it, such as the path that it was read from.
  /// - Throws: `HDF5Error`: `damaged`. libhdf5 is no safe parser of hostile bytes: check a digest first.
  public init(image: UnsafeRawBufferPointer, name: String) throws {
    self.name = name
    pieces = nil
    availableBytes = image.count
    id = try HDF5File.open(image, name: name)
  }

  public init(image: [UInt8], name: String) throws {
    self.name = name
    pieces = nil
    availableBytes = image.count
    id = try image.withUnsafeBytes { try HDF5File.open($0, name: name) }
  }

  /// A new, empty file in memory; nothing of it ever reaches a disk by itself.
  ///
  /// - Parameter name: what errors call it.
  public init(inMemory name: String) throws {
    let call = HDF5Call(operation: "create a file in memory", object: "", file: name)
    self.name = name
    pieces = nil
    availableBytes = .max
    // Default library version bounds: with newer ones HDF5 1.10's H5Fget_file_image gives unreadable bytes.
    id = try HDF5File.create(call) { try call.check(H5Pset_fapl_core($0, 16 << 20, false)) }
  }

  /// A new, empty file in an image.
  init(building image: HDF5Image, name: String) throws {
    let call = HDF5Call(operation: "create a file in memory", object: "", file: name)
    self.name = name
    pieces = image
    availableBytes = .max
    id = try HDF5File.create(call) { try call.check(cairn_image_set_access($0, image.pointer)) }
  }

  /// The file that was built in an image, for reading.
  init(reading image: HDF5Image, name: String) throws {
    let call = HDF5Call(operation: "open the image", object: "", file: name)
    self.name = name
    pieces = image
    availableBytes = image.size
    id = try HDF5Library.run {
      try call.using(H5Pcreate(cairn_H5P_FILE_ACCESS()), H5Pclose) { access in
        try call.check(cairn_image_set_access(access, image.pointer))
        let id = H5Fopen(HDF5File.unusedName(), cairn_H5F_ACC_RDONLY(), access)
        if id < 0 { throw call.failure(.damaged) }
        return id
      }
    }
  }

  private static func create(_ call: HDF5Call, _ setAccess: (hid_t) throws -> Void) throws -> hid_t {
    try HDF5Library.run {
      try call.using(H5Pcreate(cairn_H5P_FILE_ACCESS()), H5Pclose) { access in
        try setAccess(access)
        return try call.using(H5Pcreate(cairn_H5P_FILE_CREATE()), H5Pclose) { creation in
          try call.check(H5Pset_obj_track_times(creation, false))
          let id = H5Fcreate(HDF5File.unusedName(), cairn_H5F_ACC_TRUNC(), creation, access)
          if id < 0 { throw call.failure() }
          return id
        }
      }
    }
  }

  deinit {
    if let id { _ = HDF5Library.run { H5Fclose(id) } }
  }

  /// Builds a file in memory with `build` and publishes it at `path`: a reader finds all of it or what was there before.
  ///
  /// - Throws: `HDF5Error`, `FileError`, and what `build` throws.
  public static func publish(at path: String, _ build: (HDF5File) throws -> Void) throws {
    let file = try HDF5File(inMemory: path)
    try build(file)
    let image = try file.image()
    try file.close()
    try FileContents.publish(image, at: path)
  }

  /// The group `/`.
  public var root: HDF5Group { HDF5Group(file: self, path: "/") }

  /// The bytes of the file as they would stand on disk. The same calls give the same bytes.
  public func image() throws -> [UInt8] {
    try run("take the image", "") { call, id in
      try call.check(H5Fflush(id, H5F_SCOPE_GLOBAL))
      let size = H5Fget_file_image(id, nil, 0)
      if size < 0 { throw call.failure() }
      return try [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
        let written = H5Fget_file_image(id, buffer.baseAddress, size)
        if written != size { throw call.failure() }
        count = size
      }
    }
  }

  /// Ends the building of an image: what stands in it now is the file.
  func freeze() throws {
    try run("take the image", "") { call, id in
      guard let pieces else { return }
      try call.check(H5Fflush(id, H5F_SCOPE_GLOBAL))
      let size = H5Fget_file_image(id, nil, 0)
      if size < 0 { throw call.failure() }
      guard cairn_image_freeze(pieces.pointer, UInt64(size)) == 0 else {
        throw HDF5Error(.library, call, found: "no memory for \(size) bytes")
      }
    }
  }

  /// Closes the file; later calls of anything in it throw. Closing again does nothing.
  ///
  /// - Throws: `HDF5Error`; the file counts as closed even then.
  public func close() throws {
    try HDF5Library.run {
      guard let open = id else { return }
      id = nil  // before the call: an id that failed to close must never be closed again
      try HDF5Call(operation: "close the file", object: "", file: name).check(H5Fclose(open))
    }
  }

  /// Runs one operation under the library's lock, with the file's id.
  func run<R>(_ operation: String, _ object: String, _ body: (HDF5Call, hid_t) throws -> R) throws -> R {
    let call = HDF5Call(operation: operation, object: object, file: name)
    return try HDF5Library.run {
      guard let id else { throw HDF5Error(.closed, call, remedy: "the file was closed before") }
      return try body(call, id)
    }
  }

  private static func open(_ image: UnsafeRawBufferPointer, name: String) throws -> hid_t {
    let call = HDF5Call(operation: "open the image", object: "", file: name)
    guard let base = image.baseAddress, !image.isEmpty else {
      throw HDF5Error(.damaged, call, expected: "an HDF5 image", found: "no bytes")
    }
    return try HDF5Library.run {
      try call.using(H5Pcreate(cairn_H5P_FILE_ACCESS()), H5Pclose) { access in
        try call.check(H5Pset_fapl_core(access, 1 << 16, false))
        // The library copies the bytes; it does not write to the pointer that it asks to be mutable.
        try call.check(H5Pset_file_image(access, UnsafeMutableRawPointer(mutating: base), image.count))
        let id = H5Fopen(HDF5File.unusedName(), cairn_H5F_ACC_RDONLY(), access)
        if id < 0 { throw call.failure(.damaged, remedy: "is this an HDF5 file, and complete?") }
        return id
      }
    }
  }

  /// What the library may call a file in memory: it takes two open ones of the same name for one file, and refuses an
  /// image if there is a file of its name on disk, as there cannot be below a device. The name is not in the image.
  private static func unusedName() -> String {
    count += 1
    return "/dev/null/\(count)"
  }

  /// Bytes of a file on disk. Asked for first: the system's reason is clearer than the library's.
  private static func size(of path: String, _ call: HDF5Call) throws -> Int {
    let descriptor = Glibc.open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    if descriptor < 0 {
      throw HDF5Error(.missingFile, call, found: String(cString: strerror(errno)), systemError: errno)
    }
    defer { Glibc.close(descriptor) }
    var status = stat()
    if fstat(descriptor, &status) != 0 || status.st_mode & S_IFMT != S_IFREG {
      throw HDF5Error(.missingFile, call, expected: "a regular file", found: "something else")
    }
    return Int(status.st_size)
  }
}
