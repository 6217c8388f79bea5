internal import Sweeps

/// What a sweep's file says. A new kind of values, draws or pruning is one more entry of its list.
extension Grammar {
  static let sweep = MapForm(
    what: "a sweep",
    keys: [
      Key("name", .text(.runName), .absent, "The sweep's name and its directory's; default: the file's name."),
      Key("description", .text(.any), "''", "What the sweep is for."),
      Key("seed", .unsigned, "0", "What the draws follow from."),
      Key("recipe", .anything, .required, "The recipe: its file, or the recipe itself."),
      Key(
        "vary", .named(.map(form(of: ranges, "what values a key gets", shorthand: "choice"))), .absent,
        "By key of the recipe, the values that it gets; a list is a choice."),
      Key("draw", .map(draws), "grid", "How values are drawn."),
      Key(
        "folds", .integer(2...10_000), .absent,
        "Cross-validation: every draw is trained so often, each time with another part of the rows held back."),
      Key(
        "stratify", .boolean, .absent,
        "With `folds`: each with its share of every class; default: where there are classes."),
      Key("group", .text(.column), .absent, "With `folds`: the column whose equal values stay in one fold."),
      Key("seeds", .integer(1...10_000), "1", "With how many seeds every draw is trained: weights, order, split."),
      Key("objective", .map(objective), "{}", "What draws are compared by."),
      Key("prune", .map(form(of: pruning, "a rule of pruning")), .absent, "What ends draws early that fall behind."),
      Key("recipe_folder", .text(.notEmpty), .absent, "In a sweep's own folder: where the recipe's paths start."),
      Key("shards", .integer(extent), .absent, "In a sweep's own folder: training.shards of all its runs."),
    ])

  private static let objective = MapForm(
    what: "an objective",
    keys: [
      monitor,
      Key(
        "mode", .word(["auto", "min", "max"]), "auto",
        "Whether lower or higher is better; auto: lower for losses and errors."),
    ])

  // MARK: Values

  struct RangeKind: Sendable {
    let key: Key
    let build: @Sendable (RecipeValue) -> any ValueRange
    /// What is wrong with bounds of the right type; nil: nothing.
    let problem: @Sendable (RecipeValue) -> String?

    /// Two numbers, the first below the second.
    static func bounds(
      _ name: String, _ form: Form, _ summary: String,
      _ build: @escaping @Sendable (RecipeValue, RecipeValue) -> any ValueRange
    ) -> RangeKind {
      RangeKind(key: Key(name, .pair(form), .absent, summary)) { value in
        let pair = value.list ?? []
        return build(pair[0], pair[1])
      } problem: { value in
        let numbers = (value.list ?? []).compactMap { $0.number ?? $0.integer.map(Double.init) }
        return numbers.count == 2 && numbers[0] < numbers[1]
          ? nil : "expected a lower bound and a larger upper one, found \(value.short ?? "something else")"
      }
    }
  }

  static let ranges: [RangeKind] = [
    .bounds("uniform", .number(.any), "Numbers from the first to the second.") {
      UniformRange($0.number ?? 0, $1.number ?? 1)
    },
    .bounds("log_uniform", .number(.positive), "Numbers whose logarithms are uniform.") {
      LogUniformRange($0.number ?? 1, $1.number ?? 2)
    },
    .bounds("integer", .integer(-(1 << 50)...1 << 50), "Whole numbers from the first to the second, both included.") {
      IntegerRange($0.integer ?? 0, $1.integer ?? 1)
    },
    RangeKind(key: Key("choice", .list(.anything, atLeast: 1), .absent, "One of a list.")) {
      ChoiceRange(($0.list ?? []).compactMap(\.text))
    } problem: { _ in
      nil
    },
  ]

  // MARK: Draws

  struct DrawKind: Sendable {
    let name: String
    /// How many; nil: the values say.
    let build: @Sendable (_ variations: [Variation], _ count: Int, _ seed: UInt64) -> (any DrawRule)?
    let takesCount: Bool
    var takesVariations = true
  }

  static let drawKinds: [DrawKind] = [
    DrawKind(name: "grid", build: { variations, _, _ in GridDraws(variations) }, takesCount: false),
    DrawKind(name: "random", build: { RandomDraws($0, count: $1, seed: $2) }, takesCount: true),
    DrawKind(
      name: "sobol",
      build: { variations, count, seed in
        variations.count <= SobolDraws.maximalKeys ? SobolDraws(variations, count: count, seed: seed) : nil
      }, takesCount: true),
    // None of its own: those that `cairn sweep tell` brings.
    DrawKind(
      name: "told", build: { _, _, _ in RandomDraws([], count: 0, seed: 0) }, takesCount: false, takesVariations: false),
  ]

  private static let draws: MapForm = {
    var form = MapForm(
      what: "how values are drawn",
      keys: drawKinds.map { kind in
        Key(
          kind.name, kind.takesCount ? .integer(1...1_000_000) : .map(MapForm(what: "no arguments", keys: [])), .absent,
          kind.takesCount ? "How many draws." : "")
      }, choices: drawKinds.map(\.name))
    form.allowsBareNames = true
    return form
  }()

  // MARK: Pruning

  struct PruningKind: Sendable {
    let key: Key
    let build: @Sendable (RecipeValue) -> any PruningRule
  }

  static let pruning: [PruningKind] = [
    PruningKind(
      key: Key(
        "median",
        .map(
          MapForm(
            what: "arguments of `median`",
            keys: [
              Key(
                "warm_up_epochs", .integer(count), "5",
                "The first comparison; the others after twice, four times as many."),
              Key("start_up_draws", .integer(1...1_000_000), "5", "Draws to compare with, at least."),
            ])), .absent, "Ends what is worse than the median of the draws of lower numbers.")
    ) { MedianPruning(warmUpEpochs: $0.integer("warm_up_epochs"), startUpDraws: $0.integer("start_up_draws")) },
    PruningKind(
      key: Key(
        "halving",
        .map(
          MapForm(
            what: "arguments of `halving`",
            keys: [
              Key("factor", .integer(2...1000), "3", "One in so many goes on."),
              Key("min_epochs", .integer(count), "1", "The first comparison; the others after `factor` times as many."),
            ])), .absent, "Lets the best of each rung go on.")
    ) { HalvingPruning(factor: $0.integer("factor"), minEpochs: $0.integer("min_epochs")) },
  ]

  private static func form(of kinds: [RangeKind], _ what: String, shorthand: String) -> MapForm {
    var form = MapForm(what: what, keys: kinds.map(\.key), choices: kinds.map(\.key.name))
    form.shorthand = shorthand
    return form
  }

  private static func form(of kinds: [PruningKind], _ what: String) -> MapForm {
    MapForm(what: what, keys: kinds.map(\.key), choices: kinds.map(\.key.name), allowsBareNames: true)
  }
}
