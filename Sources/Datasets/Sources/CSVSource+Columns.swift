/// Which columns of a CSV file are the features, which the targets.
extension CSVSource {
  /// Columns of the targets, in the order in which the run has them. Features alone need no targets: what is not there is
  /// left out.
  func targetIndices(names: [String], width: Int, _ options: ReadOptions) throws -> [Int] {
    if options.featuresAlone {
      // A file without header that has the features alone.
      if !header, width == options.featureCount { return [] }
      return targets.compactMap { try? index(of: $0, names: names, width: width) }
    }
    return try inRunsOrder(targets, options.targetNames).map { try index(of: $0, names: names, width: width) }
  }

  /// Columns that the run calls by the same names, in the run's order; others as they are.
  private func inRunsOrder(_ targets: [CSVColumn], _ known: [String]?) -> [CSVColumn] {
    guard let known, known.count == targets.count else { return targets }
    let given = Set(
      targets.compactMap { target -> ExactText? in
        if case .name(let name) = target { ExactText(name) } else { nil }
      })
    return given == Set(known.map { ExactText($0) }) ? known.map { .name($0) } : targets
  }

  /// The column of the weights; nil: there is none. Features alone need none.
  func weightIndex(names: [String], width: Int, targets: [Int], _ options: ReadOptions) throws -> Int? {
    guard let weights else { return nil }
    if options.featuresAlone { return nil }
    let found = try index(of: weights, names: names, width: width)
    if targets.contains(found) {
      throw DatasetError(
        .arguments, at: path, "column \(weights) is a target and the weights", remedy: "leave it out of one")
    }
    return found
  }

  /// Columns that are neither features nor targets: the weights', those of groups. A file without header that has the
  /// features alone has none of them.
  private func othersIndices(names: [String], width: Int, _ options: ReadOptions) -> [Int] {
    if options.featuresAlone, !header, width == options.featureCount { return [] }
    return (ignored + (weights.map { [$0] } ?? [])).compactMap { try? index(of: $0, names: names, width: width) }
  }

  /// Columns of the features: those of the training run in its order, those that are named, or all that are no targets; with
  /// windows, whose targets come later, all but the one of the groups.
  func featureIndices(
    names: [String], width: Int, targets: [Int], by: Int?, _ options: ReadOptions
  ) throws -> [Int] {
    let isMatched = options.featuresAlone && header && options.featureNames?.isEmpty == false
    var others = (0..<width).filter { isMatched || windows != nil ? $0 != by : !targets.contains($0) }
    // Features that are found by name need not be told from others.
    let left = isMatched ? [] : othersIndices(names: names, width: width, options)
    others.removeAll { left.contains($0) }
    if !features.isEmpty {
      others = try features.map { try index(of: $0, names: names, width: width) }
      if let twice = others.indices.first(where: { others[..<$0].contains(others[$0]) }) {
        throw DatasetError(.arguments, at: path, "the feature column \(features[twice]) is named twice")
      }
      if windows == nil, let both = others.indices.first(where: { targets.contains(others[$0]) }) {
        throw DatasetError(
          .arguments, at: path, "column \(features[both]) is a feature and a target", remedy: "leave it out of one")
      }
      if let both = others.indices.first(where: { left.contains(others[$0]) }) {
        throw DatasetError(
          .arguments, at: path, "column \(features[both]) is a feature, and holds the weights or the groups",
          remedy: "leave it out of `features`")
      }
    }
    return try ColumnMatch(known: options.featureNames, found: names, candidates: others, at: path).columns ?? others
  }

  /// file:line:column of the first target that is this text, among the rows asked for.
  func place(ofTarget text: String) throws -> String {
    try withReader { reader in
      var reader = reader
      guard try reader.next() else { return path }
      let names = header ? try reader.cells.map { try reader.text($0).trimmingBlanks } : []
      guard let target = targets.first else { return path }
      let column = try index(of: target, names: names, width: reader.cells.count)
      var count = 0
      var more = header ? try reader.next() : true
      while more {
        let isAsked = count >= rows.from ?? 0 && count < rows.to ?? .max
        if isAsked, reader.cells.indices.contains(column),
          ExactText(try reader.text(reader.cells[column])) == ExactText(text)
        {
          return reader.place(reader.cells[column])
        }
        count += 1
        more = try reader.next()
      }
      return path
    }
  }
}
