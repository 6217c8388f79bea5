import Kernels
import Testing

/// Floats between guard zones, where nothing may be written. Never freed: a test may take a view of a temporary.
struct Floats: @unchecked Sendable {
  // Unchecked: a test hands them to one layer at a time.
  private static let guardValue: Float = -98765.5
  private let all: MutableVector
  private let start = 16
  let count: Int

  init(_ values: [Float]) {
    count = values.count
    let capacity = AlignedBuffer.padded(count) + 48
    let raw = UnsafeMutableRawPointer.allocate(byteCount: capacity * 4, alignment: 64)
    all = MutableVector(base: raw.bindMemory(to: Float.self, capacity: capacity), count: capacity)
    all.base.initialize(repeating: Floats.guardValue, count: capacity)
    mutable.copy(from: values)
  }

  init(repeating value: Float, count: Int) { self.init(Array(repeating: value, count: count)) }

  var mutable: MutableVector { all[start..<(start + count)] }
  var vector: Vector { mutable.readOnly }
  var array: [Float] { vector.array }

  func matrix(_ rows: Int, _ columns: Int) -> Matrix { vector.matrix(rows: rows, columns: columns) }
  func mutableMatrix(_ rows: Int, _ columns: Int) -> MutableMatrix { mutable.matrix(rows: rows, columns: columns) }

  /// Whether nothing was written around the floats.
  var isIntact: Bool {
    let around = [0..<start, (start + count)..<all.count]
    return around.allSatisfy { $0.allSatisfy { all[$0] == Floats.guardValue } }
  }
}

/// Normal draws, the same in each run.
func draws(_ count: Int, stream: UInt64, scale: Double = 1) -> [Float] {
  var random = RandomStream(seed: 20_250_117, stream: stream)
  return (0..<count).map { _ in Float(random.normal() * scale) }
}

/// Uniform draws, the same in each run.
func draws(_ count: Int, stream: UInt64, in range: ClosedRange<Double>) -> [Float] {
  var random = RandomStream(seed: 20_250_118, stream: stream)
  return (0..<count).map { _ in
    Float(range.lowerBound + (range.upperBound - range.lowerBound) * random.uniform())
  }
}

func doubles(_ values: [Float]) -> [Double] { values.map(Double.init) }

/// The first index where `actual` is not `expected` to `tolerance` of the larger of itself and the typical element;
/// 0 if the counts differ.
func firstDifference(_ actual: [Float], _ expected: [Double], tolerance: Double) -> Int? {
  guard actual.count == expected.count else { return 0 }
  let square = expected.reduce(0) { $0 + $1 * $1 } / Double(max(expected.count, 1))
  let floor = max(square.squareRoot(), 1e-12)
  return actual.indices.first { index in
    !(abs(Double(actual[index]) - expected[index]) <= tolerance * max(abs(expected[index]), floor))
  }
}

/// Central differences of `function` at `point`.
///
/// - Parameter places: elements to move; nil: all.
func differences(at point: [Double], places: [Int]? = nil, of function: ([Double]) -> Double) -> [Double] {
  var moved = point
  return (places ?? Array(point.indices)).map { index in
    let step = 1e-6 * max(1, abs(point[index]))
    moved[index] = point[index] + step
    let above = function(moved)
    moved[index] = point[index] - step
    let below = function(moved)
    moved[index] = point[index]
    return (above - below) / (2 * step)
  }
}

/// All of `count` elements, or 48 of many, spread over them.
func sampledPlaces(of count: Int) -> [Int] {
  guard count > 128 else { return Array(0..<count) }
  return (0..<48).map { $0 * count / 48 + $0 * 7 % (count / 48) }
}

/// `actual` is `expected`, with the place of the first difference if not.
func expectClose(
  _ actual: [Float], _ expected: [Double], tolerance: Double, _ what: String,
  sourceLocation: SourceLocation = #_sourceLocation
) {
  guard let index = firstDifference(actual, expected, tolerance: tolerance) else { return }
  guard actual.count == expected.count else {
    Issue.record("\(what): \(actual.count) values, expected \(expected.count)", sourceLocation: sourceLocation)
    return
  }
  Issue.record(
    "\(what)[\(index)] of \(actual.count): \(actual[index]), expected \(expected[index])",
    sourceLocation: sourceLocation)
}
