/// Where the windows of a table begin: runs of windows that follow each other at one stride.
struct SequenceWindows: Sendable, Equatable {
  private(set) var count = 0
  let stride: Int
  /// Position of each run's first window, and that window's number.
  private(set) var starts: [Int] = []
  private(set) var numbers: [Int] = []
  /// Numbers that the windows had before some were left out; nil: none was.
  private(set) var kept: [Int32]?

  init(stride: Int) { self.stride = stride }

  /// So many windows, the first of which begins at a position.
  mutating func add(_ windows: Int, from start: Int) {
    if windows == 0 { return }
    starts.append(start)
    numbers.append(count)
    count += windows
  }

  /// The windows for which `isGood` holds, given number and position.
  func filtered(_ isGood: (Int, Int) -> Bool) -> SequenceWindows {
    var made = SequenceWindows(stride: stride)
    var kept: [Int32] = []
    for run in starts.indices {
      let end = run + 1 < numbers.count ? numbers[run + 1] : count
      var first: Int?
      for number in numbers[run]..<end {
        let position = starts[run] + (number - numbers[run]) * stride
        if isGood(number, position) {
          kept.append(self.kept?[number] ?? Int32(number))
          first = first ?? position
        } else if let start = first {
          made.add((position - start) / stride, from: start)
          first = nil
        }
      }
      if let start = first { made.add((starts[run] + (end - numbers[run]) * stride - start) / stride, from: start) }
    }
    made.kept = kept
    return made
  }

  /// Where a window begins.
  ///
  /// - Precondition: `0 <= number < count`.
  func position(of number: Int) -> Int {
    precondition(number >= 0 && number < count, "window \(number) of \(count)")
    var (low, high) = (0, numbers.count - 1)
    // The last run that begins at or before the window.
    while low < high {
      let middle = (low + high + 1) / 2
      if numbers[middle] <= number { low = middle } else { high = middle - 1 }
    }
    return starts[low] + (number - numbers[low]) * stride
  }
}

extension SequenceTable {
  /// The windows as samples, in the order of the streams.
  ///
  /// - Parameters:
  ///   - finiteAlone: whether windows are left out that hold NaN or Inf.
  ///   - skipped: numbers of windows that are left out.
  /// - Throws: `DatasetError` where no window is left, or there are too many.
  public func source(finiteAlone: Bool = false, without skipped: [Int] = []) throws -> SequenceSource {
    var windows = SequenceWindows(stride: stride)
    for stream in streams {
      windows.add(self.windows(of: stream.positions.count), from: stream.positions.lowerBound)
    }
    guard windows.count > 0 else { throw noWindow() }
    guard windows.count <= Int(Int32.max) else {
      throw DatasetError(
        .shape, at: words.place, "too many windows", expected: "at most \(Int32.max)", found: "\(windows.count)",
        remedy: "take a larger stride")
    }
    var warnings = notes
    let short = streams.count { $0.positions.count < reach }
    if short > 0 {
      warnings.append(
        "\(words.place): \(short) of \(streams.count) \(words.streams)\(words.part) are shorter than a window "
          + "(\(reach) \(words.positions)) and give no sample")
    }
    if let outside = skipped.first(where: { $0 >= windows.count }) {
      throw DatasetError(
        .arguments, at: "data.skip_rows", "there is no window \(outside)", expected: "0 to \(windows.count - 1)")
    }
    if !skipped.isEmpty {
      let left = Set(skipped)
      windows = windows.filtered { number, _ in !left.contains(number) }
    }
    if finiteAlone, let bad = BadPositions(self) {
      let all = windows.count
      windows = windows.filtered { !bad.touches(windowAt: $1) }
      if windows.count < all {
        warnings.append("\(words.place): \(all - windows.count) of \(all) windows hold NaN or Inf and are left out")
      }
    }
    guard windows.count > 0 else {
      throw DatasetError(.noRows, at: words.place, "no window\(words.part) is left of those without NaN and Inf")
    }
    return SequenceSource(self, windows, warnings: warnings)
  }

  private func noWindow() -> DatasetError {
    let longest = streams.map(\.positions.count).max() ?? 0
    let ahead = reach - length
    return DatasetError(
      .noRows, at: words.place, "no window fits into the \(words.streams)\(words.part)",
      expected: "at least \(reach) \(words.positions) (\(length)\(ahead > 0 ? " and \(ahead) ahead" : ""))",
      found: "\(longest) in the longest",
      remedy: "take shorter windows\(words.part.isEmpty ? "" : " or another `validation`"), or more data")
  }
}

/// Where values are that are NaN or infinite, counted from the first position on.
private struct BadPositions {
  /// Of each field, bad positions before a position.
  private let fields: [(part: SequencePart, before: [Int32])]

  /// nil: there are none.
  init?(_ table: SequenceTable) {
    fields = (table.inputs + (table.target.map { [$0] } ?? [])).compactMap { part in
      guard case .floats(let values) = part.values, values.contains(where: { !$0.isFinite }) else { return nil }
      var before: [Int32] = [0]
      before.reserveCapacity(values.count / part.width + 1)
      for first in stride(from: 0, to: values.count, by: part.width) {
        let isBad = values[first..<first + part.width].contains { !$0.isFinite }
        before.append(before[before.count - 1] + (isBad ? 1 : 0))
      }
      return (part, before)
    }
    if fields.isEmpty { return nil }
  }

  func touches(windowAt position: Int) -> Bool {
    fields.contains { part, before in
      before[position + part.offset + part.length] > before[position + part.offset]
    }
  }
}
