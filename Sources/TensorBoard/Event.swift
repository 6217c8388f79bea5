internal import FoundationEssentials
internal import SwiftProtobuf

/// One event: some values of one step, or a mark.
public struct Event: Sendable {
  let message: TBEvent

  private init(step: Int, time: Double, _ what: TBEvent.OneOf_What) {
    var message = TBEvent()
    message.wallTime = time
    message.step = Int64(step)
    message.what = what
    self.message = message
  }

  /// - Throws: never for what this module makes.
  func bytes() throws -> [UInt8] {
    var options = BinaryEncodingOptions()
    options.useDeterministicOrdering = true
    return try message.serializedBytes(options: options)
  }

  /// The first record of a file.
  public static func version(time: Double) -> Event {
    Event(step: 0, time: time, .fileVersion("brain.Event:2"))
  }

  /// Training begins with this step; points of it and of later ones that were written before are of no account.
  ///
  /// Readers take the first such mark of all for a beginning, and every other one for a restart.
  public static func sessionStart(step: Int, time: Double) -> Event {
    var log = TBSessionLog()
    log.status = .start
    return Event(step: step, time: time, .sessionLog(log))
  }

  /// Values of step `step`, all in one event.
  public static func values(_ values: [Value], step: Int, time: Double) -> Event {
    var summary = TBSummary()
    summary.value = values.map(\.message)
    return Event(step: step, time: time, .summary(summary))
  }

  /// A tagged value.
  public struct Value: Sendable {
    let message: TBSummary.Value

    private init(_ tag: String, _ value: TBSummary.Value.OneOf_Value) {
      var message = TBSummary.Value()
      message.tag = tag
      message.value = value
      self.message = message
    }

    private init(_ tag: String, plugin: String, content: [UInt8], tensor: TBTensor) {
      var message = TBSummary.Value()
      message.tag = tag
      message.metadata.pluginData.pluginName = plugin
      message.metadata.pluginData.content = .init(content)
      message.metadata.dataClass = 2
      message.tensor = tensor
      self.message = message
    }

    /// A point of a curve.
    public static func scalar(_ tag: String, _ value: Double) -> Value { Value(tag, .simpleValue(Float(value))) }

    /// Buckets of equal width between the smallest and the largest value.
    public static func histogram(
      _ tag: String, minimum: Double, maximum: Double, sum: Double, squareSum: Double, counts: [Int]
    ) -> Value {
      var histogram = TBHistogram()
      (histogram.min, histogram.max) = (minimum, maximum)
      (histogram.sum, histogram.sumSquares) = (sum, squareSum)
      histogram.num = Double(counts.reduce(0, +))
      let width = (maximum - minimum) / Double(counts.count)
      histogram.bucketLimit = (1...counts.count).map { $0 == counts.count ? maximum : minimum + width * Double($0) }
      histogram.bucket = counts.map(Double.init)
      return Value(tag, .histo(histogram))
    }

    /// A text in Markdown.
    public static func text(_ tag: String, _ text: String) -> Value {
      var tensor = TBTensor()
      tensor.dtype = .string
      tensor.stringVal = [.init(text.utf8)]
      return Value(tag, plugin: "text", content: [], tensor: tensor)
    }

    /// What the table of runs lists: hyperparameters and metrics.
    public static func experiment(_ parameters: [Hyperparameter], metrics: [String]) throws -> Value {
      var experiment = TBExperiment()
      experiment.hparamInfos = parameters.map { parameter in
        var info = TBExperiment.Parameter()
        info.name = parameter.name
        info.type =
          switch parameter.value {
          case .number: .float64
          case .text: .string
          case .boolean: .bool
          }
        return info
      }
      experiment.metricInfos = metrics.map { tag in
        var info = TBExperiment.Metric()
        info.name.tag = tag
        return info
      }
      return try hparams("experiment", .experiment(experiment))
    }

    /// A run begins: its hyperparameters.
    public static func sessionStart(_ parameters: [Hyperparameter], run: String, time: Double) throws -> Value {
      var start = TBSessionStart()
      start.groupName = run
      start.startTimeSecs = time
      for parameter in parameters {
        var value = Google_Protobuf_Value()
        switch parameter.value {
        case .number(let number): value.numberValue = number
        case .text(let text): value.stringValue = text
        case .boolean(let boolean): value.boolValue = boolean
        }
        start.hparams[parameter.name] = value
      }
      return try hparams("session_start_info", .sessionStartInfo(start))
    }

    /// A run has ended.
    public static func sessionEnd(succeeded: Bool, time: Double) throws -> Value {
      var end = TBSessionEnd()
      end.status = succeeded ? .success : .failure
      end.endTimeSecs = time
      return try hparams("session_end_info", .sessionEndInfo(end))
    }

    private static func hparams(_ name: String, _ data: TBHParams.OneOf_Data) throws -> Value {
      var content = TBHParams()
      content.data = data
      var options = BinaryEncodingOptions()
      options.useDeterministicOrdering = true
      // The reader wants a tensor, and nothing in it.
      var tensor = TBTensor()
      tensor.dtype = .float
      tensor.tensorShape.dim = [TBTensor.Shape.Dimension()]
      return Value(
        "_hparams_/\(name)", plugin: "hparams", content: try content.serializedBytes(options: options), tensor: tensor)
    }
  }
}

/// A setting that runs are compared by.
public struct Hyperparameter: Sendable, Hashable {
  public enum Value: Sendable, Hashable {
    case number(Double)
    case text(String)
    case boolean(Bool)
  }

  public let name: String
  public let value: Value

  public init(_ name: String, _ value: Value) {
    self.name = name
    self.value = value
  }
}
