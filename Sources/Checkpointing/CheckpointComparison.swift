internal import HDF5Storage

/// Two checkpoints side by side.
public enum CheckpointComparison {
  public struct Difference: Sendable, Hashable {
    public let path: String
    /// `differs`, `only in the first`, `only in the second`, `shapes [..] and [..]`.
    public let what: String
    /// Elements that differ; 0 where they are not numbers or cannot be paired.
    public let elements: Int
    /// Largest |a - b| and |a - b| / max(|a|, |b|) of the pairs; NaN against a number counts as infinite.
    public let largest: Double
    public let largestRelative: Double
  }

  /// Differences of all datasets, in path order.
  ///
  /// - Throws: `HDF5Error`.
  public static func differences(_ first: Checkpoint, _ second: Checkpoint) throws -> [Difference] {
    try compare(first.file.root, second.file.root)
  }

  private static func compare(_ first: HDF5Group, _ second: HDF5Group) throws -> [Difference] {
    let (left, right) = (try first.members(), try second.members())
    var differences: [Difference] = []
    for name in Set(left.map(\.name) + right.map(\.name)).sorted() {
      let path = first.path == "/" ? "/\(name)" : "\(first.path)/\(name)"
      let (a, b) = (left.first { $0.name == name }?.member, right.first { $0.name == name }?.member)
      switch (a, b) {
      case (.group, .group): differences += try compare(try first.group(name), try second.group(name))
      case (.dataset, .dataset):
        if let found = try compare(try first.dataset(name), try second.dataset(name), path) {
          differences.append(found)
        }
      case (_, nil): differences.append(note(path, "only in the first"))
      case (nil, _): differences.append(note(path, "only in the second"))
      default: differences.append(note(path, "of different kinds"))
      }
    }
    return differences
  }

  private static func compare(_ a: HDF5Dataset, _ b: HDF5Dataset, _ path: String) throws -> Difference? {
    guard a.shape == b.shape else { return note(path, "shapes \(a.shape) and \(b.shape)") }
    if a.elementClass == .string || b.elementClass == .string {
      return try a.readStrings() == b.readStrings() ? nil : note(path, "differs")
    }
    let (left, right) = (try a.read(as: Double.self), try b.read(as: Double.self))
    var (count, largest, relative) = (0, 0.0, 0.0)
    for (x, y) in zip(left, right) where x.bitPattern != y.bitPattern {
      if x.isNaN && y.isNaN { continue }
      count += 1
      let distance = abs(x - y)
      largest = max(largest, distance.isNaN ? .infinity : distance)
      relative = max(relative, distance.isNaN ? .infinity : distance / max(abs(x), abs(y), .leastNonzeroMagnitude))
    }
    if count == 0 { return nil }
    return Difference(path: path, what: "differs", elements: count, largest: largest, largestRelative: relative)
  }

  private static func note(_ path: String, _ what: String) -> Difference {
    Difference(path: path, what: what, elements: 0, largest: .nan, largestRelative: .nan)
  }
}
