internal import DataParallel
internal import Datasets
internal import GradientHealth
internal import NeuralNetwork

/// Networks with layers that go on from batch to batch: what they ask of the rows.
extension Trainer {
  /// - Returns: what is to be said of the rows that no batch has; nil: there are none, or nothing is carried.
  /// - Throws: `TrainingError` where row i of a batch cannot be the one that follows row i of the batch before.
  static func requireStreams(
    _ network: Network, _ configuration: TrainingConfiguration, _ source: any SampleSource
  ) throws -> String? {
    guard let layer = network.carried.first?.layer else { return nil }
    let (rows, streams) = (source.count, configuration.updateRows)
    func refuse(_ what: String) -> TrainingError {
      TrainingError("layer `\(layer)` goes on from batch to batch, row i from row i of the batch before: \(what)")
    }
    if configuration.shuffle { throw refuse("set training.shuffle to false") }
    guard source.plan == nil else {
      throw refuse("the rows must be in memory at once; raise data.buffer_mb, or train without `stateful`")
    }
    if let windows = source as? SequenceSource, windows.stride != windows.length {
      throw refuse(
        "windows must follow each other; expected a stride of \(windows.length), as long as a window, found \(windows.stride)"
      )
    }
    guard streams <= rows else {
      throw refuse(
        "expected at least as many training rows as a step has, \(streams), found \(rows); lower training.batch_size")
    }
    let order = StreamOrder(count: rows, batch: streams)
    if order.left == 0 { return nil }
    return "\(counted(streams, "stream")) of \(counted(order.steps, "row")) each: the last "
      + "\(counted(order.left, "training row")) \(order.left == 1 ? "is" : "are") in no batch"
  }
}
