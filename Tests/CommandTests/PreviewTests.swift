import Foundation
import FoundationXML
import Testing

/// `cairn diagnose RECIPE`, and the line that `cairn train` says of it.
struct PreviewTests {
  private func json(_ arguments: String..., in place: Workplace) throws -> [String: Any] {
    let before = place.everything()
    let outcome = try Command(Command.cairn, ["diagnose"] + arguments + ["--json"], in: place.folder).wait(limit: 120)
    #expect(outcome.code == 0 && outcome.errors.isEmpty, "\(outcome.errors)")
    #expect(place.everything() == before)
    return try outcome.json()
  }

  private func levels(_ document: [String: Any]) -> [String] {
    (document["findings"] as? [[String: Any]] ?? []).map { "\($0["name"] ?? "") \($0["level"] ?? "")" }
  }

  @Test func aHealthyRecipe() throws {
    let place = try Workplace()
    let document = try json(repository("Recipes/moons-relu.yaml"), in: place)
    #expect(levels(document) == [])
    let layers = try #require(document["layers"] as? [[String: Any]])
    #expect(layers.map { $0["name"] as? String } == ["dense", "dense_1", "dense_2", "dense_3"])
    #expect(layers.allSatisfy { ($0["gradient_rms"] as? Double ?? 0) > 0 && ($0["output_rms"] as? Double ?? 0) > 0 })
    #expect(layers[3]["ratio_to_output"] as? Double == 1 && layers[0]["dead_fraction"] is Double)
    let test = try #require(document["range_test"] as? [String: Any])
    let rate = try #require(test["suggested_rate"] as? Double)
    #expect(rate > 1e-4 && rate < 0.1 && test["recipe_rate"] as? Double == 0.001)
    let estimate = try #require(document["estimate"] as? [String: Any])
    #expect(estimate["steps"] as? Int == 9400 && (estimate["seconds"] as? Double ?? 0) > 0)
    let data = try #require(document["data"] as? [String: Any])
    #expect(data["rows"] as? Int == 3000 && abs((data["constant_loss"] as? Double ?? 0) - 0.6931) < 1e-3)
  }

  @Test func dropoutScalingAndValidation() throws {
    let place = try Workplace()
    let document = try json(repository("Recipes/digits.yaml"), "--steps", "80", in: place)
    #expect(levels(document) == [])
    let test = try #require(document["range_test"] as? [String: Any])
    #expect((test["points"] as? [Any])?.count ?? 0 > 20 && test["steps"] as? Int == 80)
    #expect(test["suggested_rate"] is Double)
  }

  /// The article's recipe, and the same with a rate that is far too large.
  @Test func whatIsBoundToBlowUp() throws {
    let place = try Workplace()
    let document = try json(repository("Recipes/regression-exploding.yaml"), in: place)
    #expect(levels(document) == ["exploding critical", "rate_too_large critical", "targets_unscaled warning"])
    let hot = try json(
      repository("Recipes/regression-glorot.yaml"), "--set", "optimizer.sgd.learning_rate=5", in: place)
    #expect(levels(hot).contains("rate_too_large critical"))
    let text = try Command.run("diagnose", repository("Recipes/regression-exploding.yaml"), in: place.folder)
    #expect(text.code == 0 && text.output.contains("CRITICAL exploding in `dense_1`"))
    #expect(text.output.contains("s: suggested, r: the recipe's"))
  }

