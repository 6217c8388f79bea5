internal import Glibc

/// A line of block characters: the course of a figure in one row of a terminal.
enum Sparkline {
  private static let blocks: [Character] = ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"]

  /// - Parameters:
  ///   - points: places (steps) in order, and values. The greatest of those that share a column counts, so that no peak
  ///     is lost; a column of nothing but NaN and Inf is `×`.
  ///   - width: columns.
  /// - Returns: the line, and whether its scale is logarithmic: where all values are positive and the largest is more than
  ///   50 times the smallest.
  static func line(_ points: [(place: Double, value: Double)], width: Int) -> (text: String, isLogarithmic: Bool) {
    guard width > 0, let first = points.first?.place, let last = points.last?.place else { return ("", false) }
    var columns = [Double?](repeating: nil, count: width)
    for (place, value) in points {
      let column = last > first ? min(width - 1, Int((place - first) / (last - first) * Double(width))) : 0
      guard let before = columns[column], before.isFinite else {
        columns[column] = value
        continue
      }
      if value.isFinite { columns[column] = max(before, value) }
    }
    // Fewer points than columns: a value stands until the next.
    for column in columns.indices.dropFirst() where columns[column] == nil { columns[column] = columns[column - 1] }
    let finite = columns.compactMap { $0 }.filter(\.isFinite)
    guard let least = finite.min(), let greatest = finite.max() else {
      return (String(repeating: "×", count: width), false)
    }
    let isLogarithmic = least > 0 && greatest / least > 50
    func scaled(_ value: Double) -> Double { isLogarithmic ? log(value) : value }
    let (low, range) = (scaled(least), scaled(greatest) - scaled(least))
    let text = columns.map { value -> Character in
      guard let value, value.isFinite else { return "×" }
      return blocks[range > 0 ? min(7, Int((scaled(value) - low) / range * 8)) : 0]
    }
    return (String(text), isLogarithmic)
  }
}
