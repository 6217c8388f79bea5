import Foundation
import HDF5Storage
import Testing

/// What stands in the cells of data files, through the built program: read right, or refused with a sentence.
@Suite struct CellTests {
  private func recipe(
    _ train: String, loss: String = "mean_squared_error", layer: String = "units: 1", data: String = ""
  )
    -> String
  {
    """
    name: r
    data: {train: \(train)\(data)}
    model: {layers: [{dense: {\(layer)}}]}
    loss: \(loss)
    optimizer: {adam: {learning_rate: 0.1}}
    training: {epochs: 2, batch_size: 16, workers: 1, shards: 1}
    tensorboard: false

    """
  }

  private func train(_ recipe: String, in place: Workplace, _ more: String...) throws -> Command.Outcome {
    try place.write(recipe, to: "r.yaml")
    return try Command(
      Command.cairn, ["train", "r.yaml", "--overwrite", "--progress", "plain"] + more, in: place.folder
    ).wait(limit: 60)
  }

  @Test(arguments: ["mean_squared_error", "mean_absolute_error", "huber", "log_cosh"])
  func textIsNotFittedAsRanks(_ loss: String) throws {
    let place = try Workplace()
    try place.write("a;y\n1;0,5\n2;10,5\n3;-1,5\n", to: "t.csv")
    let outcome = try train(
      recipe("{csv: {path: t.csv, targets: [y], delimiter: \";\"}}", loss: loss), in: place)
    #expect(outcome.code == 65 && outcome.errors.contains("t.csv:2:3: the target is no number"), "\(outcome.errors)")
    #expect(outcome.errors.contains("`0,5`") && outcome.errors.contains("decimal point"))
  }

  @Test func wholeNumbersUnderBothKindsOfLoss() throws {
    let place = try Workplace()
    try place.write("a,y\n-1.5,-20\n0.5,3\n2.5,31\n", to: "values.csv")
    let values = "{csv: {path: values.csv, targets: [y]}}"
    #expect(try train(recipe(values), in: place).code == 0)
    #expect(try Command.run("evaluate", "r", "--data", values, in: place.folder).code == 0)
    let sigmoid = "units: 1, activation: sigmoid"
    let refused = try train(recipe(values, loss: "binary_crossentropy", layer: sigmoid), in: place)
    #expect(refused.code == 65 && refused.errors.contains("-1 and +1"), "\(refused.errors)")

    try place.write("a,y\n" + (0..<9).map { "\($0).5,\($0 % 2 * 2 - 1)\n" }.joined(), to: "signs.csv")
    let signs = "{csv: {path: signs.csv, targets: [y]}}"
    let trained = try train(recipe(signs, loss: "binary_crossentropy", layer: sigmoid), in: place)
    #expect(trained.code == 0, "\(trained.errors)")
    try place.writeData("floats.h5", x: [1, 2, 3, 4], shape: [4, 1], y: [-1, 1, 1, -1] as [Float])
    let floats = try train(recipe("{hdf5: {path: floats.h5}}", loss: "binary_crossentropy", layer: sigmoid), in: place)
    #expect(floats.code == 65 && floats.errors.contains("the labels -1 and +1"), "\(floats.errors)")

    try place.writeData("one.h5", x: [1, 2, 3, 4], shape: [4, 1], y: [1, 2, 3, 1] as [Int32])
    let three = recipe(
      "{hdf5: {path: one.h5}}", loss: "sparse_categorical_crossentropy", layer: "units: 3, activation: softmax")
    let one = try train(three, in: place)
    #expect(one.code == 65 && one.errors.contains("labels start at 1"), "\(one.errors)")
    #expect(!one.errors.contains("4 units"))
  }

