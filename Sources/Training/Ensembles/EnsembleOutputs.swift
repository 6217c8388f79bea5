/// What the members of an ensemble put out for each row: mean and standard deviation, without holding every member's.
///
/// By Welford's recurrence in double precision: what comes out follows from the members and their order.
public struct EnsembleOutputs: Sendable {
  public let rows: Int
  /// Outputs of a row.
  public let columns: Int
  /// Members of each row.
  public private(set) var counts: [Int32]
  /// `[rows, columns]`, row-major: probabilities, or values in the unit of the targets' file.
  private(set) var mean: [Double]
  private var squares: [Double]
  /// Means of 1 - probability: where that is small, it says more. Empty: nobody needs them.
  private(set) var complements: [Double]

  init(rows: Int, columns: Int, hasComplements: Bool) {
    (self.rows, self.columns) = (rows, columns)
    counts = Array(repeating: 0, count: rows)
    mean = Array(repeating: 0, count: rows * columns)
    squares = mean
    complements = hasComplements ? mean : []
  }

  /// - Parameter row: its place here.
  mutating func add(_ values: UnsafeBufferPointer<Double>, complements other: UnsafeBufferPointer<Double>, at row: Int)
  {
    counts[row] += 1
    let count = Double(counts[row])
    for column in 0..<columns {
      let place = row * columns + column
      let difference = values[column] - mean[place]
      mean[place] += difference / count
      squares[place] += difference * (values[column] - mean[place])
      if !complements.isEmpty { complements[place] += (other[column] - complements[place]) / count }
    }
  }

  /// `[rows, columns]`, row-major.
  public var means: [Float] { mean.map { Float($0) } }

  /// Sample standard deviations over the members, `[rows, columns]`, row-major; nil: some row has one member only.
  public var deviations: [Float]? {
    guard counts.allSatisfy({ $0 > 1 }) else { return nil }
    return squares.indices.map { Float((squares[$0] / Double(counts[$0 / columns] - 1)).squareRoot()) }
  }

  /// Rows that have another number of members than this.
  public func rows(without count: Int) -> [Int] { counts.indices.filter { Int(counts[$0]) != count } }
}
