internal import Training

extension Grammar {
  static let monitor = Key(
    "monitor", .text(.notEmpty), "validation_loss", "`loss`, `validation_loss` or `validation_<metric>`.")

  static let training = MapForm(
    what: "training",
    keys: [
      Key("epochs", .integer(count), "1", "Passes over the training rows."),
      Key(
        "batch_size", .integer(count), "32", "Rows that are computed at a time; of a step, unless `accumulate_steps`."),
      Key(
        "accumulate_steps", .integer(1...65536), .absent,
        "Batches whose gradients are added up for one step, in the memory of one. Default: 1."),
      Key("shuffle", .boolean, "true", "Whether each epoch has a new order."),
      Key("workers", .wordOr("auto", .integer(1...1024)), "auto", "Threads; auto: the cores that may be used."),
      Key(
        "shards", .wordOr("auto", .integer(1...1024)), "auto",
        "Logical shards of a batch; auto: as many as workers at the first start."),
      Key(
        "early_stopping",
        .map(
          MapForm(
            what: "early stopping",
            keys: [
              monitor,
              Key("patience", .integer(natural), "0", "Epochs without improvement after which training ends."),
              Key("min_delta", .number(.notNegative), "0", "An improvement is larger than this."),
              Key("mode", .word(of: EarlyStopping.Mode.self), "auto", "Whether lower or higher is better."),
              Key("restore_best", .boolean, "false", "Whether the best epoch's weights are put back at the end."),
            ])), .absent, "Ends training when a figure no longer improves."),
      Key(
        "average_weights",
        .map(
          MapForm(
            what: "an average of the weights",
            keys: [
              Key(
                "ema", .number(.inside), .required,
                "Exponential: after each update, average = ema * average + (1 - ema) * weights.")
            ])), .absent,
        "An average of the weights, which is evaluated, and saved as the model's, in the place of the weights that are trained."
      ),
    ])

  static let checkpoints = MapForm(
    what: "checkpoints",
    keys: [
      Key("every_steps", .offOr(.integer(steps)), "0", "Steps between checkpoints; 0: not by steps."),
      Key("every_epochs", .offOr(.integer(count)), "1", "Epochs between checkpoints; 0: not by epochs."),
      Key("every_seconds", .offOr(.number(.positive)), "300", "Seconds between checkpoints; 0: not by time."),
      Key("keep_last", .integer(count), "3", "Newest checkpoints that stay."),
      Key(
        "keep_best",
        .map(
          MapForm(
            what: "the best checkpoints",
            keys: [monitor, Key("count", .integer(count), "1", "How many of them stay.")])), .absent,
        "Best checkpoints that stay."),
      Key("keep_every", .offOr(.integer(steps)), "0", "Checkpoints at multiples of these steps stay; 0: none do."),
      Key(
        "on_disk_full", .word(of: CheckpointConfiguration.OnDiskFull.self), "continue",
        "What happens when a checkpoint finds no room."),
    ])

  static let history = MapForm(
    what: "the history",
    keys: [
      Key("every_steps", .offOr(.integer(steps)), "1", "Steps between rows; 0: no history."),
      Key("rows", .integer(1...(1 << 24)), "4096", "Newest rows kept at full resolution."),
      Key("full_gradients_every_steps", .offOr(.integer(steps)), "0", "Steps between full gradients; 0: never."),
    ])

  private static let rung = MapForm(
    what: "a remedy",
    keys: [
      Key(
        "clip", .wordOr("auto", .number(.positive)), .absent,
        "Limit of the whole gradient's L2 norm; auto: what 90 % of the healthy steps stayed under."),
      Key("learning_rate", .number(.positive), .absent, "Factor of the learning rate."),
      Key(
        "skip_rows", .boolean, .absent,
        "Whether rows are left out whose gradients are out of all proportion; passed over where there are none."),
      Key(
        "redraw", .boolean, .absent,
        "Whether the weights are drawn anew with initializers that suit; passed over where they suit, or have learnt."),
      Key("optimizer", .map(optimizer), .absent, "An optimizer in the place of the recipe's."),
      Key(
        "set",
        .map(
          MapForm(
            what: "settings",
            keys: [
              Key("optimizer.learning_rate", .number(.positive), .absent, "The learning rate, constant."),
              Key("optimizer.clip_value", .number(.positive), .absent, "Limit of each element of the gradient."),
              Key(
                "optimizer.clip_norm", .number(.positive), .absent, "Limit of the L2 norm of each weight's gradient."),
              Key("optimizer.global_clip_norm", .number(.positive), .absent, "Limit of the whole gradient's L2 norm."),
            ], exclusive: ["optimizer.clip_value", "optimizer.clip_norm", "optimizer.global_clip_norm"])), .absent,
        "Settings of the recipe's own optimizer in the place of what the recipe says."),
      Key("reset_moments", .boolean, .absent, "Whether the optimizer's slots start anew."),
      Key("skip_batches", .integer(natural), .absent, "Batches to leave out after going back."),
      Key("go_back", .integer(natural), .absent, "Checkpoints to go back further than the newest healthy one."),
    ], definition: "remedy")

  static let health = MapForm(
    what: "health",
    keys: [
      Key(
        "on_blowup", .word(of: HealthConfiguration.OnBlowup.self), "rollback",
        "Go back to a checkpoint, leave the step out, or end the run."),
      Key("max_rollbacks", .integer(natural), "20", "Rollbacks after which the run is given up."),
      Key("max_skips", .integer(natural), "3", "Updates in a row that may be left out."),
      Key(
        "ladder", .list(.map(rung), atLeast: 1),
        """
        [{skip_rows: true}, {redraw: true}, {clip: auto}, {clip: auto, learning_rate: 0.1}, \
        {clip: auto, learning_rate: 0.01}, {clip: auto, learning_rate: 0.001}, \
        {clip: auto, learning_rate: 0.0001}, \
        {optimizer: {adam: {learning_rate: 0.01}, global_clip_norm: 1}}, {clip: 1000}]
        """,
        "Remedies, each tried from the same good state until one brings the loss to the goal."),
      Key(
        "may", .list(.word(of: HealthConfiguration.Intervention.self), atLeast: 1), .absent,
        "What a remedy may change; absent: clip, learning_rate and skip_rows, and all in the first 100 steps."),
      Key(
        "on_spike", .word(of: HealthConfiguration.OnSpike.self), "warn",
        "What happens at a sudden rise of loss or gradient that stays finite."),
    ])
}
