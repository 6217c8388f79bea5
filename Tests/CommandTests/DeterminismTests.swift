import Foundation
import Testing

/// The same recipe gives the same bytes, whoever computes them.
@Suite struct DeterminismTests {
  /// Everything that could notice the number of workers: masks, batch statistics, a norm over all weights, kernels so
  /// large that their gradients are summed from factors, shards of uneven size, and a last batch of one row (so seven
  /// empty shards): 361 rows in batches of 36.
  static let recipe = """
    name: same
    seed: 11
    data:
      train:
        hdf5: {path: DIGITS, rows: {to: 361}}
      validation:
        hdf5: {path: DIGITS, rows: {from: 1500}}
      scaling: standard
    model:
      layers:
        - dense: {units: 1024, activation: relu, kernel_regularizer: {l2: 0.001}}
        - batch_normalization: {}
        - dropout: {rate: 0.3}
        - dense: {units: 64, activation: tanh, activity_regularizer: {l2: 0.001}}
        - layer_normalization: {}
        - dropout: {rate: 0.2}
        - dense: {units: 10, activation: softmax}
    loss: sparse_categorical_crossentropy
    metrics: [accuracy]
    optimizer:
      adam: {learning_rate: 0.01}
      global_clip_norm: 0.5
    training: {epochs: 3, batch_size: 36, shards: 8}
    """

  static func place(_ recipe: String = recipe) throws -> Workplace {
    let place = try Workplace()
    try place.write(
      recipe.replacing("DIGITS", with: repository("Datasets/digits.h5")), to: "recipe.yaml")
    return place
  }

  /// The last checkpoint of a run by so many workers. To be compared outside of `#expect`, which would describe every
  /// byte of a file that differs.
  static func checkpoint(_ place: Workplace, workers: Int, folder: String) throws -> [UInt8] {
    let outcome = try Command.run(
      "train", "recipe.yaml", "--workers", "\(workers)", "--checkpoints", folder, "--progress", "none", in: place.folder
    )
    #expect(outcome.code == 0, "\(outcome.errors)")
    let names = place.list("\(folder)/same").filter { $0.hasPrefix("step-") }
    return try place.bytes("\(folder)/same/\(try #require(names.last))")
  }

  @Test func anyNumberOfWorkersGivesTheSameFile() throws {
    let place = try DeterminismTests.place()
    let expected = try DeterminismTests.checkpoint(place, workers: 1, folder: "expected")
    for workers in [1, 2, 3, 5, 8, 16] {
      for run in 0..<2 {
        let found = try DeterminismTests.checkpoint(place, workers: workers, folder: "\(workers)-\(run)")
        let isSame = found == expected
        #expect(isSame, "\(workers) workers, run \(run)")
      }
    }
  }

  /// Also shows that the comparison above can fail.
  @Test func otherShardsAndSeedsGiveOtherFiles() throws {
    let place = try DeterminismTests.place()
    let expected = try DeterminismTests.checkpoint(place, workers: 2, folder: "expected")
    for (index, change) in [("shards: 8", "shards: 7"), ("seed: 11", "seed: 12")].enumerated() {
      let other = try DeterminismTests.place(DeterminismTests.recipe.replacing(change.0, with: change.1))
      let isSame = try DeterminismTests.checkpoint(other, workers: 2, folder: "\(index)") == expected
      #expect(!isSame, "\(change)")
    }
  }

  /// Fewer rows than workers and shards: most of them have nothing to do.
  @Test(arguments: ["{to: 3}", "{to: 1}", "{to: 9}"]) func moreWorkersThanRows(_ rows: String) throws {
    let recipe = DeterminismTests.recipe.replacing("{to: 361}", with: rows).replacing(
      "batch_size: 36", with: "batch_size: 4")
    let place = try DeterminismTests.place(recipe)
    let expected = try DeterminismTests.checkpoint(place, workers: 1, folder: "expected")
    for workers in [5, 16] {
      let found = try DeterminismTests.checkpoint(place, workers: workers, folder: "\(workers)")
      let isSame = found == expected
      #expect(isSame, "\(workers) workers")
    }
  }
}
