import Kernels
import Testing

/// Views of some columns and rows of a matrix.
@Suite struct StrideTests {
  init() { NumericKernels.start() }

  @Test func columnsAndRowsAreViews() {
    let all = Floats(draws(6 * 10, stream: 60))
    let matrix = all.matrix(6, 10)
    let view = matrix.rows(1..<5).columns(3..<7)
    #expect(view.rows == 4 && view.columns == 4 && view.stride == 10 && !view.isPacked)
    #expect(matrix.isPacked && matrix.rows(2..<4).isPacked && matrix.rows(2..<3).columns(1..<4).isPacked)
    for row in 0..<4 {
      #expect(view.row(row).array == (0..<4).map { matrix[row + 1, $0 + 3] })
      #expect(view[row, 2] == matrix[row + 1, 5])
    }
    #expect(view.prefix(rows: 2).stride == 10)
  }

  /// Products of views are those of what they show, and nothing beside them is written.
  @Test(arguments: [false, true], [false, true])
  func productsOfViews(_ aTransposed: Bool, _ bTransposed: Bool) {
    for (rows, inner, columns) in [(3, 4, 5), (33, 65, 17), (16, 130, 520)] {
      let (aRows, aColumns) = aTransposed ? (inner, rows) : (rows, inner)
      let (bRows, bColumns) = bTransposed ? (columns, inner) : (inner, columns)
      let a = Floats(draws(aRows * (aColumns + 5), stream: 61)).matrix(aRows, aColumns + 5).columns(2..<aColumns + 2)
      let b = Floats(draws(bRows * (bColumns + 3), stream: 62)).matrix(bRows, bColumns + 3).columns(3..<bColumns + 3)
      let target = Floats(count: rows * (columns + 4)) { _ in -7 }
      let c = target.mutableMatrix(rows, columns + 4).columns(1..<columns + 1)
      multiply(a, transposed: aTransposed, b, transposed: bTransposed, into: c)
      var expected = [Double](repeating: 0, count: rows * columns)
      for row in 0..<rows {
        for column in 0..<columns {
          for index in 0..<inner {
            expected[row * columns + column] +=
              Double(aTransposed ? a[index, row] : a[row, index])
              * Double(bTransposed ? b[column, index] : b[index, column])
          }
        }
      }
      let found = (0..<rows).flatMap { c.readOnly.row($0).array }
      #expect(firstDifference(found, expected, tolerance: 1e-6, floor: Double(inner)) == nil)
      let whole = target.matrix(rows, columns + 4)
      for row in 0..<rows {
        #expect(([0] + ((columns + 1)..<(columns + 4))).allSatisfy { whole[row, $0] == -7 })
      }
    }
  }
}
