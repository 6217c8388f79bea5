internal import Datasets
internal import Files
internal import HDF5Storage

/// What an ensemble says of some rows: the mean, how far its members are from each other, and what each says.
struct EnsemblePredictions {
  let mean: Predictions
  /// Sample standard deviations, as `mean.values`; nil: there is one member only.
  let deviations: [Float]?
  /// By name; empty: nobody wants them.
  let members: [(name: String, predictions: Predictions)]

  /// Names of the columns that follow those of the mean in a CSV.
  private var further: [String] {
    (deviations == nil ? [] : EnsemblePredictions.numbers(of: mean).map { "\($0)_std" })
      + members.flatMap { member in member.predictions.columns.map { "\(member.name)_\($0)" } }
  }

  /// Columns of a CSV that hold numbers.
  private static func numbers(of predictions: Predictions) -> [String] {
    Array(predictions.columns.dropFirst(predictions.classes == nil ? 0 : predictions.positions))
  }

  var columns: [String] { mean.columns + further }

  func heading(_ kept: [TextColumn]) -> String {
    ([mean.heading(kept)] + further.map(Predictions.quoted)).joined(separator: ",")
  }

  /// A row under `columns`, ready for a CSV.
  func cells(of row: Int) -> [String] {
    var cells = mean.cells(of: row)
    if let deviations {
      let width = mean.positions * mean.outputs
      for deviation in deviations[row * width..<(row + 1) * width] {
        cells.append("\(deviation)")
        // Of two classes in one output: the other is as uncertain.
        if let classes = mean.classes, classes.names.count > mean.outputs { cells.append("\(deviation)") }
      }
    }
    return cells + members.flatMap { $0.predictions.cells(of: row) }
  }

  func eachLine(_ kept: [TextColumn], _ write: (String) throws -> Void) rethrows {
    try write(heading(kept) + "\n")
    for row in 0..<mean.rows {
      let texts = kept.map(\.cells[row]).map { $0.isEmpty ? $0 : Predictions.quoted($0) }
      try write((texts + cells(of: row)).joined(separator: ",") + "\n")
    }
  }

  func writeCSV(_ kept: [TextColumn], to path: String) throws {
    var text: [UInt8] = []
    eachLine(kept) { text += $0.utf8 }
    try FileContents.publish(text, at: path)
  }

  /// As of a run, with `std`, and `members/<name>` of each member.
  func writeNPZ(to path: String) throws {
    var file = NPZFile()
    mean.add(to: &file)
    if let deviations { file.add(deviations, shape: [mean.rows] + mean.shape, as: "std") }
    for (name, own) in members { file.add(own.values, shape: [own.rows] + own.shape, as: "members/\(name)") }
    try file.publish(at: path)
  }

  func writeHDF5(to path: String, sweep: String, of names: [String], _ more: (HDF5Group) throws -> Void = { _ in })
    throws
  {
    try HDF5File.publish(at: path) { file in
      try file.root.setAttribute("sweep", sweep)
      try file.root.write(names, to: "member_names")
      try more(file.root)
      try mean.write(to: file.root)
      if let deviations { try file.root.write(deviations, shape: [mean.rows] + mean.shape, to: "std") }
      guard !members.isEmpty else { return }
      let group = try file.root.createGroup("members")
      for (name, own) in members { try group.write(own.values, shape: [own.rows] + own.shape, to: name) }
    }
  }
}
