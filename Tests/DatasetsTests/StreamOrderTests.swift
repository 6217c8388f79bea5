import Datasets
import Testing

@Suite struct StreamOrderTests {
  @Test func aRowGoesOnWhereTheBatchBeforeHasEnded() {
    let order = StreamOrder(count: 11, batch: 3)
    var rows = [Int32](repeating: -1, count: order.steps * 3)
    rows.withUnsafeMutableBufferPointer { order.fill($0) }
    // Streams 0 1 2, 3 4 5 and 6 7 8; rows 9 and 10 are left over.
    #expect(order.steps == 3 && order.left == 2)
    #expect(rows == [0, 3, 6, 1, 4, 7, 2, 5, 8])
    for place in 0..<3 {
      for step in 1..<3 { #expect(rows[step * 3 + place] == rows[(step - 1) * 3 + place] + 1) }
    }
  }

  @Test func oneRowAndAllRows() {
    #expect((0..<4).map { StreamOrder(count: 4, batch: 1).row(0, step: $0) } == [0, 1, 2, 3])
    #expect(StreamOrder(count: 4, batch: 4).steps == 1 && StreamOrder(count: 4, batch: 4).row(3, step: 0) == 3)
  }
}