  @Test func timeStampsKeepTheirSeconds() throws {
    let place = try Workplace()
    try place.write(
      "stamp,y\n" + (0..<64).map { "\(1_700_000_000 + $0),\(Double($0) / 10)\n" }.joined(), to: "t.csv")
    let source = "{csv: {path: t.csv, targets: [y]}}"
    let trained = try train(recipe(source, data: ", scaling: standard"), in: place)
    #expect(trained.code == 0 && !trained.errors.contains("warning"), "\(trained.errors)")
    let file = try HDF5File(readingAt: place.path("Checkpoints/r/latest.h5"))
    #expect(try file.root.dataset("data/scaling_origin").read() == [1_700_000_000.0])
    // The same rows with and without the run's own source, and after a resumption.
    func loss(_ more: String...) throws -> Double? {
      try Command(Command.cairn, ["evaluate", "r", "--json"] + more, in: place.folder).wait(limit: 60).json()["loss"]
        as? Double
    }
    let own = try #require(try loss())
    #expect(try loss("--data", source) == own)
    try place.writeData(
      "t.h5", x: (0..<64).map { Float($0) }, shape: [64, 1], y: (0..<64).map { Float($0) / 10 }, targetShape: [64, 1])
    #expect(try loss("--data", "{hdf5: {path: t.h5}}") != own, "other numbers are other numbers")
    let resumed = try Command.run("resume", "r", "--epochs", "4", "--progress", "plain", in: place.folder)
    #expect(resumed.code == 0, "\(resumed.errors)")
    let unscaled = try train(recipe(source), in: place)
    #expect(
      unscaled.errors.contains("warning") && unscaled.errors.contains("`stamp` loses digits"), "\(unscaled.errors)")
  }

  @Test func aHeadingOfNumbersIsTold() throws {
    let place = try Workplace()
    try place.write("6,148,72,1.5\n1,85,66,0.5\n8,183,64,1.5\n", to: "t.csv")
    let source = "{csv: {path: t.csv, targets: [4]}}"
    for words in [["dataset", "describe", source], ["dataset", "convert", source, "o.h5"]] {
      let outcome = try Command(Command.cairn, words, in: place.folder).wait(limit: 60)
      #expect(outcome.code == 0 && outcome.errors.contains("say header: false"), "\(outcome.errors)")
    }
    let trained = try train(recipe(source), in: place)
    #expect(trained.code == 0 && trained.errors.contains("say header: false"), "\(trained.errors)")
    for words in [["evaluate", "r", "--data", source], ["predict", "r", "--data", source, "--output", "p.h5"]] {
      let outcome = try Command(Command.cairn, words, in: place.folder).wait(limit: 60)
      #expect(outcome.code == 0 && outcome.errors.contains("say header: false"), "\(outcome.errors)")
    }
  }

  @Test func noFileCommandsTheTerminal() throws {
    let place = try Workplace()
    try place.write("a,\u{1B}[31mb\u{1B}[0m,y\n1,\u{1B}]0;hi\u{7},0\n", to: "esc.csv")
    try place.write("a,y\n1,\u{1B}[2J\n2,b\u{202E}\n", to: "names.csv")
    for words in [
      ["{csv: {path: esc.csv, targets: [z]}}"], ["{csv: {path: esc.csv, targets: [y]}}"],
      ["{csv: {path: names.csv, targets: [y]}}"], ["{csv: {path: \u{1B}[31m.csv, targets: [y]}}"],
    ] {
      let outcome = try Command(Command.cairn, ["dataset", "describe"] + words, in: place.folder).wait(limit: 60)
      let text = outcome.output + outcome.errors
      #expect(
        !text.isEmpty && !text.unicodeScalars.contains { $0.value < 32 && $0 != "\n" || $0 == "\u{202E}" }, "\(text)")
    }
  }

  @Test func descriptionsAreShort() throws {
    let place = try Workplace()
    try place.write("a,y\n1,208500\n2,181500\n3,223500\n", to: "price.csv")
    let price = try Command.run("dataset", "describe", "{csv: {path: price.csv, targets: [y]}}", in: place.folder)
    #expect(price.output.split(separator: "\n").count < 12, "\(price.output)")
    let json = try Command.run(
      "dataset", "describe", "{csv: {path: price.csv, targets: [y]}}", "--json", in: place.folder
    ).json()
    #expect((json["class_rows"] as? [String: Int]) == ["208500": 1, "181500": 1, "223500": 1])
    #expect((json["class_counts"] as? [Int])?.isEmpty == true)
    let columns = (0..<500).map { "c\($0)" }.joined(separator: ",")
    try place.write(
      "\(columns),y\n" + (0..<40).map { "\($0),".appending(String(repeating: "1,", count: 499)) + "k\($0)\n" }.joined(),
      to: "wide.csv")
    let wide = try Command.run("dataset", "describe", "{csv: {path: wide.csv, targets: [y]}}", in: place.folder)
    #expect(wide.output.split(separator: "\n").count < 50 && wide.output.contains("480 more"), "\(wide.output)")
    #expect(wide.output.contains("20 more classes"))
    let missing = try Command.run("dataset", "describe", "foo.parquet", in: place.folder)
    #expect(missing.code == 66 && missing.errors.contains("no such file `foo.parquet`"), "\(missing.errors)")
    try place.write("PAR1", to: "foo.parquet")
    let unknown = try Command.run("dataset", "describe", "foo.parquet", in: place.folder)
    #expect(unknown.code == 65 && unknown.errors.contains("does not say which format"), "\(unknown.errors)")
  }
}
