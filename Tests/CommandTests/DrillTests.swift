import Foundation
import Testing

/// `cairn drill` of the built program.
struct DrillTests {
  /// What could notice a place, a key or a slot that is not restored.
  static let recipe = """
    name: run
    seed: 3
    data: {train: {make_moons: {samples: 200, noise: 0.2, random_state: 3}}}
    model:
      layers:
        - dense: {units: 8, activation: relu, kernel_initializer: he_normal}
        - batch_normalization: {}
        - dropout: {rate: 0.1}
        - dense: {units: 1, activation: sigmoid}
    loss: binary_crossentropy
    optimizer: {adam: {learning_rate: 0.01}}
    training: {epochs: 4, batch_size: 16}
    """

  @Test func aSoundProgramHoldsItsPromises() throws {
    let place = try Workplace()
    try place.write(DrillTests.recipe, to: "run.yaml")
    let outcome = try Command.run(
      "drill", "run.yaml", "--steps", "40", "--only", "kill,damage,nan-weight,halt", "--json", "--output", "drill.html",
      "--seed", "1", in: place.folder)
    #expect(outcome.code == 0, "\(outcome.output) \(outcome.errors)")
    let document = try outcome.json()
    let cases = try #require(document["cases"] as? [[String: Any]])
    #expect(cases.map { $0["name"] as? String } == ["kill", "damage", "nan-weight", "halt"])
    #expect(cases.allSatisfy { $0["held"] as? Bool == true })
    #expect(cases.map { $0["bytes"] as? String } == ["same", "same", "differ: a remedy", "same"])
    #expect(document["broken"] as? Int == 0)
    // Nothing but the page is left.
    #expect(place.everything() == ["run.yaml", "drill.html"])
    let page = try String(decoding: place.bytes("drill.html"), as: UTF8.self)
    #expect(page.contains("id=\"case-kill\"") && page.contains("<svg") && !page.contains("<script"))
  }

  @Test func aSignalEndsItAndLeavesNothing() throws {
    let place = try Workplace()
    try place.write(DrillTests.recipe, to: "run.yaml")
    try FileManager.default.createDirectory(atPath: place.path("scratch"), withIntermediateDirectories: false)
    let drill = try Command(
      "env", ["TMPDIR=\(place.path("scratch"))", Command.cairn, "drill", "run.yaml", "--only", "second-process"],
      in: place.folder)
    #expect(drill.wait { drill.errorsSoFar.contains("second-process:") })
    drill.send(signal: SIGTERM)
    let outcome = try drill.wait(limit: 60)
    #expect(outcome.code == 143, "\(outcome.errors)")
    #expect(place.list("scratch").isEmpty)
  }

  @Test(arguments: [
    (["--only", "kil"], 64, "no case `kil`"), (["--steps", "10"], 64, "--steps 10"),
    (["--set", "training.batch_size=0"], 65, "batch_size"),
    (["--set", "data.train={csv: {path: no.csv, targets: [y]}}"], 66, "no.csv"),
    (["--output", "run.yaml"], 64, "run.yaml"), (["--keep", "."], 73, "is not empty"),
  ]) func whatCannotBeDoneIsRefused(options: [String], code: Int32, words: String) throws {
    let place = try Workplace()
    try place.write(DrillTests.recipe, to: "run.yaml")
    let outcome = try Command(Command.cairn, ["drill", "run.yaml"] + options, in: place.folder).wait(limit: 60)
    #expect(outcome.code == code && outcome.errors.contains(words), "\(outcome.code) \(outcome.errors)")
    #expect(place.everything() == ["run.yaml"])
  }
}
