/// A value with a name as a group holds it, for those who store what others understand.
public struct StoredValue: Sendable, Hashable {
  public enum Content: Sendable, Hashable {
    /// A text, held as an attribute of the group.
    case word(String)
    /// Datasets of one extent.
    case floats([Float])
    case doubles([Double])
    case texts([String])
  }

  public let name: String
  public let content: Content

  public init(_ name: String, _ content: Content) {
    self.name = name
    self.content = content
  }

  /// - Throws: `HDF5Error`.
  public func write(to group: HDF5Group) throws {
    switch content {
    case .word(let word): try group.setAttribute(name, word)
    case .floats(let floats): try group.write(floats, shape: [floats.count], to: name)
    case .doubles(let doubles): try group.write(doubles, shape: [doubles.count], to: name)
    case .texts(let texts): try group.write(texts, to: name)
    }
  }
}

extension [StoredValue] {
  public subscript(name: String) -> StoredValue.Content? { first { $0.name == name }?.content }

  public func word(_ name: String) -> String? {
    if case .word(let word)? = self[name] { word } else { nil }
  }

  public func floats(_ name: String) -> [Float]? {
    if case .floats(let floats)? = self[name] { floats } else { nil }
  }

  public func doubles(_ name: String) -> [Double]? {
    if case .doubles(let doubles)? = self[name] { doubles } else { nil }
  }
}