  @Test func outputsThatAreNotFinite() throws {
    let place = try Workplace()
    try place.write(
      """
      data: {train: {make_moons: {samples: 100}}}
      model:
        layers:
          - dense: {units: 4, kernel_initializer: {constant: {value: 1e30}}}
          - dense: {units: 4, kernel_initializer: {constant: {value: 1e30}}}
          - dense: {units: 1, activation: sigmoid}
      loss: binary_crossentropy
      optimizer: adam
      """, to: "huge.yaml")
    let document = try json("huge.yaml", in: place)
    let first = try #require((document["findings"] as? [[String: Any]])?.first)
    #expect(first["name"] as? String == "non_finite" && first["layer"] as? String == "dense_1")
    let test = try #require(document["range_test"] as? [String: Any])
    #expect(test["suggested_rate"] is NSNull && test["largest_stable_rate"] is NSNull)
    let train = try Command.run("train", "huge.yaml", "--progress", "plain", in: place.folder)
    #expect(
      (train.output + train.errors).contains(
        "warning: before the first step: the outputs of `dense_1` are not finite at the first weights"))
  }

  @Test func trainSaysOneLineAndDoesNotChange() throws {
    let place = try Workplace()
    func train(_ recipe: String, _ more: String...) throws -> String {
      let outcome = try Command(
        Command.cairn, ["train", repository("Recipes/\(recipe).yaml"), "--progress", "plain"] + more, in: place.folder
      )
      .wait(limit: 120)
      return outcome.output + outcome.errors
    }
    let said = try train("regression-exploding", "--set", "training.epochs=1")
    #expect(said.components(separatedBy: "before the first step").count == 2 && said.contains("cairn diagnose "))
    let log = String(decoding: try place.bytes("Checkpoints/regression-exploding/events.jsonl"), as: UTF8.self)
    #expect(log.components(separatedBy: "before the first step").count == 2)
    #expect(try !train("moons-sigmoid", "--set", "training.epochs=1").contains("before the first step"))
    // A run that goes on has been looked at.
    #expect(
      try !train("regression-exploding", "--set", "training.epochs=2", "--resume").contains("before the first step"))
  }

  @Test func thePageHoldsTheFigureAndNeedsNothing() throws {
    let place = try Workplace()
    let recipe = repository("Recipes/regression-exploding.yaml")
    let outcome = try Command.run("diagnose", recipe, "--output", "look.html", in: place.folder)
    #expect(outcome.code == 0 && place.list() == ["look.html"])
    let page = String(decoding: try place.bytes("look.html"), as: UTF8.self)
    #expect(!page.contains("<script") && !page.contains("https://") && !page.contains("src="))
    let start = try #require(page.range(of: "<svg class=\"figure"))
    let end = try #require(page.range(of: "</figure>"))
    #expect(XMLParser(data: Data(("<figure>" + page[start.lowerBound..<end.upperBound]).utf8)).parse())
    for part in ["the recipe&#39;s rate: 0.01", "learning rate</text>", "1e-6</text>", "random_state: 42"] {
      #expect(page.contains(part), "\(part)")
    }
    // It replaces a page, and nothing else.
    #expect(try Command.run("diagnose", recipe, "--output", "look.html", in: place.folder).code == 0)
    try place.write("mine", to: "mine.html")
    #expect(try Command.run("diagnose", recipe, "--output", "mine.html", in: place.folder).code == 64)
    #expect(try Command.run("diagnose", recipe, "--output", "look.png", in: place.folder).code == 64)
  }

  @Test func mistakesAreNamed() throws {
    let place = try Workplace()
    try place.write("name: [", to: "broken.yaml")
    try place.write("\u{89}HDF damaged", to: "bad.h5")
    let recipe = repository("Recipes/moons-relu.yaml")
    for (code, part, arguments) in [
      (66, "no such recipe", ["missing.yaml"]), (65, "broken.yaml", ["broken.yaml"]), (65, "bad.h5", ["bad.h5"]),
      (66, "missing", ["missing"]), (64, "--steps 3", [recipe, "--steps", "3"]),
      (64, "--set: is for a recipe", ["missing", "--set", "seed=1"]),
      (64, "--output: is for a recipe", ["bad.h5", "--output", "x.html"]),
      (65, "unknown key", [recipe, "--set", "optimiser=adam"]),
      (66, "none.h5", [recipe, "--set", "data.train={hdf5: {path: none.h5}}"]),
      (65, "labels out of range", [recipe, "--set", "data.train={make_regression: {samples: 50, features: 2}}"]),
    ] as [(Int32, String, [String])] {
      let outcome = try Command(Command.cairn, ["diagnose"] + arguments, in: place.folder).wait(limit: 60)
      #expect(outcome.code == code && outcome.errors.contains(part), "\(arguments): \(outcome.code) \(outcome.errors)")
    }
    #expect(place.list() == ["bad.h5", "broken.yaml"])
    let help = try Command.run("diagnose", "--help", in: place.folder)
    #expect(help.output.contains("cairn diagnose Recipes/moons-sigmoid.yaml --set"))
  }

  @Test func theSameDocumentOnOneAndThreeWorkers() throws {
    let place = try Workplace()
    func document(_ workers: Int) throws -> NSDictionary {
      var document = try json(
        repository("Recipes/letter.yaml"), "--steps", "40", "--set", "training.workers=\(workers)", in: place)
      document["estimate"] = nil
      return document as NSDictionary
    }
    #expect(try document(1) == document(3))
  }
}
