/// A value with a name as a group holds it, for those who store what others understand.
public struct StoredValue: Sendable, Hashable {
  public indirect enum Content: Sendable, Hashable {
    /// A text, held as an attribute of the group.
    case word(String)
    /// Datasets of one extent.
    case floats([Float])
    case doubles([Double])
    case texts([String])
    case integers([Int64])
    /// A group with values of its own, none of them a word.
    case group([StoredValue])
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
    case .integers(let integers): try group.write(integers, shape: [integers.count], to: name)
    case .group(let values):
      let inner = try group.createGroup(name)
      for value in values { try value.write(to: inner) }
    }
  }
}

extension StoredValue {
  /// Whether all its numbers are.
  public var isFinite: Bool {
    switch content {
    case .floats(let floats): floats.allSatisfy(\.isFinite)
    case .doubles(let doubles): doubles.allSatisfy(\.isFinite)
    case .group(let values): values.allSatisfy(\.isFinite)
    case .word, .texts, .integers: true
    }
  }
}

extension HDF5Group {
  /// The datasets of the group and of the groups within, as `StoredValue.write` puts them there.
  ///
  /// - Parameter others: names that are left out.
  /// - Throws: `HDF5Error`.
  public func storedValues(except others: Set<String> = []) throws -> [StoredValue] {
    try members().filter { !others.contains($0.name) }.map { name, member in
      if member == .group { return StoredValue(name, .group(try group(name).storedValues())) }
      let dataset = try dataset(name)
      let content: StoredValue.Content =
        switch (dataset.elementClass, dataset.elementSize) {
        case (.string, _): .texts(try dataset.readStrings())
        case (.float, 8): .doubles(try dataset.read())
        case (.integer, _): .integers(try dataset.read())
        default: .floats(try dataset.read())
        }
      return StoredValue(name, content)
    }
  }
}

extension [StoredValue] {
  /// The value of that name, byte by byte.
  public subscript(name: String) -> StoredValue.Content? {
    first { $0.name.utf8.elementsEqual(name.utf8) }?.content
  }

  public func word(_ name: String) -> String? {
    if case .word(let word)? = self[name] { word } else { nil }
  }

  public func floats(_ name: String) -> [Float]? {
    if case .floats(let floats)? = self[name] { floats } else { nil }
  }

  public func doubles(_ name: String) -> [Double]? {
    if case .doubles(let doubles)? = self[name] { doubles } else { nil }
  }

  public func texts(_ name: String) -> [String]? {
    if case .texts(let texts)? = self[name] { texts } else { nil }
  }

  public func integers(_ name: String) -> [Int64]? {
    if case .integers(let integers)? = self[name] { integers } else { nil }
  }
}
