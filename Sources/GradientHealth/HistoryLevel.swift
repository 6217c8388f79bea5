/// A ring of rows: where they stand in the arrays.
struct HistoryLevel: Sendable {
  let first: Int
  let capacity: Int
  private(set) var count = 0
  private var start = 0

  init(first: Int, capacity: Int) {
    self.first = first
    self.capacity = capacity
  }

  var isFull: Bool { count == capacity }

  /// Where the row number `row`, counted from the oldest, stands.
  func place(_ row: Int) -> Int { first + wrapped(start + row) }

  private func wrapped(_ at: Int) -> Int { at < capacity ? at : at - capacity }

  /// Makes room for one row at the end and returns where it stands.
  mutating func reserve() -> Int {
    count += 1
    return place(count - 1)
  }

  mutating func dropFirst(_ rows: Int) {
    start = wrapped(start + rows)
    count -= rows
  }
}
