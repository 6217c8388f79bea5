import Checkpointing
import Datasets
import Files
import Foundation
import HDF5Storage
import Recipes
import Testing
import Training

/// Runs over a folder of images.
@Suite struct ImageRunTests {
  private static let recipe = """
    name: images
    seed: 5
    data:
      train: {images: {path: pictures, size: [5, 6], resize: crop}}
      validation: {fraction: 0.2}
    model:
      layers:
        - flatten
        - dense: {units: 8, activation: tanh}
        - dense: {units: 3, activation: softmax}
    loss: sparse_categorical_crossentropy
    metrics: [accuracy]
    optimizer: {adam: {learning_rate: 0.001}}
    training: {epochs: 3, batch_size: 16, shards: 4, workers: 2}
    checkpoints: {every_steps: 5, keep_last: 100}
    """

  /// 150 images of three classes: copies of a few.
  private func withPictures<R>(_ body: (String) throws -> R) throws -> R {
    var top = URL(fileURLWithPath: #filePath)
    for _ in 0..<3 { top.deleteLastPathComponent() }
    let names = ["colors.png", "turned-1.jpg", "palette.png", "opacity.png", "progressive.jpg", "gray.png", "gray.jpg"]
    return try withTemporaryFolder { folder in
      for number in 0..<150 {
        let directory = "\(folder)/pictures/\(["cat", "dog", "eel"][number * number % 3])"
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        try FileManager.default.copyItem(
          atPath: top.appendingPathComponent("Tests/Fixtures/images/\(names[number % 7])").path,
          toPath: "\(directory)/\(number).png")
      }
      return try body(folder)
    }
  }

  private func run(
    _ folder: String, _ name: String, _ overrides: [String] = [], stopAfter: Int? = nil
  ) throws -> (bytes: [UInt8], account: Account) {
    let directory = "\(folder)/\(name)"
    try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
    let account = try train(
      Self.recipe, overrides: overrides, folder: folder, directory: directory, stopAfter: stopAfter)
    return (try FileContents.read(try #require(account.result.checkpoint)), account)
  }

  /// The names of the folders are known before anything is decoded.
  @Test func whatIsHeldBackIsStratified() throws {
    try withPictures { folder in
      func load(_ validation: String) throws -> TrainingData {
        try TrainingData.load(
          try Recipe.parse(
            Self.recipe, file: "recipe.yaml", folder: folder, overrides: ["data.validation={\(validation)}"]
          ).configuration)
      }
      func classes(_ data: TrainingData) throws -> [Int] {
        let targets = try #require(data.validation?.knownTargets)
        return [0, 1].map { number in targets.count { $0 == Float(number) } }
      }
      var held: [Int32] = []
      for fold in 1...4 {
        let data = try load("fold: \(fold), of: 4")
        #expect(try classes(data) == [fold < 3 ? 13 : 12, 25])
        held += try #require(data.heldNumbers)
      }
      #expect(held.sorted() == [Int32](0..<150))
      #expect(try classes(load("fraction: 0.2, stratify: true")) == [10, 20])
      #expect(throws: DatasetError.self) { try load("fraction: 0.2, group: animal") }
    }
  }

  @Test func theOrderFollowsFromTheSeed() throws {
    try withPictures { folder in
      let one = try run(folder, "1", ["training.workers=1"])
      #expect(one.account.summary.trainRows == 120)
      #expect(try run(folder, "5", ["training.workers=5"]).bytes == one.bytes)
      #expect(try run(folder, "other", ["seed=6"]).account.steps != one.account.steps)
      for stop in [1, 7, 8, 9] {
        let directory = "\(folder)/stopped-\(stop)"
        _ = try run(folder, "stopped-\(stop)", stopAfter: stop)
        let recipe = try Recipe.parse(Self.recipe, file: "recipe.yaml", folder: folder)
        let trainer = try Trainer(
          recipe.configuration, data: TrainingData.load(recipe.configuration), directory: directory
        ) { recipe.resolved(.checkpoint, shards: $0) }
        _ = try trainer.restore(CheckpointStore(directory: directory).newest().checkpoint)
        let result = try trainer.run()
        #expect(try FileContents.read(try #require(result.checkpoint)) == one.bytes, "stopped after step \(stop)")
      }
    }
  }

  /// In the folder's order there is one order: the run is that over the converted folder, figure by figure.
  @Test func inTheFoldersOrderARunIsTheRunInMemory() throws {
    try withPictures { folder in
      let source = ImageSource(
        path: "\(folder)/pictures", size: ImageSize(height: 5, width: 6), fit: .crop)
      _ = try #require(try DataSource(source).kind.convert(to: "\(folder)/pictures.h5"))
      let inOrder = ["training.shuffle=false"]
      let held = try run(folder, "held", inOrder + ["data.train={hdf5: {path: pictures.h5}}"]).account
      for buffer in ["auto", "0.004"] {
        let images = try run(folder, "images-\(buffer)", inOrder + ["data.buffer_mb=\(buffer)"]).account
        #expect(images.steps == held.steps && images.epochs == held.epochs, "buffer \(buffer)")
      }
    }
  }

  @Test func brokenFilesEndTheRunOrAreLeftOut() throws {
    try withPictures { folder in
      let broken = "\(folder)/pictures/dog/broken.jpg"
      try Data([0xFF, 0xD8, 0xFF, 0xE0, 0, 16]).write(to: URL(filePath: broken))
      let error = #expect(throws: DatasetError.self) { try run(folder, "refused") }
      #expect(error?.place == broken)
      let skipping = try run(folder, "skipping", ["data.on_bad_row=skip"]).account
      #expect(skipping.summary.trainRows == 120)
    }
  }
}
