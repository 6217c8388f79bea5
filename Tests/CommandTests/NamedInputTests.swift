import Foundation
import HDF5Storage
import KerasReference
import Testing

/// A network with several inputs, two of which are looked up in tables, from the built program.
@Suite struct NamedInputTests {
  private static let layers = """
        - input: {name: first}
        - embedding: {input_dim: 6, output_dim: 3}
        - flatten: {name: a}
        - input: {name: second}
        - embedding: {input_dim: 5, output_dim: 2}
        - flatten: {name: b}
        - concatenate: {inputs: [numeric, a, b]}
        - dropout: {rate: 0.1}
        - dense: {units: 12, activation: relu}
        - dense: {units: 3, activation: softmax}
    """

  private static func recipe() -> String {
    let path = KerasReference.paths("networks").first { $0.hasSuffix("inputs.h5") } ?? ""
    return """
      name: same
      seed: 3
      data:
        train:
          hdf5: {path: \(path), features: {numeric: /data/numeric, first: /data/first, second: /data/second}, rows: {to: 150}}
        validation:
          hdf5: {path: \(path), features: {numeric: /data/numeric, first: /data/first, second: /data/second}, rows: {from: 150}}
        scaling: standard
      model:
        layers:
      \(layers)
      loss: sparse_categorical_crossentropy
      metrics: [accuracy]
      optimizer: {adam: {learning_rate: 0.01}}
      training: {epochs: 4, batch_size: 20, shards: 3}
      """
  }

  private static func place(_ recipe: String = recipe()) throws -> Workplace {
    let place = try Workplace()
    try place.write(recipe, to: "recipe.yaml")
    return place
  }

  @Test func anyNumberOfWorkersGivesTheSameFile() throws {
    let place = try NamedInputTests.place()
    let expected = try DeterminismTests.checkpoint(place, workers: 1, folder: "expected")
    for workers in [2, 5] {
      let isSame = try DeterminismTests.checkpoint(place, workers: workers, folder: "w\(workers)") == expected
      #expect(isSame, "\(workers) workers")
    }
  }

  /// A large table's gradient is summed from what was looked up, a small one's as each shard has written it: the first rows
  /// of both start alike, and get the same bits. A single weight stands between the sizes.
  @Test func largeTablesGetTheSameGradient() throws {
    var losses: [[Double]] = []
    for entries in [4095, 4096] {
      let place = try NamedInputTests.place(
        NamedInputTests.recipe().replacing("input_dim: 6, output_dim: 3", with: "input_dim: \(entries), output_dim: 16")
      )
      let expected = try DeterminismTests.checkpoint(place, workers: 1, folder: "expected")
      let isSame = try DeterminismTests.checkpoint(place, workers: 3, folder: "w3") == expected
      #expect(isSame, "\(entries) entries")
      let name = try #require(place.list("expected/same").last { $0.hasPrefix("step-") })
      losses.append(try HDF5File(readingAt: place.path("expected/same/\(name)")).root.dataset("history/loss").read())
    }
    #expect(losses[0].count == 32 && losses[0] == losses[1])
  }

