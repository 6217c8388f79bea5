import Foundation
import HDF5Storage
import Testing

/// A network with branches and merges, from the built program.
@Suite struct GraphTests {
  private static let left = """
        - dense: {units: 300, activation: relu, name: left, inputs: stem}
        - dropout: {rate: 0.3, name: left_dropout}
    """
  private static let right = """
        - dense: {units: 40, activation: gelu, name: right, inputs: stem}
        - batch_normalization: {name: right_normal}
        - dense: {units: 300, name: right_wide}
    """

  private static func recipe(_ branches: [String]) -> String {
    """
    name: same
    seed: 3
    data:
      train: {hdf5: {path: DIGITS, rows: {to: 361}}}
    model:
      layers:
        - dense: {units: 256, activation: tanh, name: stem}
    \(branches.joined(separator: "\n"))
        - add: {name: sum, inputs: [left_dropout, right_wide]}
        - concatenate: {name: all, inputs: [sum, left, stem]}
        - dense: {units: 10, activation: softmax, name: out}
    loss: sparse_categorical_crossentropy
    metrics: [accuracy]
    optimizer: {adam: {learning_rate: 0.003}}
    training: {epochs: 3, batch_size: 36, shards: 5}
    """
  }

  /// 256 x 300 weights are summed from factors: their input has two readers.
  @Test func anyNumberOfWorkersGivesTheSameFile() throws {
    let place = try DeterminismTests.place(GraphTests.recipe([GraphTests.left, GraphTests.right]))
    let expected = try DeterminismTests.checkpoint(place, workers: 1, folder: "expected")
    for workers in [2, 5] {
      let isSame = try DeterminismTests.checkpoint(place, workers: workers, folder: "w\(workers)") == expected
      #expect(isSame, "\(workers) workers")
    }
    let inspected = try Command.run("inspect", "expected/same", in: place.folder)
    #expect(inspected.code == 0, "\(inspected.errors)")
    for name in ["stem", "left_dropout", "right_normal", "right_wide", "sum", "all", "out"] {
      #expect(inspected.output.contains(name), "\(inspected.output)")
    }
    #expect(inspected.output.contains("Concatenate") || inspected.output.contains("concatenate"))
    let diagnosed = try Command.run("diagnose", "expected/same", in: place.folder)
    #expect([0, 3].contains(diagnosed.code) && diagnosed.output.contains("right_wide"), "\(diagnosed.output)")
  }

  /// The order in which branches are listed changes no weight.
  @Test func orderOfBranchesChangesNoWeight() throws {
    var files: [HDF5File] = []
    var places: [Workplace] = []
    for branches in [[GraphTests.left, GraphTests.right], [GraphTests.right, GraphTests.left]] {
      let place = try DeterminismTests.place(GraphTests.recipe(branches))
      _ = try DeterminismTests.checkpoint(place, workers: 2, folder: "c")
      let name = try #require(place.list("c/same").filter { $0.hasPrefix("step-") }.last)
      files.append(try HDF5File(readingAt: "\(place.folder)/c/same/\(name)"))
      places.append(place)
    }
    for path in [
      "model_weights/stem/kernel", "model_weights/left/kernel", "model_weights/right/kernel",
      "model_weights/right_normal/moving_mean", "model_weights/right_wide/bias", "model_weights/out/kernel",
      "history/gradient/rms", "history/weight/rms",
    ] {
      let (first, second): ([Float], [Float]) = (
        try files[0].root.dataset(path).read(), try files[1].root.dataset(path).read()
      )
      #expect(!first.isEmpty && first.map(\.bitPattern) == second.map(\.bitPattern), "\(path)")
    }
  }

  @Test func aWrongInputIsNamed() throws {
    let place = try DeterminismTests.place(
      GraphTests.recipe([GraphTests.left, GraphTests.right.replacing("inputs: stem", with: "inputs: stm")]))
    let outcome = try Command.run("train", "recipe.yaml", in: place.folder)
    #expect(outcome.code == 65)
    #expect(outcome.errors.contains("did you mean `stem`?") && outcome.errors.contains("recipe.yaml:"))
  }
}
