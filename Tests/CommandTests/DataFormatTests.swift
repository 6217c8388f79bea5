import Foundation
import Glibc
import HDF5Storage
import Testing

/// Data of every format through the built program, as its user takes it.
@Suite struct DataFormatTests {
  private func fixture(_ name: String) -> String { repository("Tests/Fixtures/formats/\(name)") }

  private func recipe(_ source: String, more: String = "") -> String {
    """
    name: formats
    data: {train: \(source)\(more)}
    model: {layers: [{flatten: {}}, {dense: {units: 3, activation: softmax}}]}
    loss: sparse_categorical_crossentropy
    metrics: [accuracy]
    optimizer: {sgd: {learning_rate: 0.0001}}
    training: {epochs: 2, batch_size: 5, shards: 1, workers: 1}
    """
  }

  @Test func recipesEvaluationAndPrediction() throws {
    let place = try Workplace()
    let sources = [
      "npz": "{npz: {path: \(fixture("stored.npz")), features: images, targets: y}}",
      "idx": "{idx: {features: \(fixture("images-idx3-ubyte.gz")), targets: \(fixture("labels-idx1-ubyte.gz"))}}",
      "libsvm": "{libsvm: {path: \(fixture("one.libsvm")), features: 4, zero_based: false, rows: {from: 2}}}",
    ]
    for (kind, source) in sources {
      try place.write(recipe(source), to: "\(kind).yaml")
      let trained = try Command.run("train", "\(kind).yaml", "--name", kind, in: place.folder)
      #expect(trained.code == 0, "\(trained.errors)")
      let own = try Command.run("evaluate", kind, "--json", in: place.folder).json()
      let given = try Command.run("evaluate", kind, "--data", source, "--json", in: place.folder).json()
      #expect(
        own["loss"] as? Double == given["loss"] as? Double && given["rows"] as? Int == (kind == "libsvm" ? 10 : 12))
      let predicted = try Command.run("predict", kind, "--data", source, "--output", "p.h5", in: place.folder)
      #expect(predicted.code == 0, "\(predicted.errors)")
      let file = try HDF5File(readingAt: place.path("p.h5"))
      #expect(try file.root.dataset("predictions").shape == [kind == "libsvm" ? 10 : 12, 3])
      // Resumed from its directory, whose recipe has whole paths.
      let resumed = try Command.run("resume", kind, "--epochs", "3", in: place.folder)
      #expect(resumed.code == 0, "\(resumed.errors)")
    }
    // By the file's name alone.
    for (kind, path, more) in [
      ("npz", "stored.npz", ["--features", "images"]), ("idx", "images-idx3-ubyte.gz", []),
      ("libsvm", "one.libsvm", []),
    ] {
      let arguments = ["predict", kind, "--data", fixture(path), "--output", "q.h5"] + more
      let outcome = try Command(Command.cairn, arguments, in: place.folder).wait(limit: 60)
      #expect(outcome.code == 0, "\(outcome.errors)")
    }
  }

  @Test func conversion() throws {
    let place = try Workplace()
    try place.write("size,kind\n1,dog\n2,cat\n3,dog\n", to: "pets.csv")
    let pets = try Command.run(
      "dataset", "convert", "{csv: {path: pets.csv, targets: [kind]}}", "pets.h5", in: place.folder)
    #expect(pets.code == 0 && pets.output == "pets.h5: /data/x [3, 1], /data/y [3] of 2 classes\n", "\(pets.errors)")
    let text = try Command.run("dataset", "describe", "pets.h5", in: place.folder).output
    #expect(text.contains("3 rows of shape [1]") && text.contains("class 0 (cat): 1 row\n"))
    let npz = try Command.run("dataset", "convert", fixture("deflated.npz"), "out.h5", in: place.folder)
    #expect(npz.output == "out.h5: /data/x [12, 4], /data/y [12] of 3 classes\n")
    for (arguments, code) in [
      (["nothing.npz", "x.h5"], 66), ([fixture("one.libsvm"), "nowhere/x.h5"], 73),
      (["{npz: {path: \(fixture("stored.npz")), features: objects}}", "x.h5"], 65), (["file.txt", "x.h5"], 66),
    ] as [([String], Int32)] {
      let outcome = try Command(Command.cairn, ["dataset", "convert"] + arguments, in: place.folder).wait(limit: 60)
      #expect(outcome.code == code && !outcome.errors.isEmpty, "\(arguments): \(outcome.errors)")
      #expect(!place.list().contains("x.h5"))
    }
  }

  @Test func descriptions() throws {
    let place = try Workplace()
    let idx = try Command.run("dataset", "describe", fixture("images-idx3-ubyte.gz"), "--json", in: place.folder).json()
    #expect(idx["rows"] as? Int == 12 && idx["sample_shape"] as? [Int] == [2, 2])
    let source = "{npz: {path: \(fixture("stored.npz")), features: gaps}}"
    let npz = try Command.run("dataset", "describe", source, "--json", in: place.folder).json()
    let columns = try #require(npz["features"] as? [[String: Any]])
    #expect(columns.map { $0["missing"] as? Int } == [0, 1, 0, 0] && npz["class_counts"] as? [Int] == [4, 4, 4])
    let signs = try Command.run("dataset", "describe", fixture("signs.libsvm"), in: place.folder)
    #expect(signs.output.contains("class 1 (+1): 8 rows"), "\(signs.output)\(signs.errors)")
  }

  /// A run over a file that does not fit its buffer is killed and goes on: the end has the same bytes.
  @Test func aStreamedRunIsKilledAndGoesOn() throws {
    let place = try Workplace()
    try place.writeData(
      "large.h5", x: (0..<60_000).map { Float($0 % 251) / 100 }, shape: [20_000, 3],
      y: (0..<20_000).map { Int32($0 % 3) })
    let text = recipe("{hdf5: {path: large.h5}}", more: ", validation: {fraction: 0.1}, buffer_mb: 0.05")
      .replacing("batch_size: 5", with: "batch_size: 16").replacing("epochs: 2", with: "epochs: 4")
    try place.write(text + "\ncheckpoints: {every_steps: 100, every_epochs: 0}\n", to: "run.yaml")
    let whole = try Command.run("train", "run.yaml", "--checkpoints", "whole", in: place.folder)
    #expect(whole.code == 0, "\(whole.errors)")
    var code: Int32 = -1
    for start in 0..<30 where code != 0 {
      let arguments = ["train", "run.yaml", "--checkpoints", "killed", "--resume", "--workers", "\(1 + start % 3)"]
      let process = try Command(Command.cairn, arguments, in: place.folder)
      if start < 25 {
        usleep(UInt32.random(in: 50_000...600_000))
        process.send(signal: SIGKILL)
      }
      code = try process.wait(limit: 120).code
    }
    #expect(code == 0)
    let last = try #require(place.list("whole/formats").last { $0.hasPrefix("step-") })
    #expect(try place.bytes("whole/formats/\(last)") == place.bytes("killed/formats/\(last)"))
  }
}
