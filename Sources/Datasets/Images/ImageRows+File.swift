internal import Files
internal import Glibc
internal import HDF5Storage
internal import Kernels

extension ImageRows {
  /// Publishes the images as `InMemorySource.write` does: `/data/x` in uint8, `/data/y` and the classes' names. They are
  /// decoded while the file is written, some at a time.
  ///
  /// - Throws: `DatasetError`, `HDF5Error`, `FileError`.
  func write(to path: String) throws {
    let total = count * form.bytes
    // Addresses that stand for the pixels while the file is laid out; no memory is behind them.
    guard let reserved = mmap(nil, total, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0),
      reserved != MAP_FAILED
    else {
      throw OutOfMemory(
        what: "\(folder.path): addresses for its images", wanted: total, available: MemoryBudget.addressSpace() ?? 0,
        remedy: "raise `ulimit -v`")
    }
    defer { munmap(reserved, total) }
    let image = try HDF5Image()
    try image.build(path) { file in
      let pixels = UnsafeBufferPointer(start: UnsafePointer(reserved.assumingMemoryBound(to: UInt8.self)), count: total)
      try file.root.lend(pixels, shape: [count] + form.shape, to: "data/x")
      try writeTargets(to: file.root)
    }
    try FileContents.publish(size: image.size, at: path) { end in
      var isWritten = false
      for piece in image.pieces {
        if piece.baseAddress == UnsafeRawPointer(reserved), piece.count == total {
          try writePixels(to: &end)
          isWritten = true
        } else {
          try end.write(piece)
        }
      }
      precondition(isWritten, "the pixels were not lent as a whole")
    }
  }

  private func writeTargets(to root: HDF5Group) throws {
    guard case .classes(_, let names) = schema.targetKind else { return }
    try root.write(classNumbers.map { Int32($0) }, shape: [count], to: "data/y")
    try root.dataset("data/y").setAttribute("classes", names)
  }

  private func writePixels(to end: inout FileEnd) throws {
    let layout = RowLayout(schema, storage: storage)
    let portion = max(64, (16 << 20) / form.bytes)
    for first in stride(from: 0, to: count, by: portion) {
      let rows = first..<min(first + portion, count)
      let bytes = try RowBlock.withTemporary(layout, rows: rows.count) { block in
        try read(rows, into: block, isUrgent: { true })
        return [UInt8](UnsafeBufferPointer(start: block.bytes(ofInput: 0), count: rows.count * form.bytes))
      }
      try bytes.withUnsafeBytes { try end.write($0) }
    }
  }
}
