internal import JSON

/// What a draw sets one key to.
public struct Setting: Sendable, Hashable {
  public let key: String
  /// In YAML, on one line.
  public let value: String

  public init(key: String, value: String) {
    self.key = key
    self.value = value
  }

  /// The value without the quotes and escapes of YAML, where it is a text.
  public var plain: String {
    guard value.first == "\"" else { return value }
    var line = JSONLine()
    let object = Array("{\"v\": \(value)}".utf8)
    return object.withUnsafeBufferPointer { line.read($0) ? line.string("v") : nil } ?? value
  }

  /// As `--set` takes it.
  public var override: String { "\(key)=\(value)" }
}

/// One choice of settings, which runs with every seed and fold.
public struct Draw: Sendable, Hashable {
  public let id: DrawID
  public let settings: [Setting]

  public init(_ id: DrawID, _ settings: [Setting]) {
    self.id = id
    self.settings = settings
  }
}

/// Which draw: the sweep's own are counted from 1, and so are those that another program has told it.
public struct DrawID: Sendable, Hashable, Comparable, CustomStringConvertible {
  public let number: Int
  public let isTold: Bool

  public init(_ number: Int, isTold: Bool = false) {
    self.number = number
    self.isTold = isTold
  }

  /// `d007`, `t002`; it says nothing of how many there are.
  public var description: String { "\(isTold ? "t" : "d")\(DrawID.digits(number))" }

  private static func digits(_ number: Int) -> String {
    let text = String(number)
    return String(repeating: "0", count: max(0, 3 - text.count)) + text
  }

  public init?(_ text: Substring) {
    guard let first = text.first, first == "d" || first == "t", let number = Int(text.dropFirst()), number > 0 else {
      return nil
    }
    self.init(number, isTold: first == "t")
    guard description == text else { return nil }
  }

  public static func < (left: DrawID, right: DrawID) -> Bool {
    left.isTold == right.isTold ? left.number < right.number : right.isTold
  }
}

/// How the settings of draws come about: each from its number alone, so that a longer sweep begins as a shorter one does.
public protocol DrawRule: Sendable {
  var count: Int { get }
  /// - Parameter number: from 1.
  func settings(of number: Int) -> [Setting]
  /// Whether draw `n` stays what it is when there are more.
  var isEndless: Bool { get }
}
