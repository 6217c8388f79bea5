/// Smallest, largest, mean and sum of squared differences from it, of every column, portion by portion.
struct ColumnFigures {
  private let columns: Int
  private(set) var rows = 0
  private(set) var low: [Float]
  private(set) var high: [Float]
  private(set) var mean: [Double]
  private(set) var squares: [Double]

  init(columns: Int) {
    self.columns = columns
    low = [Float](repeating: .infinity, count: columns)
    high = [Float](repeating: -.infinity, count: columns)
    mean = [Double](repeating: 0, count: columns)
    squares = mean
  }

  /// Takes in rows of a portion, `[..., columns]`, all finite.
  mutating func add(_ values: UnsafePointer<Float>, rows portion: some Collection<Int>) {
    if portion.isEmpty { return }
    let (before, added) = (Double(rows), Double(portion.count))
    var sums = [Double](repeating: 0, count: columns)
    for row in portion {
      for column in 0..<columns {
        let value = values[row * columns + column]
        low[column] = min(low[column], value)
        high[column] = max(high[column], value)
        sums[column] += Double(value)
      }
    }
    let means = sums.map { $0 / added }
    var differences = [Double](repeating: 0, count: columns)
    for row in portion {
      for column in 0..<columns {
        let difference = Double(values[row * columns + column]) - means[column]
        differences[column] += difference * difference
      }
    }
    rows += portion.count
    for column in 0..<columns {
      let step = means[column] - mean[column]
      squares[column] += differences[column] + step * step * before * added / (before + added)
      mean[column] += step * added / (before + added)
    }
  }
}
