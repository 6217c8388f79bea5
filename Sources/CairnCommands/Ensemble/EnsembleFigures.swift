internal import Glibc
internal import JSON
internal import Recipes
internal import Reports
internal import Sweeps

/// An ensemble's loss and metrics beside its members'.
struct EnsembleFigures {
  struct Own {
    let name: String
    let rows: Int
    let figures: [Double]
  }

  /// `loss`, then the metrics.
  let names: [String]
  let ensemble: [Double]
  let members: [Own]
  let objective: Objective
  let isOutOfFold: Bool

  /// By what the sweep compares draws by, on the rows that all were scored on; the first of equals. Out of fold each has
  /// rows of its own, and none is the best.
  var best: Own? {
    let figure = objective.monitor.replacing("validation_", with: "", maxReplacements: 1)
    guard !isOutOfFold, let column = names.firstIndex(of: figure) else { return nil }
    func badness(_ own: Own) -> Double {
      let value = own.figures[column]
      return value.isNaN ? .infinity : objective.lowerIsBetter ? value : -value
    }
    return members.min { badness($0) < badness($1) }
  }

  var means: [Double] {
    names.indices.map { column in members.reduce(0) { $0 + $1.figures[column] } / Double(members.count) }
  }

  /// Sample standard deviations; nil: of one member there is none.
  var deviations: [Double]? {
    guard members.count > 1 else { return nil }
    return zip(names.indices, means).map { column, mean in
      let squares = members.reduce(0) { $0 + ($1.figures[column] - mean) * ($1.figures[column] - mean) }
      return (squares / Double(members.count - 1)).squareRoot()
    }
  }

  /// Members that a table shows.
  private static let most = 20

  var text: String {
    func line(_ name: String, _ figures: [Double]) -> [String] { [name] + figures.map { short($0, digits: 6) } }
    var rows = [[""] + names, line(isOutOfFold ? "out of fold" : "ensemble", ensemble)]
    if let best { rows.append(line("best member, \(best.name)", best.figures)) }
    rows.append(line("mean of members", means))
    if let deviations { rows.append(line("std of members", deviations)) }
    if members.count <= EnsembleFigures.most { rows += members.map { line($0.name, $0.figures) } }
    return TextTable.render(rows)
  }

  func json(_ ensemble: Ensemble, rows: String, count: Int) -> JSONValue {
    func object(_ figures: [Double]) -> JSONValue { .object(zip(names, figures).map { ($0, .number($1)) }) }
    func own(_ own: Own) -> JSONValue {
      .object(
        [("name", .string(own.name)), ("rows", .integer(own.rows))] + zip(names, own.figures).map { ($0, .number($1)) })
    }
    var document: JSONValue = [
      "sweep": .string(ensemble.sweep.name), "draws": .array(ensemble.draws.map { .string($0.id.description) }),
      "data": .string(rows), "rows": .integer(count), "ensemble": object(self.ensemble),
      "mean_of_members": object(means),
    ]
    if let deviations { document = document.adding("std_of_members", object(deviations)) }
    if let best { document = document.adding("best_member", own(best)) }
    return document.adding("members", .array(members.map(own)))
  }
}
