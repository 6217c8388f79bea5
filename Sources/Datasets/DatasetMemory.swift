internal import Kernels

/// Asks for memory before it is taken.
///
/// - Parameters:
///   - floats: wanted, for the rows of `place`.
///   - rows, columns: what they are, where that is known.
/// - Throws: `OutOfMemory`.
func checkMemory(floats: Int, at place: String, rows: Int? = nil, columns: Int? = nil) throws {
  try checkMemory(numbers: floats, .floats, at: place, rows: rows, columns: columns)
}

/// The same for numbers that are held as bytes or whole numbers.
func checkMemory(
  numbers: Int, _ storage: FieldValues.Storage, at place: String, rows: Int? = nil, columns: Int? = nil
) throws {
  let bytes = numbers > .max / storage.size ? Int.max : storage.size * numbers
  func extents() -> String {
    if let rows, let columns { return "\(rows) rows of \(columns) columns, held dense" }
    return "the rows, held as \(storage)"
  }
  try MemoryBudget.require(
    bytes, for: "\(place): \(extents())",
    remedy: "take fewer rows with `rows:`, or convert them to HDF5 on a larger machine: HDF5 is read by chunks of "
      + "data.buffer_mb")
}

/// The same for a file that is read whole.
func checkMemory(fileBytes: Int, at path: String) throws {
  try MemoryBudget.require(
    fileBytes, for: "\(path): the file, which is read whole",
    remedy: "split it, or convert it to HDF5 on a larger machine: HDF5 is read by chunks of data.buffer_mb")
}
