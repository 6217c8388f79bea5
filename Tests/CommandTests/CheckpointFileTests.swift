import Foundation
import HDF5Storage
import Testing

/// Checkpoints as programs other than Cairn see them.
@Suite struct CheckpointFileTests {
  /// The contract's objects; `h5ls -r` lists each.
  static let objects = [
    "/recipe", "/model_weights/dense/kernel", "/model_weights/dense/bias", "/model_weights/batch_normalization/gamma",
    "/model_weights/batch_normalization/beta", "/model_weights/batch_normalization/moving_mean",
    "/model_weights/batch_normalization/moving_variance", "/model_weights/output/kernel", "/model_weights/output/bias",
    "/optimizer/momentum/dense/kernel", "/optimizer/velocity/output/bias",
    "/optimizer/velocity/batch_normalization/gamma",
    "/data", "/history/step", "/history/epoch", "/history/attempt", "/history/rows", "/history/loss",
    "/history/learning_rate", "/history/gradient_norm", "/history/clipped_norm", "/history/gradient/mean",
    "/history/gradient/std", "/history/gradient/rms", "/history/gradient/min", "/history/gradient/max",
    "/history/gradient/abs_max", "/history/gradient/zero_fraction", "/history/weight/mean", "/history/weight/rms",
    "/history/update/rms", "/history/validation/step", "/history/validation/loss", "/events/step", "/events/kind",
    "/events/message", "/gradients/dense/kernel", "/gradients/output/bias",
  ]

  static let attributes = [
    "format", "format_version", "run", "step", "epoch", "step_in_epoch", "attempt", "seed", "shards", "healthy",
    "cairn_version", "loss", "numeric_kernels", "model_config", "keras_version", "backend",
  ]

  @Test func toolsOfHDF5ReadAllOfIt() throws {
    let place = try RoundTripTests.trained(RoundTripTests.digits, "digits")
    let checkpoint = try #require(place.checkpoints("digits").last)
    let list = try Command.tool("h5ls", "-r", checkpoint, in: place.folder)
    #expect(list.code == 0, "\(list.errors)")
    let names = Set(list.output.split(separator: "\n").compactMap { $0.split(separator: " ").first.map(String.init) })
    for object in CheckpointFileTests.objects { #expect(names.contains(object), "\(object)") }
    #expect(list.output.contains("/model_weights/dense/kernel Dataset {64, 24}"))

    let header = try Command.tool("h5dump", "-H", checkpoint, in: place.folder)
    #expect(header.code == 0, "\(header.errors)")
    for name in CheckpointFileTests.attributes { #expect(header.output.contains("ATTRIBUTE \"\(name)\""), "\(name)") }
    // Every byte of every dataset, not the headers alone.
    let dump = try Command.tool("h5dump", checkpoint, in: place.folder)
    #expect(dump.code == 0 && dump.errors.isEmpty)
    #expect(!header.output.contains("F32BE") && !header.output.contains("F64BE") && !header.output.contains("I64BE"))
  }

  @Test func valuesAreTheContracts() throws {
    let place = try RoundTripTests.trained(RoundTripTests.digits, "digits")
    let root = try HDF5File(readingAt: place.path(try #require(place.checkpoints("digits").last))).root
    #expect(try root.stringAttribute("format") == "cairn.checkpoint" && root.stringAttribute("run") == "digits")
    for (name, value) in [
      ("format_version", 1), ("step", 60), ("epoch", 5), ("step_in_epoch", 0), ("attempt", 0), ("seed", 4),
      ("shards", 2), ("healthy", 1),
    ] { #expect(try root.attribute(name) == Int64(value), "\(name)") }
    let weights = try root.group("model_weights")
    #expect(try weights.stringsAttribute("layer_names") == ["dense", "batch_normalization", "output"])
    #expect(try weights.group("dense").stringsAttribute("weight_names") == ["kernel", "bias"])
    #expect(
      try weights.group("batch_normalization").stringsAttribute("weight_names")
        == ["gamma", "beta", "moving_mean", "moving_variance"])
    let optimizer = try root.group("optimizer")
    #expect(try optimizer.stringAttribute("name") == "adam" && optimizer.attribute("iterations") == 60 as Int64)
    #expect(try optimizer.attribute("learning_rate") == 0.01)

    let history = try root.group("history")
    #expect(try history.stringsAttribute("layers") == ["dense", "batch_normalization", "output"])
    #expect(try history.dataset("step").read() == (1...60).map { Int64($0) })
    #expect(try history.dataset("rows").read() == [Int64](repeating: 1, count: 60))
    #expect(try history.dataset("gradient/mean").shape == [60, 3])
    let norms: [Double] = try history.dataset("gradient_norm").read()
    let clipped: [Double] = try history.dataset("clipped_norm").read()
    for (norm, clipped) in zip(norms, clipped) { #expect(abs(clipped - min(norm, 1)) < 1e-6) }

    // The file says nothing of the machine.
    let recipe = try root.dataset("recipe").readString()
    #expect(!recipe.contains("workers") && !recipe.contains(place.folder))
    let bytes = String(
      decoding: try place.bytes(try #require(place.checkpoints("digits").last)), as: Unicode.ASCII.self)
    #expect(!bytes.contains(place.folder) && !bytes.contains(ProcessInfo.processInfo.hostName + "\0"))
    let model = try #require(
      try JSONSerialization.jsonObject(with: Data(try root.stringAttribute("model_config").utf8)) as? [String: Any])
    #expect(model["class_name"] as? String == "Sequential")
  }
}
