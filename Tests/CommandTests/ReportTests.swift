import Foundation
import FoundationXML
import Testing

/// `cairn report` on runs of every kind. How the page looks and moves, `scripts/check-pages` shows in a browser.
struct ReportTests {
  private static let recipe = """
    name: run
    description: 'A <script>alert("d")</script> & run'
    tags: ['<b>tag</b>']
    seed: 3
    data: {train: {make_moons: {samples: 300, noise: 0.2, random_state: 3}}}
    model:
      layers:
        - dense: {units: 6, activation: tanh, name: "<script>alert(1)<"}
        - dense: {units: 6, activation: relu}
        - dense: {units: 1, activation: sigmoid, name: last}
    loss: binary_crossentropy
    optimizer: {adam: {learning_rate: 0.01}}
    training: {epochs: 3, batch_size: 30, shards: 2}
    """

  private func trained(_ more: String..., in place: Workplace) throws {
    try place.write(ReportTests.recipe, to: "run.yaml")
    let outcome = try Command(Command.cairn, ["train", "run.yaml", "--progress", "none"] + more, in: place.folder)
      .wait(limit: 120)
    #expect(outcome.code == 0 || outcome.code == 3, "\(outcome.errors)")
  }

  private func report(_ arguments: String..., in place: Workplace) throws -> String {
    let outcome = try Command(Command.cairn, ["report"] + arguments + ["--output", "x.html"], in: place.folder)
      .wait(limit: 120)
    #expect(outcome.code == 0 && outcome.output.isEmpty, "\(outcome.errors)")
    return try String(contentsOfFile: place.path("x.html"), encoding: .utf8)
  }

  /// Ids of the figures, each a well-formed SVG.
  private func figures(_ page: String) throws -> [String] {
    for part in page.components(separatedBy: "<svg class=\"figure").dropFirst() {
      let end = try #require(part.range(of: "</figure>"))
      // What scrolls stands in a box of its own.
      let svg = "<figure><svg class=\"figure" + part[..<end.upperBound].replacing("</div></figure>", with: "</figure>")
      #expect(XMLParser(data: Data(svg.utf8)).parse(), "\(svg.prefix(200))")
    }
    return page.components(separatedBy: "<figure id=\"figure-").dropFirst().map {
      String($0.prefix { $0 != "\"" })
    }
  }

