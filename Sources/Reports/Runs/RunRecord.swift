/// What a table of runs says of one run: read from its folder, whoever trains in it.
public struct RunRecord: Sendable {
  public enum State: String, Sendable, CaseIterable {
    /// A process trains in the folder.
    case running
    /// All epochs are done, or training ended early.
    case finished
    /// Stopped by a signal, or its process is gone: `cairn resume` goes on with it.
    case interrupted
    /// The rollback budget is spent.
    case diverged
  }

  /// A figure of the epochs that count: those that no rollback discarded.
  public struct Figure: Sendable {
    /// `loss`, `validation_loss`, `validation_accuracy`, ...
    public let name: String
    /// After the last epoch; after `restoredEpoch`, if there is one.
    public let last: Double
    /// The lowest of losses and errors, the highest of all others; NaN: all were NaN.
    public let best: Double
  }

  /// The folder's name, and where it is.
  public let name: String
  public let path: String
  public var state = State.interrupted
  /// How the last process to train here ended: `finished`, `stopped_early`, `interrupted` (by a signal), `diverged`,
  /// `failed` (with an error), `died` (without a word), `paused` or `pruned` (by a sweep); nil: it has not, or none has begun.
  public var ending: String?
  /// More of an ending that was not in order, in a sentence: the error, or the last sign of life.
  public var endingMessage: String?
  public var description = ""
  public var tags: [String] = []
  public var step: Int?
  public var epoch: Int?
  /// The epoch whose weights were put back at the end as the best; nil: the model is the last epoch's.
  public var restoredEpoch: Int?
  /// Epochs that the recipe asks for.
  public var epochs: Int?
  public var figures: [Figure] = []
  /// Times that training went back to an earlier checkpoint.
  public var rollbacks = 0
  /// Names of what the last diagnosis found, the gravest first, each once.
  public var findings: [String] = []
  /// Seconds that processes have trained.
  public var duration: Double?
  /// UTC, as the log gives it.
  public var started: String?
  public var updated: String?
  public var host: String?
  public var process: Int?
  public var workers: Int?
  public var shards: Int?
  public var batchSize: Int?
  public var parameters: Int?
  public var layers: Int?
  public var trainRows: Int?
  public var validationRows: Int?
  public var stepsPerEpoch: Int?
  /// The loss of the best predictor that knows no features.
  public var constantLoss: Double?
  public var seed: String?
  public var optimizer: String?
  public var learningRate: Double?
  public var lossFunction: String?
  /// Of the program that trained it last.
  public var version: String?
  /// The newest checkpoint that the log tells of.
  public var checkpoint: String?
  /// The recipe's keys; nil: not read.
  public var recipe: [String: RunValue]?

  public init(name: String, path: String) {
    self.name = name
    self.path = path
  }

  /// The state for people: `interrupted (died)` where no signal has asked for it; `paused` and `pruned` where a sweep has.
  public var stateText: String {
    if state == .interrupted, let ending, ["paused", "pruned"].contains(ending) { return ending }
    guard state == .interrupted, let ending, ending != "interrupted" else { return state.rawValue }
    return "\(state.rawValue) (\(ending))"
  }
}

/// What stands in a cell of the table.
public enum RunValue: Sendable, Hashable {
  case number(Double)
  case integer(Int)
  case text(String)
  case list([String])

  var number: Double? {
    switch self {
    case .number(let value): value
    case .integer(let value): Double(value)
    case .text, .list: nil
    }
  }
}

/// What a run's own recipe says, where the log does not.
public struct RunRecipe: Sendable {
  public var description: String
  public var tags: [String]
  public var epochs: Int?
  /// By path: `optimizer.adam.learning_rate`.
  public var keys: [String: RunValue]

  public init(description: String, tags: [String], epochs: Int?, keys: [String: RunValue]) {
    self.description = description
    self.tags = tags
    self.epochs = epochs
    self.keys = keys
  }

  /// Adds what the log of an older run does not tell.
  func complete(_ record: inout RunRecord) {
    record.description = description
    record.tags = tags
    record.epochs = record.epochs ?? epochs
  }
}
