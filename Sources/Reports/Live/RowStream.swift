internal import Files
internal import Glibc
internal import JSON

/// `rows.jsonl` of a run: what its trainer writes twice a second while it goes on.
enum RowStream {
  static func path(_ directory: String) -> String { "\(directory)/rows.jsonl" }

  /// The last row that was written whole, from the file's last bytes; nil: there is none.
  static func lastRow(in directory: String) -> (step: Int, time: Double, residentBytes: Double?)? {
    guard let descriptor = try? RegularFile.open(path(directory), O_RDONLY).descriptor else { return nil }
    defer { close(descriptor) }
    let end = lseek(descriptor, 0, SEEK_END)
    var size = 16384
    while true {
      let start = max(0, end - off_t(size))
      var bytes = [UInt8](repeating: 0, count: Int(end - start))
      let count = pread(descriptor, &bytes, bytes.count, start)
      guard count == bytes.count else { return nil }
      var line = JSONLine()
      for piece in bytes.split(separator: 10).reversed() {
        let isWhole = piece.withUnsafeBufferPointer { line.read($0) }
        guard isWhole, line["kind"]?.isEqual(to: "row") ?? false, let step = line.integer("step") else { continue }
        return (step, line.number("time") ?? 0, line.number("resident_bytes"))
      }
      if start == 0 || size > 1 << 22 { return nil }
      size *= 8
    }
  }
}
