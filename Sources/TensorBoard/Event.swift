/// One event: some values of one step, or a mark.
///
/// Field numbers are those of tensorflow/core/util/event.proto, tensorflow/core/framework/{summary,histogram,tensor}.proto
/// and tensorboard/plugins/hparams/{plugin_data,api}.proto.
public struct Event: Sendable {
  private let message: ProtocolMessage

  private init(step: Int, time: Double, _ what: (inout ProtocolMessage) -> Void) {
    var message = ProtocolMessage()
    message.double(1, time)
    message.integer(2, step)
    what(&message)
    self.message = message
  }

  var bytes: [UInt8] { message.bytes }

  /// The first record of a file.
  public static func version(time: Double) -> Event {
    Event(step: 0, time: time) { $0.text(3, "brain.Event:2") }
  }

  /// Training begins with this step; readers discard points of it and of later ones that were written before.
  ///
  /// Readers take the first such mark of all for a beginning, and every other one for a restart.
  public static func sessionStart(step: Int, time: Double) -> Event {
    Event(step: step, time: time) { $0.message(7) { $0.integer(1, 1) } }
  }

  /// Values of step `step`, all in one event.
  public static func values(_ values: [Value], step: Int, time: Double) -> Event {
    Event(step: step, time: time) { event in
      event.message(5) { summary in for value in values { summary.message(1, value.message) } }
    }
  }

  /// A tagged value.
  public struct Value: Sendable {
    fileprivate let message: ProtocolMessage
    /// What its plugin reads; empty: nothing.
    let content: [UInt8]

    private init(_ tag: String, content: [UInt8] = [], _ value: (inout ProtocolMessage) -> Void) {
      var message = ProtocolMessage()
      message.text(1, tag)
      value(&message)
      (self.message, self.content) = (message, content)
    }

    private init(
      _ tag: String, plugin: String, content: [UInt8], _ tensor: (inout ProtocolMessage) -> Void
    ) {
      self.init(tag, content: content) { value in
        value.message(8, tensor)
        value.message(9) { metadata in
          metadata.message(1) { data in
            data.text(1, plugin)
            data.data(2, content)
          }
          // Tensors.
          metadata.integer(4, 2)
        }
      }
    }

    /// A point of a curve.
    public static func scalar(_ tag: String, _ value: Double) -> Value {
      Value(tag) { $0.alwaysFloat(2, Float(value)) }
    }

    /// Buckets of equal width between the smallest and the largest value.
    public static func histogram(
      _ tag: String, minimum: Double, maximum: Double, sum: Double, squareSum: Double, counts: [Int]
    ) -> Value {
      let width = (maximum - minimum) / Double(counts.count)
      // Right edges; the first bucket's left edge is the minimum.
      let edges = (1...counts.count).map { $0 == counts.count ? maximum : minimum + width * Double($0) }
      return Value(tag) { value in
        value.message(5) { histogram in
          histogram.double(1, minimum)
          histogram.double(2, maximum)
          histogram.double(3, Double(counts.reduce(0, +)))
          histogram.double(4, sum)
          histogram.double(5, squareSum)
          histogram.doubles(6, edges)
          histogram.doubles(7, counts.map(Double.init))
        }
      }
    }

    /// A text in Markdown.
    public static func text(_ tag: String, _ text: String) -> Value {
      Value(tag, plugin: "text", content: []) { tensor in
        tensor.integer(1, 7)
        tensor.alwaysData(8, Array(text.utf8))
      }
    }

    /// What the table of runs lists: hyperparameters and metrics.
    public static func experiment(_ parameters: [Hyperparameter], metrics: [String]) -> Value {
      hparams("experiment") { data in
        data.message(2) { experiment in
          for parameter in parameters {
            experiment.message(4) { info in
              info.text(1, parameter.name)
              info.integer(4, parameter.value.kind)
            }
          }
          for tag in metrics { experiment.message(5) { info in info.message(1) { $0.text(2, tag) } } }
        }
      }
    }

    /// A run begins: its hyperparameters.
    public static func sessionStart(_ parameters: [Hyperparameter], run: String, time: Double) -> Value {
      hparams("session_start_info") { data in
        data.message(3) { start in
          // The entries of a map, in an order that is always the same.
          for parameter in parameters.sorted(by: { $0.name < $1.name }) {
            start.message(1) { entry in
              entry.alwaysData(1, Array(parameter.name.utf8))
              entry.message(2) { value in
                switch parameter.value {
                case .number(let number): value.alwaysDouble(2, number)
                case .text(let text): value.alwaysData(3, Array(text.utf8))
                case .boolean(let boolean): value.alwaysInteger(4, boolean ? 1 : 0)
                }
              }
            }
          }
          start.text(4, run)
          start.double(5, time)
        }
      }
    }

    /// A run has ended.
    public static func sessionEnd(succeeded: Bool, time: Double) -> Value {
      hparams("session_end_info") { data in
        data.message(4) { end in
          end.integer(1, succeeded ? 1 : 2)
          end.double(2, time)
        }
      }
    }

    private static func hparams(_ name: String, _ data: (inout ProtocolMessage) -> Void) -> Value {
      var content = ProtocolMessage()
      data(&content)
      // The reader wants a tensor, and nothing in it.
      return Value("_hparams_/\(name)", plugin: "hparams", content: content.bytes) { tensor in
        tensor.integer(1, 1)
        tensor.message(2) { shape in shape.message(2) { _ in } }
      }
    }
  }
}

/// A setting that runs are compared by.
public struct Hyperparameter: Sendable, Hashable {
  public enum Value: Sendable, Hashable {
    case number(Double)
    case text(String)
    case boolean(Bool)

    /// `DataType` of api.proto.
    var kind: Int {
      switch self {
      case .text: 1
      case .boolean: 2
      case .number: 3
      }
    }
  }

  public let name: String
  public let value: Value

  public init(_ name: String, _ value: Value) {
    self.name = name
    self.value = value
  }
}
