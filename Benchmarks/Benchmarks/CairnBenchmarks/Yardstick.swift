import Benchmark
import Kernels

/// What figures are reported beside the time, and what they are measured against.
enum Yardstick {
  /// Nanoseconds of one operation; fewer are better.
  static let nanoseconds = BenchmarkMetric.custom("ns an operation", polarity: .prefersSmaller, useScalingFactor: false)
  /// Millions of floating-point operations a second: these figures are whole numbers.
  static let megaflops = BenchmarkMetric.custom("MFLOP/s", polarity: .prefersLarger, useScalingFactor: false)
  /// Share of the speed of bare matrix products of the same shapes, in percent.
  static let share = BenchmarkMetric.custom("% of bare sgemm", polarity: .prefersLarger, useScalingFactor: false)
  /// Millions of bytes a second.
  static let bandwidth = BenchmarkMetric.custom("MB/s", polarity: .prefersLarger, useScalingFactor: false)

  /// One matrix product: `[m, k] [k, n]`, in one of its three orientations.
  struct Product: Sendable {
    enum Kind: String, CaseIterable, Sendable {
      /// x W
      case forward
      /// x^T dy
      case weights
      /// dy W^T
      case inputs
    }

    let kind: Kind
    let rows: Int
    let inputs: Int
    let units: Int

    var operations: Double { 2 * Double(rows) * Double(inputs) * Double(units) }

    /// The product's buffers, filled with something other than zeros, which some processors multiply faster.
    func prepared() -> () -> Void {
      let (x, y, w) = (Memory(rows * inputs), Memory(rows * units), Memory(inputs * units))
      let (rows, inputs, units) = (rows, inputs, units)
      switch kind {
      case .forward:
        return {
          multiplyByOpenBLAS(
            x.vector.matrix(rows: rows, columns: inputs), w.vector.matrix(rows: inputs, columns: units),
            into: y.mutable.matrix(rows: rows, columns: units))
        }
      case .weights:
        return {
          multiplyByOpenBLAS(
            x.vector.matrix(rows: rows, columns: inputs), transposed: true,
            y.vector.matrix(rows: rows, columns: units), into: w.mutable.matrix(rows: inputs, columns: units))
        }
      case .inputs:
        return {
          multiplyByOpenBLAS(
            y.vector.matrix(rows: rows, columns: units), transposed: false,
            w.vector.matrix(rows: inputs, columns: units), transposed: true,
            into: x.mutable.matrix(rows: rows, columns: inputs))
        }
      }
    }
  }

  /// Nanoseconds that OpenBLAS takes for some products, one after another: the median of nine timings.
  static func nanoseconds(_ products: [Product]) -> Double {
    let prepared = products.map { $0.prepared() }
    let operations = products.reduce(0) { $0 + $1.operations }
    let repeats = max(1, Int(2e8 / operations))  // some milliseconds a timing
    let timings = (0..<10).map { _ in
      let began = ContinuousClock.now
      for _ in 0..<repeats { for run in prepared { run() } }
      return began.duration(to: .now) / .nanoseconds(1) / Double(repeats)
    }
    return timings.dropFirst().sorted()[4]
  }
}

/// Floats that live as long as a closure does.
final class Memory {
  private let buffer: AlignedBuffer

  /// Numbers between -1 and 1.
  init(_ count: Int, seed: UInt64 = 1) {
    buffer = AlignedBuffer(count: count)
    var random = RandomStream(seed: seed, stream: UInt64(count))
    for place in 0..<count { buffer.mutable[place] = Float(random.uniform() * 2 - 1) }
  }

  var vector: Vector { buffer.vector }
  var mutable: MutableVector { buffer.mutable }
}

extension Benchmark {
  /// Times `body`, repeated so often that the clock does not matter, and reports nanoseconds, and of what else is known.
  ///
  /// - Parameters:
  ///   - operations: floating-point operations of a call.
  ///   - bytes: bytes that a call reads and writes.
  ///   - products: the matrix products in a call; their share of the time is reported.
  static func add(
    _ name: String, operations: Double? = nil, bytes: Double? = nil, products: [Yardstick.Product] = [],
    _ prepare: @escaping @Sendable () throws -> () -> Void
  ) {
    var metrics: [BenchmarkMetric] = [Yardstick.nanoseconds]
    if operations != nil { metrics.append(Yardstick.megaflops) }
    if bytes != nil { metrics.append(Yardstick.bandwidth) }
    if !products.isEmpty { metrics.append(Yardstick.share) }
    Benchmark(
      name, configuration: .init(metrics: metrics, warmupIterations: 2, maxDuration: .milliseconds(700))
    ) { (benchmark: Benchmark, state: Prepared) in
      let (run, repeats, bare) = (state.run, state.repeats, state.bareNanoseconds)
      let began = ContinuousClock.now
      for _ in 0..<repeats { run() }
      let time = began.duration(to: .now) / .nanoseconds(1) / Double(repeats)
      benchmark.measurement(Yardstick.nanoseconds, Int(time.rounded()))
      if let operations { benchmark.measurement(Yardstick.megaflops, Int(operations / time * 1000)) }
      if let bytes { benchmark.measurement(Yardstick.bandwidth, Int(bytes / time * 1000)) }
      if !products.isEmpty { benchmark.measurement(Yardstick.share, Int((bare / time * 100).rounded())) }
    } setup: {
      let run = try prepare()
      run()
      let began = ContinuousClock.now
      run()
      let once = began.duration(to: .now) / .nanoseconds(1)
      return Prepared(
        run: run, repeats: max(1, Int(2e6 / max(once, 1))),
        bareNanoseconds: products.isEmpty ? 0 : Yardstick.nanoseconds(products))
    }
  }

  struct Prepared {
    let run: () -> Void
    let repeats: Int
    let bareNanoseconds: Double
  }
}
