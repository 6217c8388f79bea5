internal import Kernels

/// Orthonormal rows drawn at random, in time that large kernels can wait for: Gram-Schmidt in blocks of rows, whose products
/// with the rows before are matrix products.
///
/// [Saxe et al.: Exact solutions to the nonlinear dynamics of learning in deep linear neural networks, 2014; twice is enough:
/// Giraud et al., 2005.] Rows are orthonormal to some 1e-6.
struct OrthonormalDraw: ~Copyable {
  private static let block = 64

  private let rows: MutableMatrix
  private let products: AlignedBuffer
  private let projection: AlignedBuffer

  /// Overwrites `weight`, of extents `shape`: all axes but the last as one, the shorter side's vectors orthonormal.
  static func fill(_ weight: MutableVector, shape: [Int], random: inout RandomStream) {
    let columns = shape.last ?? 1
    let others = weight.count / max(columns, 1)
    let (count, length) = (min(others, columns), max(others, columns))
    guard count > 0 else { return }
    if columns == length {
      draw(weight.matrix(rows: count, columns: length), &random)
      return
    }
    let turned = AlignedBuffer(count: count * length)
    draw(turned.mutable.matrix(rows: count, columns: length), &random)
    for row in 0..<length {
      for column in 0..<count { weight[row * columns + column] = turned.mutable[column * length + row] }
    }
  }

  private static func draw(_ rows: MutableMatrix, _ random: inout RandomStream) {
    for index in 0..<rows.count { rows.base[index] = Float(random.normal()) }
    let draw = OrthonormalDraw(
      rows: rows, products: AlignedBuffer(count: block * rows.rows),
      projection: AlignedBuffer(count: block * rows.columns))
    var start = 0
    while start < rows.rows {
      let end = min(start + block, rows.rows)
      for _ in 0..<2 {
        if start > 0 { draw.project(start..<end) }
        for row in start..<end { draw.finish(row, after: start) }
      }
      start = end
    }
  }

  private func part(_ range: Range<Int>) -> MutableMatrix {
    MutableMatrix(
      base: rows.base + range.lowerBound * rows.columns, rows: range.count, columns: rows.columns)
  }

  /// Takes from each row of a block what lies along the rows before the block.
  private func project(_ range: Range<Int>) {
    let (before, block) = (part(0..<range.lowerBound), part(range))
    let along = products.mutable.matrix(rows: range.count, columns: range.lowerBound)
    let sum = projection.mutable.matrix(rows: range.count, columns: rows.columns)
    multiply(block.readOnly, transposed: false, before.readOnly, transposed: true, into: along)
    multiply(along.readOnly, before.readOnly, into: sum)
    for index in 0..<block.count { block.base[index] -= sum.base[index] }
  }

  /// The same along the rows of its block, sums in double; then makes its length 1.
  private func finish(_ row: Int, after start: Int) {
    let own = rows.base + row * rows.columns
    for other in start..<row {
      let along = rows.base + other * rows.columns
      let share = Float(OrthonormalDraw.dot(own, along, rows.columns))
      for index in 0..<rows.columns { own[index] -= share * along[index] }
    }
    let length = OrthonormalDraw.dot(own, own, rows.columns).squareRoot()
    let scale = length > 0 ? Float(1 / length) : 0
    for index in 0..<rows.columns { own[index] *= scale }
  }

  private static func dot(_ x: UnsafePointer<Float>, _ y: UnsafePointer<Float>, _ count: Int) -> Double {
    var sums = SIMD4<Double>.zero
    let whole = count / 4 * 4
    for index in stride(from: 0, to: whole, by: 4) {
      sums +=
        SIMD4(Double(x[index]), Double(x[index + 1]), Double(x[index + 2]), Double(x[index + 3]))
        * SIMD4(Double(y[index]), Double(y[index + 1]), Double(y[index + 2]), Double(y[index + 3]))
    }
    var sum = (sums[0] + sums[1]) + (sums[2] + sums[3])
    for index in whole..<count { sum += Double(x[index]) * Double(y[index]) }
    return sum
  }
}
