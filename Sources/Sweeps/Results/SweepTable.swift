/// The table of draws, best first.
public struct SweepTable: Sendable {
  public let heading: [String]
  public let rows: [[String]]

  /// Every figure with all its digits, and each member's: for programs.
  public init(_ standings: Standings, keys: [String], members: [String]) {
    let monitor = standings.objective.monitor
    let names = standings.best?.figures.map(\.name).filter { $0 != monitor } ?? []
    let single = members.count < 2
    heading =
      ["rank", "draw", "state"] + keys + ["\(monitor)_mean", "\(monitor)_std"]
      + (single ? [] : members.map { "\(monitor)_" + $0.replacing("-", with: "_") }) + names.map { "\($0)_mean" }
    rows = standings.rows.map { row in
      let settings = Dictionary(row.draw.settings.map { ($0.key, $0.plain) }) { first, _ in first }
      var cells = [row.rank.map { String($0) } ?? "", row.draw.id.description, row.state.rawValue]
      cells += keys.map { settings[$0] ?? "" }
      cells += [SweepTable.number(row.mean), row.deviation.map(SweepTable.number) ?? ""]
      if !single { cells += row.values.map { $0.map(SweepTable.number) ?? "" } }
      let figures = Dictionary(row.figures.map { ($0.name, $0.mean) }) { first, _ in first }
      return cells + names.map { figures[$0].map(SweepTable.number) ?? "" }
    }
  }

  private static func number(_ value: Double) -> String { value.isNaN ? "" : "\(value)" }

  /// As RFC 4180 has it, with a line feed at the end of lines.
  public var csv: String {
    ([heading] + rows).map { $0.map(SweepTable.cell).joined(separator: ",") + "\n" }.joined()
  }

  private static func cell(_ text: String) -> String {
    guard text.contains(where: { "\",\n\r".contains($0) }) else { return text }
    return "\"" + text.replacing("\"", with: "\"\"") + "\""
  }
}
