internal import NeuralNetwork

extension Grammar {
  /// Recipes list them: each as its name, or as `{name: {arguments}}` where it takes some.
  static let metrics = Registry<any Metric>(
    "a metric",
    [
      plain(Accuracy(.automatic)), plain(Accuracy(.binary)), plain(Accuracy(.categorical)),
      plain(Accuracy(.sparseCategorical)),
      plain(MeanAbsoluteErrorMetric(), aliases: ["mae"]), plain(MeanSquaredErrorMetric(), aliases: ["mse"]),
      plain(MeanSquaredErrorMetric(root: true), aliases: ["rmse"]), plain(AreaUnderCurve()),
      plain(PrecisionRecall(.precision)), plain(PrecisionRecall(.recall)), plain(PrecisionRecall(.f1Score)),
      plain(R2Score()),
      Constructor(
        "top_k_categorical_accuracy", keys: [Key("k", .integer(count), "5", "How many answers a row may have.")]
      ) {
        TopKCategoricalAccuracy(k: $0["k"]?.integer ?? 5)
      },
      plain(LogLoss()), plain(MatthewsCorrelation()), plain(AveragePrecision()),
      Constructor(
        "mean_pinball_loss",
        keys: [
          Key(
            "alpha", .number(.unit), .required,
            "The quantile's level; by the bare name those of the loss `quantile`, 0.5 under any other.")
        ]
      ) { MeanPinballLoss(alpha: $0["alpha"]?.number.map(Float.init)) },
    ])

  /// A metric in the list: a bare name stays a text, so that only metrics with arguments are maps.
  static let metric = Form.scalarOr(
    .word(metrics.names, aliases: metrics.aliases), metrics.form.ofArguments)

  private static func plain(_ metric: any Metric, aliases: [String] = []) -> Constructor<any Metric> {
    Constructor(metric.name, aliases: aliases) { _ in metric }
  }
}
