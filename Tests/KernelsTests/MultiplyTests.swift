import Foundation
import Testing

@testable import Kernels

@Suite struct MultiplyTests {
  init() { NumericKernels.start() }

  @Test(arguments: [false, true], [false, true])
  func agreesWithDouble(_ aTransposed: Bool, _ bTransposed: Bool) {
    // The narrow ones go to the kernel for small products, in registers that are full, partly filled, and several.
    let shapes = [
      (1, 1, 1), (3, 5, 2), (1, 7, 9), (9, 7, 1), (16, 1, 16), (33, 65, 17), (64, 128, 32), (10, 32, 10), (7, 33, 16),
      (32, 20, 13), (11, 31, 4), (40, 20, 33), (29, 32, 50),
      // And these to panels: full and partly filled, of several lengths, groups of 8, 4, 2 and 1 rows.
      (8, 520, 128), (47, 1030, 64), (13, 515, 131), (33, 700, 100), (64, 129, 515),
    ]
    for (rows, inner, columns) in shapes {
      let a = Floats(draws(rows * inner, stream: 40))
      let b = Floats(draws(inner * columns, stream: 41))
      let before = draws(rows * columns, stream: 42)
      let (aMatrix, bMatrix) = (
        aTransposed ? a.matrix(inner, rows) : a.matrix(rows, inner),
        bTransposed ? b.matrix(columns, inner) : b.matrix(inner, columns)
      )
      var product = [Double](repeating: 0, count: rows * columns)
      for row in 0..<rows {
        for column in 0..<columns {
          for index in 0..<inner {
            product[row * columns + column] +=
              Double(aTransposed ? aMatrix[index, row] : aMatrix[row, index])
              * Double(bTransposed ? bMatrix[column, index] : bMatrix[index, column])
          }
        }
      }
      let c = Floats(count: rows * columns) { _ in .nan }  // overwritten
      multiply(
        aMatrix, transposed: aTransposed, bMatrix, transposed: bTransposed, into: c.mutableMatrix(rows, columns))
      #expect(firstDifference(c.array, product, tolerance: 1e-6, floor: Double(inner)) == nil)
      let sum = Floats(before)
      multiply(
        aMatrix, transposed: aTransposed, bMatrix, transposed: bTransposed, into: sum.mutableMatrix(rows, columns),
        accumulating: true)
      let expected = zip(before, product).map { Double($0) + $1 }
      #expect(firstDifference(sum.array, expected, tolerance: 1e-6, floor: Double(inner)) == nil)
      #expect(c.isIntact && sum.isIntact)
    }
  }

  @Test func emptyExtents() {
    let c = Floats([.nan, .nan])
    let none = Floats([])
    multiply(none.matrix(2, 0), none.matrix(0, 1), into: c.mutableMatrix(2, 1))
    #expect(c.array == [0, 0])
    let kept = Floats([1, 2])
    multiply(none.matrix(2, 0), none.matrix(0, 1), into: kept.mutableMatrix(2, 1), accumulating: true)
    #expect(kept.array == [1, 2])
    multiply(none.matrix(0, 2), kept.matrix(2, 1), into: none.mutableMatrix(0, 1))
    #expect(none.isIntact && kept.isIntact)
  }

  @Test func whatIsNotFiniteComesThrough() {
    for value in [Float.nan, .infinity] {
      for (rows, inner, columns) in [(1, 8, 1), (4, 8, 1), (1, 8, 4), (8, 8, 8), (40, 40, 40)] {
        let a = Floats(count: rows * inner) { _ in 1 }
        let b = Floats(count: inner * columns) { _ in 0 }
        a.mutable[rows * inner - 1] = value
        let c = Floats(count: rows * columns) { _ in 0 }
        multiply(a.matrix(rows, inner), b.matrix(inner, columns), into: c.mutableMatrix(rows, columns))
        #expect(c.array.last?.isNaN == true, "\(value) * 0 in [\(rows), \(inner), \(columns)]")
      }
    }
  }

  @Test func selfTestIsRepeatable() {
    let hash = NumericKernels.selfTestHash()
    #expect(hash.count == 16)
    #expect(UInt64(hash, radix: 16) != nil)
    #expect(hash == NumericKernels.makeHash())
    #expect(NumericKernels.name.split(separator: " ").count == 2)
  }

  /// In a process of its own: OpenBLAS reads the variable when it is loaded, and starts a thread a processor there and then.
  @Test func openBLASHasOneThreadWhateverTheEnvironmentSays() async {
    await #expect(processExitsWith: .success) {
      setenv("OPENBLAS_NUM_THREADS", "8", 1)
      let before = try FileManager.default.contentsOfDirectory(atPath: "/proc/self/task").count
      NumericKernels.start()
      #expect(NumericKernels.openBLASThreads == 1)
      #expect(try FileManager.default.contentsOfDirectory(atPath: "/proc/self/task").count <= before)
      #expect(String(cString: getenv("OPENBLAS_NUM_THREADS")) == "8", "children may be other programs")
    }
  }

  /// With one buffer products wait for each other, and there is no room for another.
  @Test func smallAddressSpaces() async {
    await #expect(processExitsWith: .success) {
      NumericKernels.start()
      try limitAddressSpace(100 << 20)
      #expect(throws: NumericKernelsError.self) { try NumericKernels.start(products: 2) }
    }
    await #expect(processExitsWith: .success) {
      NumericKernels.start()
      try limitAddressSpace(600 << 20)
      try NumericKernels.start(products: 8)
      let hash = NumericKernels.selfTestHash()
      await withTaskGroup(of: String.self) { group in
        for _ in 0..<4 { group.addTask { NumericKernels.makeHash() } }
        for await other in group { #expect(other == hash) }
      }
    }
  }
}

/// To so many bytes more than this process has.
private func limitAddressSpace(_ bytes: Int) throws {
  let status = try String(contentsOfFile: "/proc/self/statm", encoding: .utf8)
  let most = rlim_t((Int(status.split(separator: " ")[0]) ?? 0) * 4096 + bytes)
  var limit = rlimit(rlim_cur: most, rlim_max: most)
  setrlimit(__rlimit_resource_t(RLIMIT_AS.rawValue), &limit)
}
