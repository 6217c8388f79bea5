internal import NeuralNetwork

extension Grammar {
  /// Recipes name them in a list; none takes arguments.
  static let metrics = Registry<any Metric>(
    "a metric",
    [
      plain(Accuracy(.automatic)), plain(Accuracy(.binary)), plain(Accuracy(.categorical)),
      plain(Accuracy(.sparseCategorical)),
      plain(MeanAbsoluteErrorMetric(), aliases: ["mae"]), plain(MeanSquaredErrorMetric(), aliases: ["mse"]),
      plain(MeanSquaredErrorMetric(root: true), aliases: ["rmse"]), plain(AreaUnderCurve()),
      plain(PrecisionRecall(.precision)), plain(PrecisionRecall(.recall)), plain(PrecisionRecall(.f1Score)),
      plain(R2Score()),
    ])

  private static func plain(_ metric: any Metric, aliases: [String] = []) -> Constructor<any Metric> {
    Constructor(metric.name, aliases: aliases) { _ in metric }
  }
}
