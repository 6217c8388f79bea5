import Foundation
import Testing

/// `cairn diagnose`: remedies as edits of the run's recipe, from the built binary.
struct DiagnoseTests {
  /// A rate so small that nothing moves, on data that stand elsewhere than the runs.
  private func stuck() throws -> Workplace {
    let place = try Workplace()
    let numbers = Array(0..<64)
    let rows: [Float] = numbers.flatMap { row -> [Float] in [Float(row % 8) - 3.5, Float(row / 8) - 3.5] }
    let targets: [Float] = numbers.map { row -> Float in Float(row % 8 + row / 8 - 7) }
    try place.writeData("rows.h5", x: rows, shape: [64, 2], y: targets)
    try place.write(
      """
      name: stuck
      data: {train: {hdf5: {path: rows.h5}}}
      model: {layers: [{dense: {units: 16, activation: tanh}}, {dense: {units: 1}}]}
      loss: mean_squared_error
      optimizer: {sgd: {learning_rate: 1.0e-7}}
      training: {epochs: 60, batch_size: 8}
      tensorboard: false
      """, to: "stuck.yaml")
    let outcome = try Command(Command.cairn, ["train", "stuck.yaml", "--progress", "none"], in: place.folder)
      .wait(limit: 120)
    #expect(outcome.code == 0, "\(outcome.errors)")
    return place
  }

  @Test func theMendedRecipeIsWrittenAndCures() throws {
    let place = try stuck()
    let told = try Command.run("diagnose", "stuck", in: place.folder)
    #expect(told.output.contains("frozen") && told.output.contains("-     learning_rate: 1.0e-07"))
    let written = try Command.run("diagnose", "stuck", "--write", "fixed.yaml", in: place.folder)
    #expect(written.code == 0, "\(written.errors)")
    let text = String(decoding: try place.bytes("fixed.yaml"), as: UTF8.self)
    #expect(text.hasPrefix("# stuck, mended by cairn diagnose\n"))
    // From another folder: paths are whole.
    try FileManager.default.createDirectory(atPath: place.path("elsewhere"), withIntermediateDirectories: true)
    let trained = try Command.run(
      "train", "../fixed.yaml", "--name", "fixed", "--progress", "none", in: place.path("elsewhere"))
    #expect(trained.code == 0, "\(trained.errors)")
    let outcome = try Command.run("evaluate", "fixed", "--json", in: place.path("elsewhere"))
    let document = try JSONSerialization.jsonObject(with: Data(outcome.output.utf8)) as? [String: Any]
    // Half of what the mean of the targets leaves.
    #expect(try #require(document?["loss"] as? Double) < 5)
  }

  @Test func remediesAreNumberedInJSON() throws {
    let place = try stuck()
    let outcome = try Command.run("diagnose", "stuck", "--json", in: place.folder)
    let document = try JSONSerialization.jsonObject(with: Data(outcome.output.utf8)) as? [String: Any]
    let findings = try #require(document?["findings"] as? [[String: Any]])
    let remedies = findings.flatMap { $0["remedies"] as? [[String: Any]] ?? [] }
    #expect(remedies.compactMap { $0["number"] as? Int }.first == 1)
    for remedy in remedies {
      for key in ["text", "diff", "snippet"] { #expect((remedy[key] as? String)?.isEmpty == false, "\(remedy)") }
    }
  }

  @Test func whatMustStayStays() throws {
    let place = try stuck()
    try place.write("name: mine\n", to: "mine.yaml")
    let before = try place.bytes("Checkpoints/stuck/recipe.yaml")
    for (words, message) in [
      (["--write", "mine.yaml"], "not made by this command"), (["--write", "rows.h5"], "writes YAML"),
      (["--write", "Checkpoints/stuck/recipe.yaml"], "is a file of the run"), (["--remedy", "2"], "--write"),
      (["--write", "new.yaml", "--remedy", "99"], "expected a number from 1 to"),
    ] {
      let outcome = try Command(Command.cairn, ["diagnose", "stuck"] + words, in: place.folder).wait(limit: 60)
      #expect(outcome.code == 64 && outcome.errors.contains(message), "\(words): \(outcome.code) \(outcome.errors)")
    }
    #expect(try place.bytes("Checkpoints/stuck/recipe.yaml") == before && !place.list().contains("new.yaml"))
    #expect(String(decoding: try place.bytes("mine.yaml"), as: UTF8.self) == "name: mine\n")
    for _ in 1...2 {
      let outcome = try Command.run("diagnose", "stuck", "--write", "mine.yaml", "--force", in: place.folder)
      #expect(outcome.code == 0, "\(outcome.errors)")
    }
    let again = try Command.run("diagnose", "stuck", "--write", "mine.yaml", in: place.folder)
    #expect(again.code == 0, "its own file is replaced")
  }

  /// `data.skip_rows` takes rows out before the split, by their numbers in the file.
  @Test func skippedRowsAreNotTrainedOn() throws {
    let place = try Workplace()
    let rows = (0..<40).map { Float($0) / 40 }
    var targets = rows
    targets[7] = 1e6
    try place.writeData("rows.h5", x: rows, shape: [40, 1], y: targets)
    try place.write(
      """
      name: run
      data: {train: {hdf5: {path: rows.h5}}, validation: {fraction: 0.25}, skip_rows: [7, 9]}
      model: {layers: [{dense: {units: 1}}]}
      loss: mean_squared_error
      optimizer: {sgd: {learning_rate: 0.1}}
      training: {epochs: 2, batch_size: 8}
      """, to: "run.yaml")
    let outcome = try Command.run("train", "run.yaml", "--progress", "none", in: place.folder)
    #expect(outcome.code == 0, "\(outcome.errors)")
    let seen = try Command.run("evaluate", "run", "--json", in: place.folder)
    #expect(!seen.output.contains("e+"), "\(seen.output)")
    let refused = try Command.run(
      "train", "run.yaml", "--overwrite", "--set", "data.skip_rows=[40]", "--progress", "none", in: place.folder)
    #expect(refused.code == 65 && refused.errors.contains("from 0 to 39"), "\(refused.errors)")
  }
}
