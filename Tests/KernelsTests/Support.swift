import Kernels

/// Lengths around the widths of registers, of a few registers, and of a tile.
let lengths = [0, 1, 3, 15, 16, 17, 63, 64, 65, 2048, 2049]

/// Floats with guard zones around them, where a kernel must not write. Never freed: a test may take a view of a
/// temporary.
struct Floats: @unchecked Sendable {
  // Unchecked: a test hands them to one kernel at a time.
  private static let guardValue: Float = -98765.5
  private let all: MutableVector
  private let start: Int
  let count: Int

  /// `offset` floats off a 64-byte boundary.
  init(_ values: [Float], offset: Int = 0) {
    count = values.count
    start = 16 + offset
    let capacity = start + count + 32
    let raw = UnsafeMutableRawPointer.allocate(byteCount: capacity * 4, alignment: 64)
    all = MutableVector(base: raw.bindMemory(to: Float.self, capacity: capacity), count: capacity)
    all.base.initialize(repeating: Floats.guardValue, count: capacity)
    mutable.copy(from: values)
  }

  init(count: Int, _ value: (Int) -> Float) { self.init((0..<count).map(value)) }

  var mutable: MutableVector { all[start..<(start + count)] }
  var vector: Vector { mutable.readOnly }
  var array: [Float] { vector.array }
  var bits: [UInt32] { array.map(\.bitPattern) }

  func matrix(_ rows: Int, _ columns: Int) -> Matrix { vector.matrix(rows: rows, columns: columns) }
  func mutableMatrix(_ rows: Int, _ columns: Int) -> MutableMatrix { mutable.matrix(rows: rows, columns: columns) }

  /// Whether nothing was written around the floats.
  var isIntact: Bool {
    let around = [0..<start, (start + count)..<all.count]
    return around.allSatisfy { $0.allSatisfy { all[$0] == Floats.guardValue } }
  }
}

/// Draws for tests, the same in each run.
func draws(_ count: Int, stream: UInt64, scale: Float = 1) -> [Float] {
  var random = RandomStream(seed: 20_240_607, stream: stream)
  return (0..<count).map { _ in Float(random.normal()) * scale }
}

/// The distance in units in the last place of a float of `expected`'s size; 0 for NaN where NaN is expected.
func ulps(_ actual: Float, _ expected: Double) -> Double {
  if expected.isNaN || actual.isNaN { return expected.isNaN && actual.isNaN ? 0 : .infinity }
  let rounded = Float(expected)
  if rounded.isInfinite || actual.isInfinite { return rounded == actual ? 0 : .infinity }
  if expected == 0 && actual == 0 { return expected.sign == actual.sign ? 0 : .infinity }
  let exponent = expected == 0 ? -126 : max(expected.exponent, -126)
  return abs(Double(actual) - expected) / Double(sign: .plus, exponent: exponent - 23, significand: 1)
}

/// Whether two numbers agree to `tolerance` of `scale` (of the expected one, if not given); NaN agrees with NaN.
func close(_ actual: Double, _ expected: Double, _ tolerance: Double, scale: Double? = nil) -> Bool {
  if expected.isNaN || actual.isNaN { return expected.isNaN && actual.isNaN }
  if expected.isInfinite { return actual == expected }
  return abs(actual - expected) <= tolerance * max(scale ?? abs(expected), 1e-300)
}

/// The first index where the floats are not within `tolerance`, relative to the larger of `floor` and what is expected.
func firstDifference(_ actual: [Float], _ expected: [Double], tolerance: Double, floor: Double = 1e-30) -> Int? {
  precondition(actual.count == expected.count)
  return actual.indices.first { index in
    !close(Double(actual[index]), expected[index], tolerance, scale: max(abs(expected[index]), floor))
  }
}