  @Test func commandsTakeIt() throws {
    let place = try NamedInputTests.place()
    #expect(try Command.run("train", "recipe.yaml", "--set", "training.epochs=2", in: place.folder).code == 0)
    for arguments in [
      ["resume", "same", "--set", "training.epochs=3"], ["verify", "Checkpoints/same"],
      ["report", "same", "--output", "r.html"],
    ] {
      let outcome = try Command(Command.cairn, arguments, in: place.folder).wait(limit: 120)
      #expect(outcome.code == 0, "\(arguments): \(outcome.errors)")
    }
    let diagnosed = try Command.run("diagnose", "same", in: place.folder)
    #expect([0, 3].contains(diagnosed.code), "\(diagnosed.errors)")
    let look = try Command.run("diagnose", "recipe.yaml", in: place.folder)
    #expect([0, 3].contains(look.code) && look.output.contains("embedding_1"), "\(look.output)\(look.errors)")
    let data = try #require(KerasReference.paths("networks").first { $0.hasSuffix("inputs.h5") })
    let evaluated = try Command.run("evaluate", "same", "--data", data, in: place.folder)
    #expect(evaluated.code == 0 && evaluated.output.contains("accuracy"), "\(evaluated.errors)")

    let inspected = try Command.run("inspect", "same", "--json", in: place.folder).json()
    let inputs = try #require(inspected["inputs"] as? [[String: Any]])
    #expect(inputs.map { $0["name"] as? String } == ["numeric", "first", "second"])
    let layers = try #require(inspected["layers"] as? [[String: Any]])
    let all = try #require(layers.first { $0["name"] as? String == "concatenate" })
    #expect(all["inputs"] as? [String] == ["numeric", "a", "b"] && all["output_shape"] as? [Int] == [16])
    let recipe = try Command.run("inspect", "recipe.yaml", "--json", in: place.folder).json()
    #expect(recipe["layers"] as? NSArray == inspected["layers"] as? NSArray && !layers.isEmpty)
    let wide = try Command.run(
      "inspect", "recipe.yaml", "--set", "model.layers.8.dense.units=20", in: place.folder)
    #expect(wide.code == 0 && wide.output.contains("320"), "\(wide.output)")
  }

  @Test(arguments: [
    ("numeric, a, b", "nmeric, a, b", 65, "recipe.yaml:", "did you mean `numeric`?"),
    ("inputs: [numeric, a, b]", "inputs: [a, b]", 65, "recipe.yaml:5:", "no layer reads the input `numeric`"),
    ("input: {name: second}", "input: {name: secnd}", 65, "recipe.yaml:", "did you mean `second`?"),
    ("input_dim: 6", "input_dim: 4", 65, "`first` holds 4", "layer `embedding` takes whole numbers from 0 to 3"),
    ("first: /data/first, second", "first: /data/numeric, second", 65, "`first` holds", "whole numbers from 0 to 5"),
    (
      ", second: /data/second}, rows: {from", "}, rows: {from", 65, "inputs numeric [11], first [1],",
      "training samples numeric [11]"
    ),
    (
      "first: /data/first, second: /data/second}, rows: {from",
      "first: /data/numeric, second: /data/second}, rows: {from", 65,
      "numeric [11], first [11], second [1]", "training samples"
    ),
    (
      "numeric: /data/numeric, first: /data/first, second: /data/second}, rows: {from",
      "first: /data/first, numeric: /data/numeric, second: /data/second}, rows: {from", 65, "training samples numeric",
      "name them in this order"
    ),
    ("mask", "mask", 0, "", ""),
  ])
  func whatDoesNotFitIsNamed(_ piece: String, _ other: String, _ code: Int32, _ words: String, _ more: String) throws {
    let place = try NamedInputTests.place(NamedInputTests.recipe().replacing(piece, with: other))
    let outcome = try Command.run("train", "recipe.yaml", in: place.folder)
    #expect(outcome.code == code, "\(outcome.errors)")
    #expect(words.isEmpty || outcome.errors.contains(words) && outcome.errors.contains(more), "\(outcome.errors)")
  }

  /// Shapes that do not merge are named with both layers; a NaN by its input.
  @Test func whatGoesWrongIsNamed() throws {
    let place = try NamedInputTests.place(
      NamedInputTests.recipe().replacing(
        "concatenate: {inputs: [numeric, a, b]}", with: "add: {inputs: [numeric, a, b]}"))
    let outcome = try Command.run("train", "recipe.yaml", in: place.folder)
    #expect(outcome.code == 65 && outcome.errors.contains("`numeric` [11] and `a` [3]"), "\(outcome.errors)")
    #expect(
      outcome.errors.contains("recipe.yaml:17:") && outcome.errors.contains("model.layers.6"), "\(outcome.errors)")
    let spoilt = try NamedInputTests.place()
    let run = try Command(
      Command.cairn, ["train", "recipe.yaml", "--inject", "nan-input@5"], in: spoilt.folder
    ).wait(limit: 120)
    #expect(run.code != 70 && (run.errors + run.output).contains("`numeric`"), "\(run.code): \(run.errors)")
  }
}
