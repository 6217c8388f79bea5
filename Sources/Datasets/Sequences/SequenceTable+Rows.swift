/// Rows of a series themselves, for what goes on where they end.
extension SequenceTable {
  /// What messages call the data.
  public var place: String { words.place }

  /// The quantities of the last rows of a stream, `[count, valueColumns]`, row-major, as the table has them.
  ///
  /// - Precondition: the stream has as many.
  public func last(_ count: Int, of stream: Stream) -> [Float] {
    precondition(count <= stream.positions.count, "\(count) of \(stream.positions.count) rows")
    return features(of: [stream.positions.upperBound - count..<stream.positions.upperBound])
  }

  /// Of each quantity the target column that holds the same numbers in every row; nil: none does.
  ///
  /// - Precondition: not scaled, and without origins.
  public func targetsByFeature() -> [Int?] {
    let columns = valueColumns
    guard let target else { return Array(repeating: nil, count: columns) }
    let features = features(of: streams.map(\.positions))
    let targets = target.values.floats
    let rows = streams.flatMap(\.positions)
    return (0..<columns).map { column in
      (0..<target.width).first { wanted in
        rows.indices.allSatisfy { features[$0 * columns + column] == targets[rows[$0] * target.width + wanted] }
      }
    }
  }
}
