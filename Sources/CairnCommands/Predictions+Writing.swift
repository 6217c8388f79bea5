internal import Datasets
internal import Files
internal import HDF5Storage

extension Predictions {
  /// Names of the columns of the CSV: `prediction` and `probability_<class>` of classes; of values the targets' names, or
  /// `prediction` (of several `targets_1`, ...) where they have none. With several positions `prediction_<position>` and
  /// `probability_<position>_<class>`.
  var columns: [String] {
    if let classes {
      let places = positions == 1 ? [""] : (0..<positions).map { "_\($0)" }
      return places.map { "prediction\($0)" }
        + places.flatMap { place in classes.names.map { "probability\(place)_\($0)" } }
    }
    if !names.isEmpty { return names }
    if positions > 1 { return (0..<positions * outputs).map { "prediction_\($0)" } }
    return outputs == 1 ? ["prediction"] : (1...outputs).map { "targets_\($0)" }
  }

  /// The heading of the CSV, without its line end.
  ///
  /// - Parameter kept: columns in front.
  func heading(_ kept: [TextColumn]) -> String {
    (kept.map(\.name) + columns).map(Predictions.quoted).joined(separator: ",")
  }

  /// Hands the lines of a CSV to `write` (RFC 4180, line ends LF): a heading, and a line for each row.
  ///
  /// - Parameter kept: columns in front, with a cell for each row.
  func eachLine(_ kept: [TextColumn], _ write: (String) throws -> Void) rethrows {
    try write(heading(kept) + "\n")
    for row in 0..<rows {
      var cells = cells(of: row)
      if !kept.isEmpty {
        let texts = kept.map(\.cells[row])
        // Other cells follow, so that an empty one needs no quotes.
        cells.insert(contentsOf: texts.map { $0.isEmpty ? $0 : Predictions.quoted($0) }, at: 0)
      }
      try write(cells.joined(separator: ",") + "\n")
    }
  }

  /// A row under `columns`, ready for a CSV.
  func cells(of row: Int) -> [String] {
    let (numbers, width) = (classes?.probabilities ?? values, positions * (classes?.names.count ?? outputs))
    let cells = numbers[row * width..<(row + 1) * width].map { "\($0)" }
    guard let classes else { return cells }
    let own = classes.numbers[row * positions..<(row + 1) * positions]
    return own.map { Predictions.quoted(classes.names[Int($0)]) } + cells
  }

  func writeCSV(_ kept: [TextColumn], to path: String) throws {
    var text: [UInt8] = []
    eachLine(kept) { text += $0.utf8 }
    try FileContents.publish(text, at: path)
  }

  /// `predictions`, and of classes `classes` (numbers) and `class_names`.
  func writeNPZ(to path: String) throws {
    var file = NPZFile()
    add(to: &file)
    try file.publish(at: path)
  }

  func add(to file: inout NPZFile) {
    file.add(values, shape: [rows] + shape, as: "predictions")
    if let classes {
      file.add(classes.numbers, shape: [rows] + shape.dropLast(), as: "classes")
      if classes.haveNames { file.add(classes.names, as: "class_names") }
    }
  }

  /// `/predictions`, and of classes `/classes` (numbers) with the names as their attribute `classes`, or where they are too
  /// many for one as `/class_names`.
  func writeHDF5(to path: String, run: String, step: Int) throws {
    try HDF5File.publish(at: path) { file in
      try file.root.setAttribute("run", run)
      try file.root.setAttribute("step", Int64(step))
      try write(to: file.root)
    }
  }

  func write(to group: HDF5Group) throws {
    try group.write(values, shape: [rows] + shape, to: "predictions")
    guard let classes else { return }
    try group.write(classes.numbers, shape: [rows] + shape.dropLast(), to: "classes")
    guard classes.haveNames else { return }
    // An attribute has no room for very many.
    let size = ((classes.names.map(\.utf8.count).max() ?? 0) + 1) * classes.names.count
    if size < 60_000 {
      try group.dataset("classes").setAttribute("classes", classes.names)
    } else {
      try group.write(classes.names, to: "class_names")
    }
  }

  static func quoted(_ text: String) -> String {
    // By bytes: a quote with an accent after it is one character to Swift.
    let (bytes, quote) = (Array(text.utf8), UInt8(ascii: "\""))
    let special = [UInt8(ascii: ","), quote, UInt8(ascii: "\n"), UInt8(ascii: "\r")]
    let isPlain = !bytes.contains(where: special.contains) && bytes.first != 0x20 && bytes.last != 0x20
    if isPlain && !bytes.isEmpty { return text }
    return String(decoding: [quote] + bytes.flatMap { $0 == quote ? [quote, quote] : [$0] } + [quote], as: UTF8.self)
  }
}
