/// The order in which layers that carry their state from batch to batch see the rows of a long sequence, such as windows of
/// a text that follow each other: row r of a batch goes on where row r of the batch before has ended.
///
/// The rows are cut into as many streams as a batch has rows, each of `count / batch` consecutive rows: row r of step n is
/// `r * (count / batch) + n`. What is left over, fewer rows than a batch has, is not seen. The same in every epoch: nothing is
/// shuffled.
public struct StreamOrder: Sendable, Equatable {
  /// Rows of the source.
  public let count: Int
  /// Rows of a batch.
  public let batch: Int

  /// - Precondition: `0 < batch <= count <= Int32.max`.
  public init(count: Int, batch: Int) {
    precondition(batch > 0 && batch <= count && count <= Int(Int32.max), "batches of \(batch) of \(count) rows")
    self.count = count
    self.batch = batch
  }

  /// Batches of an epoch, all of them whole.
  public var steps: Int { count / batch }
  /// Rows at the end that are not seen.
  public var left: Int { count % batch }

  /// The row at a place of a step.
  public func row(_ place: Int, step: Int) -> Int { place * steps + step }

  /// Writes the row numbers of an epoch, step after step; allocates nothing.
  ///
  /// - Parameter rows: overwritten; exactly `steps * batch`.
  public func fill(_ rows: UnsafeMutableBufferPointer<Int32>) {
    precondition(rows.count == steps * batch, "room for \(rows.count) of \(steps * batch) rows")
    for step in 0..<steps {
      for place in 0..<batch { rows[step * batch + place] = Int32(truncatingIfNeeded: row(place, step: step)) }
    }
  }
}
