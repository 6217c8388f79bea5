public import Checkpointing
public import Datasets

/// The samples of a run, ready to be trained on.
public struct TrainingData: Sendable {
  public let train: any SampleSource
  public let validation: (any SampleSource)?
  public let scaling: TrainingSnapshot.FittedScaling
  public let classNames: [String]

  public init(
    train: any SampleSource, validation: (any SampleSource)? = nil, scaling: TrainingSnapshot.FittedScaling = .init(),
    classNames: [String] = []
  ) {
    self.train = train
    self.validation = validation
    self.scaling = scaling
    self.classNames = classNames
  }
}
