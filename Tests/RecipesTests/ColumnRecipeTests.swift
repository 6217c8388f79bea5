import Datasets
import Testing
import Training

@testable import Recipes

/// What recipes say of the columns of a table.
@Suite struct ColumnRecipeTests {
  private func recipe(_ columns: String, csv: String = "", more: String = "") -> String {
    small(
      "    make_moons: {samples: 100}",
      """
          csv: {path: t.csv, targets: [y]\(csv)}
        columns: \(columns)
      \(more)
      """)
  }

  @Test func kindsOfColumns() throws {
    let text = recipe(
      """
      {a: number, b: {number: {missing: median, indicator: true, scaling: quantile}}, c: {number: {missing: {constant: -1}}},
         d: category, e: {category: {encoding: index, min_count: 5, unseen: column}}, 7: ignore, w: weight,
         y: {class: {order: [no, yes, 1.50]}}}
      """, csv: ", missing_values: [-999, no, 0.50, \"\"]")
    let made = try parse(text, files: .none)
    let source = try #require(made.configuration.data.train.kind as? CSVSource)
    #expect(source.missingValues == ["-999", "no", "0.50", ""])
    #expect(source.weights == .name("w"))
    let columns = source.columns
    #expect(columns == made.configuration.data.columns)
    #expect(columns.map(\.name) == ["a", "b", "c", "d", "e", "7", "w", "y"])
    let expected: [any ColumnDeclaration] = [
      NumberColumn(), NumberColumn(missing: .median, indicator: true, scaling: .quantile),
      NumberColumn(missing: .constant(-1)), CategoryColumn(),
      CategoryColumn(encoding: .index, minCount: 5, unseen: .column), IgnoredColumn(), WeightColumn(),
      ClassColumn(order: ["no", "yes", "1.50"]),
    ]
    for (column, declaration) in zip(columns, expected) {
      #expect(column == DeclaredColumn(column.name, declaration), "\(column.name)")
    }
    #expect(try parse(made.resolved(.checkpoint), files: .none) == made)
  }

  @Test func howRowsAreHeldBack() throws {
    func rule(_ validation: String) throws -> SplitRule? {
      try parse(recipe("{a: number}", more: "  validation: \(validation)\n"), files: .none).configuration.data.splitRule
    }
    #expect(try rule("{fraction: 0.2}") == nil)
    #expect(try rule("{fraction: 0.2, stratify: false}") == .random)
    #expect(try rule("{fraction: 0.2, stratify: true}") == .stratified)
    #expect(try rule("{fraction: 0.2, group: g}") == .groups("g"))
  }

  @Test func folds() throws {
    func data(_ validation: String) throws -> DataConfiguration {
      let recipe = try parse(recipe("{a: number}", more: "  validation: \(validation)\n"), files: .none)
      #expect(try parse(recipe.resolved(.checkpoint), files: .none) == recipe)
      return recipe.configuration.data
    }
    let plain = try data("{fold: 2, of: 5}")
    #expect(plain.validation == .fold(2, of: 5) && plain.splitRule == nil)
    #expect(try data("{fold: 1, of: 2, stratify: false}").splitRule == .random)
    #expect(try data("{fold: 3, of: 3, stratify: true}").splitRule == .stratified)
    #expect(try data("{fold: 3, of: 3, group: g}").splitRule == .groups("g"))
  }

  @Test(arguments: [
    ("{fold: 6, of: 5}", "data.validation.fold: expected a fold from 1 to 5, as `of` says, found 6"),
    ("{fold: 2}", "data.validation.fold: goes with `of`, how many folds there are"),
    ("{fold: 0, of: 5}", "data.validation.fold: expected an integer >= 1, found 0"),
    ("{fold: 1, of: 1}", "data.validation.of: expected an integer >= 2, found 1"),
    ("{fraction: 0.2, of: 5}", "data.validation.of: goes with `fold`: give it, or leave this out"),
    (
      "{fraction: 0.2, fold: 1, of: 5}",
      "data.validation: expected validation data, exactly one, found `fraction` and `fold`"
    ),
    (
      "{csv: {path: b.csv, targets: [y]}, stratify: true}",
      "data.validation.stratify: goes with `fraction` or `fold`: a source of its own is taken as it is"
    ),
    ("{fold: 1, of: 5, stratify: true, group: g}", "data.validation.group: expected `stratify` or `group`, found both"),
  ])
  func foldsThatAreRefused(_ validation: String, _ message: String) {
    let found = problems(recipe("{a: number}", more: "  validation: \(validation)\n"))
      .filter { $0.contains("data.validation") && !$0.contains("no such file") && !$0.contains("csv.path") }
    #expect(found.count == 1 && found[0].hasSuffix(message), "\(found)")
  }

  @Test func windowsHaveNoFolds() {
    let found = problems(
      recipe("{a: number}", csv: ", windows: {length: 3}", more: "  validation: {fold: 1, of: 5, stratify: true}\n"))
    #expect(
      found.contains {
        $0.hasSuffix("data.validation.fold: of texts and series the last part is held back: use `fraction`")
      })
  }

  @Test func whatIsRefused() {
    #expect(
      problems(recipe("{a: weight, b: weight}")).contains {
        $0.contains("expected one column of weights, found `a` too")
      })
    #expect(problems(recipe("{a: weight}", csv: ", weights: b")).contains { $0.contains("found `b` too") })
    #expect(
      problems(recipe("{a: numbr}")).contains { $0.contains("data.columns.a") && $0.contains("did you mean `number`?") }
    )
    #expect(problems(recipe("{a: {number: {missing: {constant: x}}}}")).contains { $0.contains("missing.constant") })
    let moons = small("{samples: 100}", "{samples: 100}\n  columns: {a: number}")
    #expect(problems(moons).contains { $0.contains("is for csv, found `make_moons`") })
  }
}
