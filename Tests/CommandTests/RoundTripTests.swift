import Foundation
import HDF5Storage
import Testing

/// train, inspect, evaluate and predict agree with each other and with the contract.
@Suite struct RoundTripTests {
  static let moons = """
    name: moons
    seed: 3
    data:
      train:
        make_moons: {samples: 600, noise: 0.1, random_state: 5}
      validation: {fraction: 0.25}
      scaling: standard
    model:
      layers:
        - dense: {units: 8, activation: tanh}
        - dense: {units: 1, activation: sigmoid}
    loss: binary_crossentropy
    metrics: [accuracy]
    optimizer:
      adam: {learning_rate: 0.05}
    training: {epochs: 10, batch_size: 32, shards: 2}
    """

  static let digits = """
    name: digits
    seed: 4
    data:
      train:
        hdf5: {path: digits.h5, rows: {to: 600}}
      scaling: min_max
    model:
      layers:
        - dense: {units: 24, activation: relu}
        - batch_normalization: {}
        - dropout: {rate: 0.1}
        - dense: {units: 10, activation: softmax, name: output}
    loss: sparse_categorical_crossentropy
    metrics: [accuracy]
    optimizer:
      adam: {learning_rate: 0.01}
      global_clip_norm: 1
    training: {epochs: 5, batch_size: 50, shards: 2}
    """

  static func trained(_ recipe: String, _ name: String) throws -> Workplace {
    let place = try Workplace()
    try place.write(recipe, to: "\(name).yaml")
    try FileManager.default.copyItem(atPath: repository("Datasets/digits.h5"), toPath: place.path("digits.h5"))
    let outcome = try Command.run("train", "\(name).yaml", in: place.folder)
    #expect(outcome.code == 0, "\(outcome.errors)")
    return place
  }

  @Test func aRunLeavesWhatTheContractSays() throws {
    let place = try RoundTripTests.trained(RoundTripTests.moons, "moons")
    let files = place.list("Checkpoints/moons")
    #expect(Set(files).isSuperset(of: ["recipe.yaml", "events.jsonl", "latest.h5", "step-000000150.h5"]))
    #expect(files.filter { $0.hasPrefix(".") } == [".lock"])
    #expect(
      try FileManager.default.destinationOfSymbolicLink(atPath: place.path("Checkpoints/moons/latest.h5"))
        == "step-000000150.h5")
    let lines = try String(contentsOfFile: place.path("Checkpoints/moons/events.jsonl"), encoding: .utf8)
      .split(separator: "\n")
    let events = try lines.map {
      try #require(try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any], "\($0)")
    }
    #expect(events.count > 2)
    // The resolved recipe is a recipe.
    #expect(try Command.run("recipe", "check", "Checkpoints/moons/recipe.yaml", in: place.folder).code == 0)

    let inspection = try Command.run("inspect", "moons", "--json", in: place.folder).json()
    #expect(inspection["format_version"] as? Int == 1 && inspection["run"] as? String == "moons")
    #expect(inspection["step"] as? Int == 150 && inspection["epoch"] as? Int == 10)
    #expect(inspection["healthy"] as? Bool == true && inspection["parameters"] as? Int == 33)
    let layers = try #require(inspection["layers"] as? [[String: Any]])
    #expect(layers.map { $0["name"] as? String } == ["dense", "dense_1"])
    #expect(layers.map { $0["type"] as? String } == ["Dense", "Dense"])
    #expect(layers.map { $0["output_shape"] as? [Int] } == [[8], [1]])
    #expect(layers.map { $0["parameters"] as? Int } == [24, 9])
  }

  @Test func predictionsAreWhatEvaluateCounts() throws {
    for (recipe, name) in [(RoundTripTests.moons, "moons"), (RoundTripTests.digits, "digits")] {
      let place = try RoundTripTests.trained(recipe, name)
      if name == "moons" {
        let made = try Command.run(
          "dataset", "make-moons", "--samples", "500", "--noise", "0.1", "--random-state", "8", "--output", "moons.h5",
          in: place.folder)
        #expect(made.code == 0)
      }
      let evaluation = try Command.run("evaluate", name, "--data", "\(name).h5", "--json", in: place.folder).json()
      let predicted = try Command.run(
        "predict", name, "--data", "\(name).h5", "--output", "p.h5", in: place.folder)
      #expect(predicted.code == 0, "\(predicted.errors)")
      let root = try HDF5File(readingAt: place.path("p.h5")).root
      let predictions = try root.dataset("predictions")
      let outputs: [Float] = try predictions.read()
      let labels: [Float] = try HDF5File(readingAt: place.path("\(name).h5")).root.dataset("/data/y").read()
      try #require(predictions.shape == [labels.count, name == "moons" ? 1 : 10])
      let right = labels.indices.filter { row in
        if name == "moons" { return (outputs[row] > 0.5) == (labels[row] == 1) }
        let scores = outputs[row * 10..<row * 10 + 10]
        return scores.indices.max { scores[$0] < scores[$1] } == row * 10 + Int(labels[row])
      }
      let accuracy = try #require(evaluation["accuracy"] as? Double)
      #expect(abs(accuracy - Double(right.count) / Double(labels.count)) < 1e-9)
      #expect(accuracy > 0.8)
      #expect(evaluation["rows"] as? Int == labels.count && evaluation["loss"] as? Double != nil)
      if name == "digits" {
        let classes: [Float] = try root.dataset("classes").read()
        #expect(zip(classes, labels).filter { $0 == $1 }.count == right.count)
      }
      // The same by the checkpoint's own path, from elsewhere: nothing but the file is needed.
      let checkpoint = try #require(place.checkpoints(name).last)
      try FileManager.default.createDirectory(atPath: place.path("away"), withIntermediateDirectories: false)
      try FileManager.default.copyItem(atPath: place.path(checkpoint), toPath: place.path("away/c.h5"))
      let away = try Command.run(
        "predict", "c.h5", "--data", "../\(name).h5", "--output", "p.h5", in: place.path("away"))
      #expect(away.code == 0, "\(away.errors)")
      let again: [Float] = try HDF5File(readingAt: place.path("away/p.h5")).root.dataset("predictions").read()
      #expect(again == outputs)
    }
  }

  @Test func evaluateRepeatsTheLastValidation() throws {
    let place = try RoundTripTests.trained(RoundTripTests.moons, "moons")
    let evaluation = try Command.run("evaluate", "moons", "--json", in: place.folder).json()
    let checkpoint = try #require(place.checkpoints("moons").last)
    let validation = try HDF5File(readingAt: place.path(checkpoint)).root.group("history/validation")
    let losses: [Double] = try validation.dataset("loss").read()
    let accuracies: [Double] = try validation.dataset("accuracy").read()
    #expect(evaluation["data"] as? String == "validation" && evaluation["rows"] as? Int == 150)
    // Foundation reads the last digit of a JSON number as it likes.
    let (loss, accuracy) = (
      try #require(evaluation["loss"] as? Double), try #require(evaluation["accuracy"] as? Double)
    )
    #expect(abs(loss - (try #require(losses.last))) < 1e-14)
    #expect(abs(accuracy - (try #require(accuracies.last))) < 1e-14)
  }
}
