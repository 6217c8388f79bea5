public import Checkpointing
public import Datasets

extension TrainingData {
  /// Loads, splits and scales what a configuration describes.
  ///
  /// - Throws: `DatasetError`.
  public static func load(_ configuration: TrainingConfiguration) throws -> TrainingData {
    let data = configuration.data
    let seed = configuration.seed
    let (whole, numbers) = try rows(data.train, seed: seed, data.onBadRow)
    var rowNumbers = numbers
    var train = whole
    var validation: InMemorySource?
    switch data.validation {
    case .none: break
    case .fraction(let fraction):
      let split = try Split(count: whole.count, validationFraction: fraction, seed: seed)
      train = whole.selecting(split.training)
      rowNumbers = split.training.map { numbers?[Int($0)] ?? $0 }
      validation = whole.selecting(split.validation)
    case .source(let source): validation = try rows(source, seed: seed, data.onBadRow).source
    }
    let scaling = Scaling(data.scaling, fittedTo: train)
    var fitted = TrainingSnapshot.FittedScaling()
    fitted.method = data.scaling.rawValue
    fitted.offset = scaling.offset
    fitted.scale = scaling.scale
    var names: [String] = []
    if case .classes(_, let found) = train.targetKind { names = found }
    var loaded = TrainingData(
      train: scaling.applied(to: train),
      validation: try validation.map { try TrainingData.scale($0, as: train, by: scaling) }, scaling: fitted,
      classNames: names)
    loaded.rowNumbers = rowNumbers
    loaded.sourceName = data.train.name
    return loaded
  }

  /// The samples of a source without bad rows, where those are to be skipped, and where each stood.
  private static func rows(
    _ source: DataSource, seed: UInt64, _ onBadRow: DataConfiguration.OnBadRow
  ) throws -> (source: InMemorySource, numbers: [Int32]?) {
    guard onBadRow == .skip else { return (try source.load(seed: seed), nil) }
    let all = try source.load(seed: seed, nonFinite: .keep)
    let good = all.finiteRows
    if good.count == all.count { return (all, nil) }
    guard !good.isEmpty else { throw TrainingError("\(source.name): every row holds NaN or Inf") }
    return (all.selecting(good), good)
  }

  private static func scale(
    _ validation: InMemorySource, as train: InMemorySource, by scaling: Scaling
  ) throws -> InMemorySource {
    guard validation.sampleShape == train.sampleShape else {
      throw TrainingError(
        "validation samples have shape \(validation.sampleShape), training samples \(train.sampleShape)")
    }
    return scaling.applied(to: validation)
  }
}

extension TrainingSnapshot.FittedScaling {
  /// The scaling as it was fitted; nil if the method is unknown or the figures do not fit together.
  public var scaling: Scaling? {
    guard let method = ScalingMethod(rawValue: self.method), offset.count == scale.count,
      method != .none || offset.isEmpty
    else { return nil }
    return Scaling(method: method, offset: offset, scale: scale)
  }
}
