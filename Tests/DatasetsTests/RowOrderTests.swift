import Testing

@testable import Datasets

/// The orders themselves. A checkpoint holds an epoch's number and not its order: one that came out otherwise in a later
/// version would go on with other batches. The figures come from the definition written once more in Python: SplitMix64's
/// finalizer over (seed, stream, number), Lemire's bounded integers, Fisher and Yates' shuffle.
@Suite struct RowOrderTests {
  private func order(_ count: Int, seed: UInt64, epoch: Int, attempt: Int, plan: WindowPlan? = nil) -> [Int32] {
    var rows = [Int32](repeating: -1, count: count)
    rows.withUnsafeMutableBufferPointer {
      BatchOrder(count: count, seed: seed, shuffle: true, plan: plan).fill($0, epoch: epoch, attempt: attempt)
    }
    return rows
  }

  @Test func ordersStayWhatTheyAre() {
    #expect(order(12, seed: 5, epoch: 0, attempt: 0) == [6, 2, 5, 10, 0, 3, 8, 9, 1, 4, 11, 7])
    #expect(order(12, seed: 5, epoch: 3, attempt: 2) == [4, 8, 11, 6, 1, 10, 0, 7, 2, 9, 3, 5])
    #expect(order(12, seed: .max, epoch: Int(Int32.max), attempt: 1) == [4, 0, 3, 10, 9, 11, 5, 1, 8, 7, 6, 2])
  }

  /// Among a million rows 51 draws are rejected, which keeps the others free of bias.
  @Test func aLongOrderStaysWhatItIs() {
    let rows = order(1 << 20, seed: 7, epoch: 1, attempt: 0)
    #expect(rows.reduce(UInt64(0)) { $0 &* 31 &+ UInt64($1) } == 0x3a5e_3a36_d06d_21d8)
  }

  @Test func orderByWindowsStaysWhatItIs() {
    let plan = WindowPlan(chunkRows: 4, fileRows: 23, selection: nil, windowRows: 8)
    let schedule = BatchOrder(count: 23, seed: 9, shuffle: true, plan: plan).schedule(epoch: 2, attempt: 1)
    #expect(schedule.map(\.chunks) == [[5, 3], [1, 2], [4, 0]])
    #expect(schedule.map(\.positions) == [0..<7, 7..<15, 15..<23])
    #expect(
      order(23, seed: 9, epoch: 2, attempt: 1, plan: plan) == [
        13, 15, 20, 14, 22, 21, 12, 11, 5, 10, 4, 7, 8, 9, 6, 1, 17, 18, 19, 0, 3, 16, 2,
      ])
    #expect(BatchOrder(count: 23, seed: 9, shuffle: true).schedule(epoch: 2, attempt: 1).isEmpty)
  }

  @Test func withoutShufflingAPlanChangesNothing() {
    let plan = WindowPlan(chunkRows: 4, fileRows: 23, selection: nil, windowRows: 8)
    var rows = [Int32](repeating: -1, count: 23)
    rows.withUnsafeMutableBufferPointer {
      BatchOrder(count: 23, seed: 9, shuffle: false, plan: plan).fill($0, epoch: 2, attempt: 1)
    }
    #expect(rows == (0..<23).map { $0 })
  }

  @Test func ordersAreEqualWhereTheirPartsAre() {
    let order = BatchOrder(count: 10, seed: 1, shuffle: true)
    #expect(order == BatchOrder(count: 10, seed: 1, shuffle: true))
    #expect(order != BatchOrder(count: 10, seed: 2, shuffle: true))
    #expect(order != BatchOrder(count: 10, seed: 1, shuffle: false))
  }

  @Test func noRowsAreNoBatches() {
    #expect(BatchOrder.batches(size: 32, count: 0) == 0)
    #expect(BatchOrder.batches(size: 32, count: 1) == 1 && BatchOrder.batches(size: 32, count: 33) == 2)
    #expect(order(0, seed: 1, epoch: 0, attempt: 0).isEmpty)
  }
}
