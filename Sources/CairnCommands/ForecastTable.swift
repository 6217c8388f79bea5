internal import Files
internal import HDF5Storage
internal import JSON
internal import Reports
internal import Training

/// A forecast as text, CSV, HDF5 and JSON.
struct ForecastTable {
  /// What the column of the series' names is called; nil: there is none.
  let group: String?

  private func columns(_ targets: [String]) -> [String] { (group.map { [$0] } ?? []) + ["step"] + targets }

  /// The heading of the CSV, without its line end.
  func heading(_ targets: [String]) -> String { columns(targets).map(Predictions.quoted).joined(separator: ",") }

  private func rows(_ made: Forecaster.Forecast, _ number: (Float) -> String) -> [[String]] {
    made.groups.enumerated().flatMap { group, name in
      (0..<made.steps).map { step in
        let first = (group * made.steps + step) * made.targets.count
        return (self.group == nil ? [] : [name]) + ["\(step + 1)"]
          + made.values[first..<first + made.targets.count].map(number)
      }
    }
  }

  func text(_ made: Forecaster.Forecast) -> String {
    TextTable.render([columns(made.targets)] + rows(made) { short(Double($0), digits: 6) })
  }

  func write(_ made: Forecaster.Forecast, to path: String, run: String, step: Int) throws {
    if OutputFile.Kind(path: path) == .csv {
      let lines = rows(made) { "\($0)" }.map { $0.map(Predictions.quoted).joined(separator: ",") }
      return try FileContents.publish(
        Array(([heading(made.targets)] + lines).map { $0 + "\n" }.joined().utf8), at: path)
    }
    try HDF5File.publish(at: path) { file in
      try file.root.setAttribute("run", run)
      try file.root.setAttribute("step", Int64(step))
      try file.root.write(made.values, shape: [made.groups.count, made.steps, made.targets.count], to: "forecast")
      try file.root.write(made.targets, to: "targets")
      if group != nil { try file.root.write(made.groups, to: "series") }
    }
  }

  func json(_ made: Forecaster.Forecast, run: String, checkpoint: String, step: Int) -> JSONValue {
    let count = made.targets.count
    let series = made.groups.enumerated().map { group, name -> JSONValue in
      let rows = (0..<made.steps).map { step -> JSONValue in
        let first = (group * made.steps + step) * count
        return .array(made.values[first..<first + count].map { .number(Double($0)) })
      }
      return ["group": self.group == nil ? .null : .string(name), "values": .array(rows)]
    }
    return [
      "run": .string(run), "checkpoint": .string(checkpoint), "step": .integer(step), "steps": .integer(made.steps),
      "targets": .array(made.targets.map { .string($0) }), "series": .array(series),
    ]
  }
}