  @Test func thePageHoldsEverythingAndNeedsNothing() throws {
    let place = try Workplace()
    try trained(in: place)
    let page = try report("run", in: place)
    #expect(
      try figures(page) == [
        "loss", "gradient-mean", "gradient-rms", "gradient-map", "network", "gradient-norm", "weight-norms",
        "update-ratios", "activations", "learning-rate", "gradient-noise",
      ])
    for part in ["Summary", "Diagnosis", "What happened", "Layers", "Recipe, as resolved", "random_state: 3"] {
      #expect(page.contains(part), "\(part)")
    }
    // Nothing is fetched from anywhere.
    #expect(
      !page.contains("http://")
        || page.components(separatedBy: "http://").dropFirst().allSatisfy { $0.hasPrefix("www.w3.org/2000/svg") })
    #expect(!page.contains("https://") && !page.contains("src="))
    // Names are text.
    #expect(page.components(separatedBy: "<script").count == 3)
    #expect(page.contains("&lt;script&gt;alert(1)&lt;") && page.contains("&lt;b&gt;tag&lt;/b&gt;"))
    #expect(!page.contains("<b>tag") && !page.contains("alert(\"d\")"))
    // Nothing of the machine's folders.
    #expect(!page.contains(place.folder))
    // The same run gives the same page.
    #expect(try report("run", in: place) == page)
  }

  @Test func aRollbackIsToldOnEveryFigure() throws {
    let place = try Workplace()
    try trained("--inject", "nan-gradient@22:last", "--set", "checkpoints.every_steps=7", in: place)
    let page = try report("run", in: place)
    // All but the network have an axis of steps.
    let count = try figures(page).count - 1
    #expect(page.components(separatedBy: "<g class=\"blowup\" data-step=\"22\" data-number=\"1\">").count - 1 == count)
    #expect(
      page.components(separatedBy: "<g class=\"rollback\" data-step=\"21\" data-number=\"2\">").count - 1 == count)
    #expect(page.contains("attempt 0, given up"))
    #expect(page.contains("<b>step 22 to 21</b>") && page.contains("went back from step 22 to step 21"))
  }

  @Test func runsWithHardlyAnythingInThem() throws {
    let place = try Workplace()
    // A step without a finite gradient, and nothing else; then one layer and one step, then no step at all.
    try trained("--name", "nan", "--inject", "nan-gradient@1:last", "--set", "health.on_blowup=halt", in: place)
    let page = try report("nan", in: place)
    #expect(page.contains("no finite value") && page.contains("class=\"g\""))
    try place.write(
      """
      name: one
      data: {train: {make_moons: {samples: 20, random_state: 3}}}
      model: {layers: [{dense: {units: 1, activation: sigmoid}}]}
      loss: binary_crossentropy
      optimizer: {sgd: {}}
      training: {epochs: 1, batch_size: 20}
      """, to: "one.yaml")
    #expect(try Command.run("train", "one.yaml", "--progress", "none", in: place.folder).code == 0)
    // Without saturation and dead units: a last sigmoid under its loss has no such state.
    #expect(try figures(try report("one", in: place)).count == 9)
    let start = try #require(place.list("Checkpoints/one").first { $0 == "step-000000000.h5" })
    #expect(try report("Checkpoints/one/\(start)", in: place).contains("No step is recorded yet."))
  }

  @Test func severalRunsAreDrawnTogetherWithTheirDifferences() throws {
    let place = try Workplace()
    try trained(in: place)
    try trained("--name", "fast", "--set", "optimizer.adam.learning_rate=0.1", in: place)
    let page = try report("run", "fast", in: place)
    #expect(try figures(page).contains("gradient-map-2"))
    #expect(
      page.replacing("<wbr>", with: "")
        .contains("optimizer.adam.learning_rate</th><td>0.01</td><td class=\"changed\">0.1</td>"))
    #expect(page.contains("fast: training") && page.contains("run: training"))
    // As `cairn compare` says it: a value that differs, not a key that one has and another has not.
    try trained("--name", "tanh", "--set", "model.layers.1.dense.activation=tanh", in: place)
    let layers = try report("run", "tanh", in: place).replacing("<wbr>", with: "")
    #expect(layers.contains("model.layers.1.dense.activation</th><td>relu</td><td class=\"changed\">tanh</td>"))
    // A run compared with itself is told apart by what was asked for.
    #expect(try report("run", "Checkpoints/run", in: place).contains("Checkpoints/run: training"))
  }

  @Test func figuresAreFilesOfTheirOwn() throws {
    let place = try Workplace()
    try trained(in: place)
    let outcome = try Command.run("report", "run", "--figures", "a/b", in: place.folder)
    #expect(outcome.code == 0, "\(outcome.errors)")
    let files = place.list("a/b").filter { $0.hasSuffix(".svg") }
    #expect(files.count == 11 && files.contains("gradient-mean.svg") && files.contains("network.svg"))
    for file in files { #expect(XMLParser(data: Data(try place.bytes("a/b/\(file)"))).parse(), "\(file)") }
    let pictures = place.list("a/b").filter { $0.hasSuffix(".png") }
    if pictures.isEmpty {
      #expect(outcome.errors.contains("rsvg-convert is not installed"))
    } else {
      #expect(pictures.count == 11)
    }
  }

  @Test func mistakesAreNamed() throws {
    let place = try Workplace()
    try trained(in: place)
    let nothing = try Command.run("report", "run", in: place.folder)
    #expect(nothing.code == 64 && nothing.errors.contains("--output"))
    let missing = try Command.run("report", "rum", "--output", "x.html", in: place.folder)
    #expect(missing.code == 66 && missing.errors.contains("there are: run"), "\(missing.errors)")
    let nowhere = try Command.run("report", "run", "--output", "no/where/x.html", in: place.folder)
    #expect(nowhere.code == 73 && nowhere.errors.contains("no/where/x.html"), "\(nowhere.errors)")
    #expect(place.list().contains("x.html") == false)
  }
}
