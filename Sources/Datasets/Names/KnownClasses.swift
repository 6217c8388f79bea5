/// The classes of a training run, by which the rows of another file are numbered.
///
/// - A class that has a name in both is the class of that name, compared byte by byte; where all names of the run are whole
///   numbers (`-1`, `+1`), their values are compared.
/// - Whole numbers without names are the run's class numbers, unless the run's names are whole numbers too: then they are
///   the names. Where both could be meant and differ, they are refused.
struct KnownClasses: Sendable {
  /// By number; empty: the run's classes have no names.
  let names: [String]
  private let numbers: [ExactText: Int]
  /// Class numbers by what the names say, where all of them are whole numbers.
  private let values: [Int: Int]?

  /// Whether a class is called by a text that is no number.
  var haveText: Bool { !names.isEmpty && values == nil }

  init(_ names: [String]) {
    self.names = names
    numbers = names.firstPlaces
    let values = names.compactMap { Int($0) }
    let isNumeric = !names.isEmpty && values.count == names.count && Set(values).count == names.count
    self.values = isNumeric ? [Int: Int](uniqueKeysWithValues: zip(values, 0...)) : nil
  }

  /// The run's number for each class of a file; nil: the run has no such class.
  ///
  /// - Parameters:
  ///   - found: the file's names of its classes; empty: it has none.
  ///   - areText: whether the file's rows hold the names, and not numbers with the names beside them.
  /// - Throws: `DatasetError` `labels` where a name stands twice, so that it is no class.
  func numbers(of found: [String], count: Int, areText: Bool, at place: String) throws -> [Int?] {
    if found.isExactly(names) { return Array(0..<count) }
    if found.isEmpty {
      guard let values, values.contains(where: { $0 != $1 }) else { return Array(0..<count) }
      return (0..<count).map { values[$0] }
    }
    if names.isEmpty {
      if areText { return found.map { _ in nil } }
      // Numbers are what both have; a name that is another number contradicts them.
      return found.enumerated().map { number, name in Int(name).map { $0 == number } ?? true ? number : nil }
    }
    guard found.firstPlaces.count == found.count, numbers.count == names.count else {
      throw DatasetError(
        .labels, at: place, "a class's name stands twice, so classes cannot be told apart by name",
        expected: names.listed, found: found.listed)
    }
    return found.map { name in numbers[ExactText(name)] ?? values.flatMap { values in Int(name).flatMap { values[$0] } }
    }
  }

  /// Whether a file's numbers are the run's, and its names as good as the run's. Classes without names keep their count: the
  /// network's outputs are the limit.
  func agree(with found: [String], _ mapping: [Int?]) -> Bool {
    let isIdentity = mapping.enumerated().allSatisfy { $0 == $1 }
    return isIdentity && (names.isEmpty || found.isEmpty || found.isExactly(names))
  }

  /// - Parameter used: classes of the file that its rows have.
  /// - Throws: `DatasetError` `labels` where whole numbers may be names or numbers of classes.
  func requireClear(_ mapping: [Int?], found: [String], used: [Bool], at place: String) throws {
    guard found.isEmpty, !names.isEmpty else { return }
    let rows = mapping.indices.filter { used[$0] }
    let differs = rows.contains { mapping[$0] != $0 }
    if differs, rows.allSatisfy({ mapping[$0] != nil && $0 < names.count }) {
      throw DatasetError(
        .labels, at: place, "whole numbers may be the names or the numbers of the run's classes, \(names.listed)",
        remedy: "store the names beside them: text in CSV, the attribute `classes` in HDF5")
    }
  }

  func unknown(_ name: String, at place: String) -> DatasetError {
    if names.isEmpty {
      return DatasetError(
        .labels, at: place, "class `\(name)` is not among the training run's, which are whole numbers without names",
        expected: "whole numbers from 0")
    }
    return DatasetError(
      .labels, at: place, "class `\(name)` is not among \(names.listed)", remedy: names.hint(for: name))
  }
}

extension InMemorySource {
  /// The same samples with their classes numbered as the training run's.
  ///
  /// - Parameters:
  ///   - known: the run's names by number; empty: they have none; nil: there is no run.
  ///   - areText: whether the source's rows hold names of classes, and not numbers with the names beside them.
  ///   - place: of the row whose class, called so, is not among them.
  /// - Throws: `DatasetError` `labels`.
  func numbered(
    by known: [String]?, areText: Bool, at source: String, place: (_ row: Int, _ name: String) throws -> String
  ) throws -> InMemorySource {
    guard let known, case .classes(let count, let found) = targetKind else { return self }
    let classes = KnownClasses(known)
    let mapping = try classes.numbers(of: found, count: count, areText: areText, at: source)
    var used = [Bool](repeating: false, count: count)
    for (row, target) in targets.enumerated() where target.isFinite && !used[Int(target)] {
      let number = Int(target)
      used[number] = true
      if mapping[number] == nil {
        let name = found.isEmpty ? "\(number)" : found[number]
        throw classes.unknown(name, at: try place(row, name))
      }
    }
    try classes.requireClear(mapping, found: found, used: used, at: source)
    if classes.agree(with: found, mapping) { return self }
    return replacing(
      targets: targets.map { $0.isFinite ? Float(mapping[Int($0)] ?? 0) : $0 },
      .classes(count: known.count, names: known))
  }
}

extension InMemorySource {
  /// The same samples with their classes in an order that is given, or of numbers in the order of their values.
  ///
  /// - Parameters:
  ///   - order: names of the classes by number; empty: none is given.
  ///   - place: of the first row with a class of that name.
  /// - Throws: `DatasetError` `labels` where a class is not among those given.
  func ordered(by order: [String], place: (String) throws -> String) throws -> InMemorySource {
    guard case .classes(_, let found) = targetKind, !found.isEmpty else { return self }
    var names = order
    if order.isEmpty {
      let values = found.compactMap(Double.init)
      guard values.count == found.count else { return self }
      names = zip(values, found).sorted { $0.0 < $1.0 }.map(\.1)
    }
    let places = names.firstPlaces
    guard places.count == names.count else {
      throw DatasetError(
        .labels, at: "data.columns", "a class stands twice in `order`", found: names.listed, remedy: "name each once")
    }
    let numbers = try found.map { name in
      if let number = places[ExactText(name)] { return Float(number) }
      throw DatasetError(
        .labels, at: try place(name), "class `\(name)` is not among those of `order`", expected: names.listed,
        remedy: names.hint(for: name))
    }
    return replacing(
      targets: targets.map { $0.isNaN ? $0 : numbers[Int($0)] }, .classes(count: names.count, names: names))
  }
}
