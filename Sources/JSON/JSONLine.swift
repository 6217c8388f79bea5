/// One line of JSON, read member by member where it lies: thousands of logs are looked through for a few figures each.
///
/// Made once and filled again for each line, so that reading allocates nothing. The bytes must outlive what is asked.
public struct JSONLine {
  private var members: [(key: JSONText, value: JSONText)] = []

  public init() {}

  /// Reads an object.
  ///
  /// - Returns: false, and no members, if the bytes are no JSON object: a line cut off by a kill, or not ours.
  public mutating func read(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
    members.removeAll(keepingCapacity: true)
    var cursor = JSONCursor(bytes)
    guard cursor.object({ members.append(($0, $1)) }), cursor.isAtEnd else {
      members.removeAll(keepingCapacity: true)
      return false
    }
    return true
  }

  public subscript(key: StaticString) -> JSONText? { members.first { $0.key.isEqual(to: key) }?.value }

  /// The first member's value of each key that begins so, with the rest of the key.
  public func beginning(with prefix: StaticString, _ body: (_ rest: JSONText, _ value: JSONText) -> Void) {
    for member in members {
      if let rest = member.key.dropping(prefix) { body(rest, member.value) }
    }
  }

  public func number(_ key: StaticString) -> Double? { self[key]?.number }
  public func integer(_ key: StaticString) -> Int? { self[key]?.integer }
  public func string(_ key: StaticString) -> String? { self[key]?.string }
}
