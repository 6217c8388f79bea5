import Testing

/// From a table to predictions by `recipe new`, without a hand on the recipe.
@Suite struct RecipeNewTests {
  @Test func aTableIsTrainedAndPredicted() throws {
    let place = try Workplace()
    let lines = (0..<90).map { row in
      let size = row % 7 == 0 ? "" : "\(row % 3 * 4 + row * 5 % 3),5"
      let kind = row % 15 == 0 ? "NA" : ["\"ja: \"\"é\"\"\"", "no", "#3"][row % 3]
      return "\(row + 4);\(size);\(["blau; grün", "rot"][row % 2].contains(";") ? "\"blau; grün\"" : "rot");\(kind)"
    }
    try place.write("id;größe;farbe;art\n" + lines.joined(separator: "\n") + "\n", to: "t.csv")
    try place.write("farbe;größe\nrot;0,5\nlila;\n", to: "new.csv")
    let made = try Command.run(
      "recipe", "new", "--data", "t.csv", "--target", "art", "--output", "r.yaml", in: place.folder)
    #expect(made.code == 0, "\(made.errors)")
    #expect(try Command.run("recipe", "check", "r.yaml", in: place.folder).code == 0)
    #expect(try Command.run("train", "r.yaml", "--set", "training.epochs=2", in: place.folder).code == 0)
    let out = try Command.run("predict", "r", "--data", "new.csv", "--output", "-", in: place.folder)
    #expect(out.code == 0 && out.output.split(separator: "\n").count == 3, "\(out.output)\(out.errors)")
    #expect(!out.output.contains("NA"))
    let text = String(decoding: try place.bytes("r.yaml"), as: UTF8.self)
    #expect(text.contains("id: ignore") && text.contains("on_bad_row: skip") && text.contains("decimal: \",\""))
    let again = try Command.run(
      "recipe", "new", "--data", "t.csv", "--target", "art", "--output", "r.yaml", in: place.folder)
    #expect(again.code == 64 && again.errors.contains("--force"))
  }
}
