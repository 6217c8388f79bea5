import Recipes
import Testing
import Training

@Suite struct HyperparameterTests {
  /// A table of runs has the same columns, of the same types, for every recipe.
  @Test func allRecipesHaveTheSame() throws {
    func columns(_ recipe: Recipe) -> [String] {
      recipe.hyperparameters.map { parameter in
        switch parameter.value {
        case .boolean: "\(parameter.name): boolean"
        case .number: "\(parameter.name): number"
        case .text: "\(parameter.name): text"
        }
      }
    }
    let expected = columns(try parse(smallRecipe))
    for path in shippedRecipes { #expect(columns(try Recipe.load(path: path)) == expected, "\(path)") }
    #expect(Set(expected).count == expected.count && shippedRecipes.count > 5)
  }

  @Test func valuesAreTheRecipes() throws {
    let recipe = try parse(
      small(
        "adam: {learning_rate: 0.01}",
        """
        sgd: {learning_rate: {cosine_decay: {initial_learning_rate: 0.5, decay_steps: 9}}, momentum: 0.9}
          clip_value: 3
        """, more: "training: {early_stopping: {monitor: loss}, batch_size: 7}"),
      overrides: ["model.layers.0.dense.kernel_initializer={random_uniform: {minval: -1, maxval: 1}}"])
    let values = Dictionary(uniqueKeysWithValues: recipe.hyperparameters.map { ($0.name, $0.value) })
    #expect(values["optimizer"] == .text("sgd") && values["momentum"] == .number(0.9))
    #expect(values["learning_rate"] == .number(0.5) && values["learning_rate_schedule"] == .text("cosine_decay"))
    #expect(values["clipping"] == .text("clip_value") && values["clip_limit"] == .number(3))
    #expect(values["units"] == .text("4-1") && values["activations"] == .text("tanh sigmoid"))
    #expect(values["kernel_initializers"] == .text("random_uniform(minval: -1.0, maxval: 1.0) glorot_uniform"))
    #expect(values["early_stopping"] == .boolean(true) && values["batch_size"] == .number(7))
  }

  @Test func tensorBoardIsOnUnlessTurnedOff() throws {
    #expect(try parse(smallRecipe).configuration.tensorboard)
    #expect(try !parse(small(more: "tensorboard: false")).configuration.tensorboard)
    #expect(problems(small(more: "tensorboard: maybe")).contains { $0.contains("tensorboard") && $0.contains("true") })
  }
}
