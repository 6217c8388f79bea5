internal import Files
internal import HDF5Storage
internal import Recipes
internal import Sweeps

/// Training rows, each predicted by members that were not trained on it: `oof.csv` and `oof.h5` in a sweep's folder.
struct OutOfFoldTable {
  /// Of each row in its source, from 0, ascending.
  let numbers: [Int32]
  /// `[rows, columns]`, row-major: classes' numbers, or values.
  let targets: [Float]
  let predictions: EnsemblePredictions

  private var mean: Predictions { predictions.mean }
  private var width: Int { targets.count / max(1, numbers.count) }
  /// Whether a target is the number of a class.
  private var holdsClasses: Bool {
    guard let classes = mean.classes, width == 1 else { return false }
    return targets.allSatisfy { $0 >= 0 && $0 == $0.rounded() && Int($0) < classes.names.count }
  }

  /// Of values: what follows `prediction` and `target`, as a name may be one of these words.
  private func endings(_ count: Int) -> [String] {
    if count == 1 { return [""] }
    return mean.names.count == count ? mean.names.map { "_\($0)" } : (1...count).map { "_\($0)" }
  }

  var heading: [String] {
    let targets = endings(width).map { "target\($0)" }
    guard mean.classes == nil else { return ["row"] + targets + predictions.columns }
    let means = endings(mean.outputs).map { "prediction\($0)" }
    return ["row"] + targets + means + (predictions.deviations == nil ? [] : means.map { "\($0)_std" })
  }

  /// - Returns: what was written.
  /// - Throws: `FileError`, `HDF5Error`.
  func write(_ ensemble: Ensemble) throws -> [String] {
    let paths = ["oof.csv", "oof.h5"].map { "\(ensemble.folder.path)/\($0)" }
    var text = Array((heading.map(Predictions.quoted).joined(separator: ",") + "\n").utf8)
    let names = holdsClasses ? mean.classes?.names : nil
    for (row, number) in numbers.enumerated() {
      let own = targets[row * width..<(row + 1) * width].map { target in
        names.map { Predictions.quoted($0[Int(target)]) } ?? "\(target)"
      }
      text += ((["\(number)"] + own + predictions.cells(of: row)).joined(separator: ",") + "\n").utf8
    }
    try FileContents.publish(text, at: paths[0])
    try predictions.writeHDF5(
      to: paths[1], sweep: ensemble.sweep.name, of: ensemble.members.map(\.name)
    ) { file in
      try file.write(numbers, shape: [numbers.count], to: "rows")
      if holdsClasses {
        try file.write(targets.map { Int32($0) }, shape: [numbers.count], to: "targets")
      } else {
        try file.write(targets, shape: [numbers.count, width], to: "targets")
      }
    }
    return paths
  }
}
