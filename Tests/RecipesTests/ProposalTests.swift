import Foundation
import Recipes
import Testing

/// What `recipe new` makes of tables.
@Suite struct ProposalTests {
  /// The recipe for a table; every one is checked as a recipe, and says what its defaults are when read again.
  private func recipe(
    _ table: String, targets: [String] = ["out"], ignored: [String] = [], task: ProposedTask? = nil,
    name: String = "t.csv"
  ) throws -> String {
    let folder = FileManager.default.temporaryDirectory.appending(path: "cairn-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let path = folder.appending(path: name).path
    try Data(table.utf8).write(to: URL(filePath: path))
    let text = try RecipeProposal(path: path, targets: targets, ignored: ignored, task: task, folder: folder.path)
      .recipe
    let parsed = try Recipe.parse(text, file: "r.yaml", folder: folder.path, overrides: [], files: .mustExist)
    let again = try Recipe.parse(
      parsed.resolved(.checkpoint), file: "again.yaml", folder: folder.path, overrides: [], files: .mustExist)
    #expect(again.resolved(.checkpoint) == parsed.resolved(.checkpoint))
    #expect(text.contains("path: \(name)\n"))
    return text
  }

  /// A table of a column for each function of the row's number.
  private func table(_ columns: [(String, (Int) -> String)], rows: Int = 60, delimiter: String = ",") -> String {
    ([columns.map(\.0).joined(separator: delimiter)]
      + (0..<rows).map { row in columns.map { $0.1(row) }.joined(separator: delimiter) }).joined(separator: "\n")
      + "\n"
  }

  private let y: (String, (Int) -> String) = ("out", { ["no", "yes"][$0 * 7 % 3 % 2] })
  private let x: (String, (Int) -> String) = ("x", { "\(Double($0 * 37 % 23) / 4)" })

  /// What stands behind a column's name, without the comment.
  private func declaration(_ name: String, _ text: String) -> String? {
    text.split(separator: "\n").first { $0.hasPrefix("    \(name): ") }.map {
      String($0.dropFirst(name.count + 6).split(separator: " #")[0]).trimmingCharacters(in: .whitespaces)
    }
  }

  @Test func columnsGetTheirKinds() throws {
    let text = try recipe(
      table(
        [
          x, ("age", { $0 % 9 == 0 ? "NA" : "\($0 * 13 % 31)" }), ("sex", { $0 % 3 == 0 ? "f" : "m" }),
          ("town", { "town\($0 % 45)" }), y,
        ], rows: 450))
    #expect(declaration("x", text) == "{number: {missing: median, scaling: robust}}")
    #expect(declaration("age", text) == "{number: {missing: median, indicator: true, scaling: robust}}")
    #expect(declaration("sex", text) == "category")
    #expect(declaration("town", text) == "{category: {encoding: index, min_count: 5}}")
    #expect(declaration("out", text) == "class")
    #expect(text.contains("missing in 50 of 450 rows") && text.contains("- input: {name: town}"))
    #expect(text.contains("input_dim: 46") && text.contains("stratify: true"))
  }

  @Test func whatNamesRowsOrSaysNothingIsLeftOut() throws {
    let text = try recipe(
      table([
        ("number", { "\($0 + 17)" }), ("customer_id", { "\($0 * 7919 % 997)" }), ("label", { "text number \($0)" }),
        ("same", { _ in "3" }), x, ("again", x.1), ("sex", { $0 % 3 == 0 ? "f" : "m" }),
        ("Geschlecht", { $0 % 3 == 0 ? "weiblich" : "männlich" }), ("day", { "2024-01-\(10 + $0 % 20)" }),
        ("asked", { "\($0 * 13 % 31)" }), ("answer", { y.1($0) == "no" ? "n" : "y" }), y,
        // Distinct as well, and no names of rows.
        ("year", { "\(1950 + $0)" }), ("paid", { "\($0 * 7919 % 997)" }), ("weight", { "\(Double($0) * 1.5)" }),
      ]), ignored: ["asked"])
    for name in ["number", "customer_id", "label", "same", "again", "Geschlecht", "day", "asked", "answer"] {
      let shown = name == "Geschlecht" || name.allSatisfy({ $0.isASCII }) ? name : "\"\(name)\""
      #expect(declaration(shown, text) == "ignore", "\(name)\n\(text)")
    }
    for name in ["x", "year", "paid", "weight"] {
      #expect(declaration(name, text)?.hasPrefix("{number") == true, "\(name)")
    }
    #expect(declaration("sex", text) == "category")
  }

  @Test func targetsAreClassesOrValues() throws {
    func target(_ cell: @escaping (Int) -> String, task: ProposedTask? = nil, rows: Int = 60) throws -> String {
      let text = try recipe(table([x, ("out", cell)], rows: rows), task: task)
      let isValues = text.contains("loss: mean_squared_error")
      #expect(declaration("out", text) == (isValues ? "{number: {scaling: standard}}" : "class"))
      #expect(declaration("x", text)?.contains(isValues ? "scaling: standard" : "scaling: robust") == true)
      return isValues ? "values" : "classes"
    }
    #expect(try target { "\($0 % 2)" } == "classes")
    #expect(try target { $0 % 3 == 0 ? "-1" : "1" } == "classes")
    #expect(try target { "\($0 % 3 + 1)" } == "classes")
    #expect(try target { "\($0 % 12)" } == "values", "too few rows of each")
    #expect(try target { "\($0 % 3 * 2)" } == "values", "no class is 1 or 3")
    #expect(try target { "\(Double($0 % 7) / 2)" } == "values")
    #expect(try target({ "\($0 % 2)" }, task: .values) == "values")
    #expect(try target({ "\($0 % 3 * 2)" }, task: .classes) == "classes")
    let two = try recipe(table([x, y, ("a", { "\($0 * 3)" }), ("b", { "\($0 * $0)" })]), targets: ["a", "b"])
    #expect(two.contains("targets: [a, b]") && two.contains("units: 2, kernel_initializer: zeros"))
    #expect(throws: (any Error).self) { try recipe(table([x, y]), targets: ["z"]) }
    #expect(throws: (any Error).self) { try recipe(table([x, y]), targets: ["x", "out"]) }
    #expect(throws: (any Error).self) { try recipe(table([x, ("out", { _ in "1" })])) }
    #expect(throws: (any Error).self) { try recipe(table([x, ("out", { "name \($0)" })])) }
    #expect(throws: (any Error).self) { try recipe(table([y, ("n", { "\($0)" })])) }
  }

  @Test func aTargetThatIsMissingIsNoClass() throws {
    let text = try recipe(table([x, ("out", { $0 % 10 == 0 ? "NA" : $0 % 10 == 5 ? "" : y.1($0) })]))
    #expect(text.contains("on_bad_row: skip") && text.contains("12 of 60 rows have no target"))
    #expect(text.contains("missing_values: [\"\", \"NA\""))
    #expect(text.contains("dense: {units: 2, kernel_initializer: zeros}"))
    let numbers = try recipe(table([x, ("out", { $0 % 10 == 0 ? "NA" : "\(Double($0) / 3)" })]))
    #expect(numbers.contains("on_bad_row: skip") && !numbers.contains("missing_values"))
  }

  @Test func namesAreQuoted() throws {
    let names = ["yes", "größe", "a: b", "c # d", "[e]", "- f", "\"\"\"g\"\"\"", "2013", "", "null", "h, i", "~"]
    let columns = names.enumerated().map { place, name in
      (name.contains(",") ? "\"\(name)\"" : name, { (row: Int) in "\(Double(row * (31 + place) % 29) / 2)" })
    }
    let text = try recipe(
      table(
        columns + [
          (
            "out",
            {
              ["\"ja: #1\"", "n\u{fc}\"\"n", "on"][$0 % 3].replacing("n\u{fc}", with: "\"n\u{fc}")
                + ($0 % 3 == 1 ? "\"" : "")
            }
          )
        ]))
    for name in ["\"yes\"", "\"größe\"", "\"a: b\"", "\"c # d\"", "\"2013\"", "\"\"", "\"null\"", "\"h, i\""] {
      #expect(declaration(name, text)?.hasPrefix("{number") == true, "\(name)\n\(text)")
    }
  }

  @Test func theWayAFileIsWrittenIsFoundOut() throws {
    let decimal = { (row: Int) in "\(row % 7),\(row * 3 % 10)5" }
    let german = try recipe(table([("a", decimal), ("b", decimal.self), y], delimiter: ";"))
    #expect(german.contains("delimiter: \";\"") && german.contains("decimal: \",\""))
    #expect(declaration("a", german)?.hasPrefix("{number") == true && declaration("b", german) == "ignore")
    #expect(try recipe(table([x, y], delimiter: "\t")).contains("delimiter: \"\\t\""))
    #expect(try recipe(table([x, y], delimiter: "|")).contains("delimiter: \"|\""))
    let plain = try recipe(table([x, ("note", { _ in "\"a;b\"" }), y]))
    #expect(!plain.contains("delimiter") && !plain.contains("header") && !plain.contains("decimal"))
    let bare = try recipe(
      (0..<60).map { "\(Double($0 * 7 % 11) / 2),\($0 * 5 % 13),\($0 % 2)\n" }.joined(), targets: ["3"])
    #expect(
      bare.contains("header: false") && bare.contains("targets: [\"3\"]") && declaration("\"3\"", bare) == "class")
  }
}
