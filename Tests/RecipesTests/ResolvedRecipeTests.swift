import Datasets
import Foundation
import Testing
import Training

@testable import Recipes

@Suite struct ResolvedRecipeTests {
  @Test func recipesAreShipped() {
    #expect(shippedRecipes.count >= 12)
  }

  /// The data files need not be there for this.
  @Test(arguments: shippedRecipes)
  func shippedRecipesRoundTrip(_ path: String) throws {
    let recipe = try Recipe.load(path: path, files: .none)
    #expect(recipe.configuration.name == URL(filePath: path).deletingPathExtension().lastPathComponent)
    #expect(!recipe.configuration.description.isEmpty)
    #expect(!recipe.configuration.tags.isEmpty)
    for form in [Recipe.ResolvedForm.run, .checkpoint] {
      let text = recipe.resolved(form)
      let again = try Recipe.parse(text, file: "other.yaml", folder: "/nowhere", files: .none)
      #expect(again.resolved(form) == text)
      #expect(again.resolved(.checkpoint) == recipe.resolved(.checkpoint))
      #expect(form == .checkpoint || again == recipe)
    }
  }

  @Test func textsAndNumbersSurvive() throws {
    let texts = [
      "a: b", "- x", "yes", "1e3", "", " lead", "x #y", "it's \"so\"", "two\nlines\ttab", "é \u{1} \u{2028}", "~", "@",
    ]
    for text in texts {
      let recipe = try parse(small(more: "description: \(YAMLText.quoted(text))"))
      #expect(recipe.configuration.description == text)
      #expect(try parse(recipe.resolved(.run)).configuration.description == text)
    }
    for number in ["1e-7", "0.1", "123456789.125", "1e20", "3.0e-38"] {
      let recipe = try parse(small("0.01", number))
      #expect(try parse(recipe.resolved(.run)) == recipe)
    }
    #expect(try parse(small("0.01", "1e-7")).resolved(.run).contains("learning_rate: 1.0e-07\n"))
  }

  @Test func allDefaultsAreWritten() throws {
    let text = try parse(smallRecipe).resolved(.run, shards: 4)
    #expect(
      text == """
        name: small
        description: ""
        tags: []
        seed: 0
        data:
          train:
            make_moons:
              samples: 100
              noise: 0.0
              shuffle: true
          scaling: none
          on_bad_row: refuse
          buffer_mb: auto
        model:
          layers:
            - dense:
                units: 4
                activation: tanh
                use_bias: true
                kernel_initializer: glorot_uniform
                bias_initializer: zeros
            - dense:
                units: 1
                activation: sigmoid
                use_bias: true
                kernel_initializer: glorot_uniform
                bias_initializer: zeros
        loss:
          binary_crossentropy:
            from_logits: false
        metrics: []
        optimizer:
          adam:
            learning_rate: 0.01
            beta_1: 0.9
            beta_2: 0.999
            epsilon: 1.0e-07
            amsgrad: false
        training:
          epochs: 1
          batch_size: 32
          shuffle: true
          workers: auto
          shards: 4
        checkpoints:
          every_steps: 0
          every_epochs: 1
          every_seconds: 300.0
          keep_last: 3
          keep_every: 0
          on_disk_full: continue
        history:
          every_steps: 1
          rows: 4096
          full_gradients_every_steps: 0
        health:
          on_blowup: rollback
          max_rollbacks: 20
          max_skips: 3
          ladder:
            - skip_rows: true
            - redraw: true
            - clip: auto
            - clip: auto
              learning_rate: 0.1
            - clip: auto
              learning_rate: 0.01
            - clip: auto
              learning_rate: 0.001
            - clip: auto
              learning_rate: 0.0001
            - optimizer:
                adam:
                  learning_rate: 0.01
                  beta_1: 0.9
                  beta_2: 0.999
                  epsilon: 1.0e-07
                  amsgrad: false
                global_clip_norm: 1.0
            - clip: 1000.0
          on_spike: warn
        tensorboard: true

        """)
  }

  @Test func checkpointsHoldNothingOfTheMachine() throws {
    try withTemporaryFolder { folder in
      let file = URL(filePath: folder + "/x.h5")
      try Data().write(to: file)
      let text =
        small("make_moons: {samples: 100}", "hdf5: {path: ./x.h5}")
        .replacing("  layers", with: "  initial_weights: x.h5\n  layers") + "training: {workers: 3}"
      let recipe = try Recipe.parse(text, file: "r.yaml", folder: folder)
      #expect(
        recipe.configuration.data.train
          == .hdf5(path: folder + "/x.h5", features: "/data/x", targets: "/data/y", rows: .all))
      #expect(recipe.configuration.initialWeights == folder + "/x.h5")

      let kept = recipe.resolved(.checkpoint, shards: 2)
      #expect(!kept.contains(folder))
      #expect(!kept.contains("workers"))
      #expect(kept.contains("path: ./x.h5"))
      #expect(kept.contains("shards: 2"))

      // The run's recipe finds its files from anywhere, and still leaves the same text in checkpoints.
      let run = recipe.resolved(.run, shards: 2)
      #expect(run.contains("path: \(folder)/x.h5"))
      #expect(run.contains("workers: 3"))
      let again = try Recipe.parse(run, file: "recipe.yaml", folder: "/nowhere")
      #expect(again.configuration.data.train == recipe.configuration.data.train)
      #expect(again.resolved(.checkpoint) == kept)
      #expect(again.resolved(.run) == run)

      // Paths that were changed since are new paths.
      try Data().write(to: URL(filePath: folder + "/new.h5"))
      let moved = try Recipe.parse(
        run, file: "recipe.yaml", folder: folder, overrides: ["data.train.hdf5.path=new.h5"])
      #expect(moved.resolved(.checkpoint).contains("path: new.h5"))
    }
  }

  @Test func theRecipesFolderComesFirst() throws {
    try withTemporaryFolder { folder in
      try FileManager.default.createDirectory(atPath: folder + "/recipes", withIntermediateDirectories: false)
      try Data().write(to: URL(filePath: folder + "/x.h5"))
      let path = folder + "/recipes/r.yaml"
      try small("make_moons: {samples: 100}", "hdf5: {path: ../x.h5}").write(
        toFile: path, atomically: true, encoding: .utf8)
      let recipe = try Recipe.load(path: path)
      #expect(
        recipe.configuration.data.train
          == .hdf5(path: folder + "/x.h5", features: "/data/x", targets: "/data/y", rows: .all))
    }
  }
}
