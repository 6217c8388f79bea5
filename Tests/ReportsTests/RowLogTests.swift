import Foundation
import GradientHealth
import Recipes
import Reports
import TensorBoard
import Testing
import Training

/// What a run leaves for those who look on: rows.jsonl.
@Suite struct RowLogTests {
  private static let recipe = """
    name: run
    seed: 3
    data: {train: {make_moons: {samples: 300, noise: 0.2, random_state: 3}}, validation: {fraction: 0.2}}
    model:
      layers:
        - dense: {units: 6, activation: tanh, name: first}
        - dense: {units: 1, activation: sigmoid, name: last}
    loss: binary_crossentropy
    metrics: [accuracy]
    optimizer: {adam: {learning_rate: 0.01}}
    training: {epochs: 6, batch_size: 30, shards: 2}
    """

  /// Trains with what is written going to `folder`.
  private func train(_ folder: String, inject: String? = nil) throws -> [TrainingEvent] {
    let recipe = try Recipe.parse(RowLogTests.recipe, file: "recipe.yaml", folder: nil)
    let trainer = try Trainer(
      recipe.configuration, data: try TrainingData.load(recipe.configuration), directory: nil)
    trainer.fault = inject.flatMap { FaultInjection($0) }
    let relay = try EventRelay([
      RowLog(path: "\(folder)/rows.jsonl"),
      TensorBoardLog(folder: "\(folder)/tensorboard", recipe: "name: run\n", hyperparameters: []),
    ])
    var events: [TrainingEvent] = []
    _ = try trainer.run { event in
      events.append(event)
      #expect(relay.record(event) == nil)
    }
    #expect(relay.finish(within: 60) == nil)
    return events
  }

  private func withFolder(_ body: (String) throws -> Void) throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "rows-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try body(folder)
  }

  /// The records of an event file: each has its length before it, and checksums around it.
  private static func records(_ data: Data) -> [Data] {
    var (records, at) = ([Data](), data.startIndex)
    while at + 12 <= data.endIndex {
      let length = data[at..<at + 8].reversed().reduce(0) { $0 << 8 | Int($1) }
      records.append(data[at + 12..<at + 12 + length])
      at += 16 + length
    }
    return records
  }

  /// Every line as an object.
  private func lines(_ folder: String) throws -> [[String: Any]] {
    try String(contentsOfFile: "\(folder)/rows.jsonl", encoding: .utf8).split(separator: "\n").map {
      try #require(try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any], "\($0)")
    }
  }

  @Test func linesSayWhatTheRunTold() throws {
    try withFolder { folder in
      let events = try train(folder)
      let lines = try lines(folder)
      #expect(lines.first?["kind"] as? String == "start" && lines.first?["layers"] as? [String] == ["first", "last"])
      #expect(lines.first?["process"] as? Int == Int(getpid()) && lines.first?["step"] as? Int == 0)
      let rows = lines.filter { $0["kind"] as? String == "row" }
      let reports = events.compactMap { event in if case .series(let report) = event { report } else { nil } }
      // Of a short run, every step has a row.
      #expect(rows.count == reports.count && rows.map { $0["step"] as? Int } == Array(1...48))
      for (row, report) in zip(rows, reports) {
        #expect(row["step"] as? Int == report.step && row["steps"] as? Int == report.steps)
        #expect(row["epoch"] as? Int == report.epoch)
        // The reader of this test, not the writer, is off in the last digit.
        for (name, value) in [("loss", report.value(.loss)), ("gradient_norm_max", report.value(.gradientNormMax))] {
          #expect(abs(try #require(row[name] as? Double) - value) <= 1e-14 * abs(value))
        }
        #expect((row["gradient_rms"] as? [Double])?.map { Float($0) } == report.values(.gradientRms))
        #expect((row["weight_mean"] as? [Double])?.map { Float($0) } == report.values(.weightMean))
        // tanh may saturate; neither layer has units that could be dead.
        #expect((row["dead_fraction"] as? [Any])?.allSatisfy { $0 is NSNull } == true)
        #expect((row["saturated_fraction"] as? [Any])?.first is Double)
        #expect(try #require(row["resident_bytes"] as? Int) > 1_000_000)
      }
      let validations = lines.filter { $0["kind"] as? String == "validation" }
      #expect(validations.map { $0["epoch"] as? Int } == Array(1...6))
      #expect((validations.last?["metrics"] as? [String: Double])?["accuracy"] != nil)
    }
  }

  @Test func aRollbackIsALineAndNonFiniteFiguresAreStrings() throws {
    try withFolder { folder in
      _ = try train(folder, inject: "nan-gradient@19:last")
      let lines = try lines(folder)
      let at = try #require(lines.firstIndex { $0["kind"] as? String == "rollback" })
      #expect(lines[at]["from"] as? Int == 19 && lines[at]["step"] as? Int == 0 && lines[at]["attempt"] as? Int == 1)
      let bad = lines[at - 1]
      #expect(bad["step"] as? Int == 19 && bad["steps"] as? Int == 1 && bad["attempt"] as? Int == 0)
      #expect(bad["gradient_norm"] as? String == "nan" && bad["gradient_norm_max"] as? String == "nan")
      #expect((bad["gradient_rms"] as? [Any])?.last as? String == "nan")
      // The step before it has figures of its own, unspoilt.
      #expect(lines[at - 2]["step"] as? Int == 18 && lines[at - 2]["gradient_norm"] is Double)
      #expect(lines[(at + 1)...].allSatisfy { $0["attempt"] as? Int ?? 1 == 1 })
      #expect(lines.last { $0["kind"] as? String == "row" }?["step"] as? Int == 48)
    }
  }

  /// After a kill in mid-line the next line starts on a line of its own.
  @Test func aBrokenLineSpoilsNoOther() throws {
    try withFolder { folder in
      try Data("{\"kind\": \"row\", \"st".utf8).write(to: URL(filePath: "\(folder)/rows.jsonl"))
      _ = try train(folder)
      let text = try String(contentsOfFile: "\(folder)/rows.jsonl", encoding: .utf8).split(separator: "\n")
      #expect(text[0] == "{\"kind\": \"row\", \"st" && text[1].hasPrefix("{\"kind\": \"start\""))
    }
  }

  /// A run that was finished already leaves no event file.
  @Test func eventFilesAreMadeAtTheFirstPoint() throws {
    try withFolder { folder in
      let events = try train(folder)
      let made = try FileManager.default.contentsOfDirectory(atPath: "\(folder)/tensorboard")
      #expect(made.count == 1 && EventFile.isEventFile(made[0]))
      let data = try Data(contentsOf: URL(filePath: "\(folder)/tensorboard/\(made[0])"))
      #expect(RowLogTests.records(data).count { $0.range(of: Data("gradient_norm/max".utf8)) != nil } == 48)
      let log = TensorBoardLog(folder: "\(folder)/none", recipe: "", hyperparameters: [])
      for event in [events.first, events.last].compactMap({ $0 }) { try log.record(event, time: 1) }
      #expect(!FileManager.default.fileExists(atPath: "\(folder)/none"))
    }
  }
}
