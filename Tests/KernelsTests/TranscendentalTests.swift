import Foundation
import Kernels
import Testing

/// A function under test: the kernel, its Double reference, and the error it may have.
struct Transcendental: Sendable, CustomTestStringConvertible {
  let testDescription: String
  let kernel: @Sendable (Vector, MutableVector) -> Void
  let reference: @Sendable (Double) -> Double
  let limit: Double

  static let all = [
    Transcendental(
      testDescription: "exp", kernel: { Elementwise.exp($0, into: $1) }, reference: { exp($0) }, limit: 1.2),
    Transcendental(
      testDescription: "tanh", kernel: { Elementwise.tanh($0, into: $1) }, reference: { tanh($0) }, limit: 1.5),
    Transcendental(
      testDescription: "sigmoid", kernel: { Elementwise.sigmoid($0, into: $1) }, reference: sigmoid, limit: 2),
    Transcendental(
      testDescription: "erf", kernel: { Elementwise.erf($0, into: $1) }, reference: { erf($0) }, limit: 1.3),
    Transcendental(
      testDescription: "softplus", kernel: { Elementwise.softplus($0, into: $1) }, reference: softplus, limit: 2.8),
  ]

  /// The largest error over every `stride`-th bit pattern there is: all exponents, both signs, denormals, Inf and NaN.
  func largestError(stride: UInt64) -> (ulps: Double, at: Float) {
    let block = 4096
    let x = AlignedBuffer(count: block)
    let y = AlignedBuffer(count: block)
    var worst = (ulps: 0.0, at: Float(0))
    var pattern: UInt64 = 0
    while pattern < 1 << 32 {
      var filled = 0
      while filled < block && pattern < 1 << 32 {
        x.mutable.base[filled] = Float(bitPattern: UInt32(pattern))
        filled += 1
        pattern += stride
      }
      kernel(x.vector[0..<filled], y.mutable[0..<filled])
      for index in 0..<filled {
        let input = x.mutable.base[index]
        let error = KernelsTests.ulps(y.mutable.base[index], reference(Double(input)))
        if error > worst.ulps { worst = (error, input) }
      }
    }
    return worst
  }
}

func sigmoid(_ x: Double) -> Double {
  let e = exp(-abs(x))
  return x >= 0 ? 1 / (1 + e) : e / (1 + e)
}

func softplus(_ x: Double) -> Double { (x < 0 ? 0 : x) + log1p(exp(-abs(x))) }

@Suite struct TranscendentalTests {
  @Test(arguments: Transcendental.all)
  func agreesWithDoubleOverTheWholeRange(_ function: Transcendental) {
    let worst = function.largestError(stride: 1021)
    #expect(worst.ulps <= function.limit, "\(worst.ulps) ulp at \(worst.at)")
  }

  @Test(arguments: Transcendental.all)
  func isRightAtTheEdges(_ function: Transcendental) {
    let edges: [Float] = [
      0, -0.0, .infinity, -.infinity, .nan, -.nan, .leastNonzeroMagnitude, -.leastNonzeroMagnitude,
      .leastNormalMagnitude, .greatestFiniteMagnitude, -.greatestFiniteMagnitude, 88.72283, 88.72284, 88.3762626,
      -87.33654, -87.33655, -103.97207, -103.97208, -103.5, 89, -104, 104, 0.625, 0.921875, 9.01, 17.4, -17.4, 1, -1,
    ]
    let x = Floats(edges)
    let y = Floats(edges)
    function.kernel(x.vector, y.mutable)
    for (input, output) in zip(edges, y.array) {
      let error = ulps(output, function.reference(Double(input)))
      #expect(error <= function.limit, "\(function.testDescription)(\(input)) = \(output)")
    }
    #expect(y.isIntact)
  }

  @Test(arguments: Transcendental.all)
  func giveTheSameBitsWhereverTheElementStands(_ function: Transcendental) {
    let values = draws(67, stream: 1, scale: 3)
    let x = Floats(values)
    let whole = Floats(values)
    function.kernel(x.vector, whole.mutable)
    for cut in 0...67 {
      let parts = Floats(values, offset: 3)
      function.kernel(x.vector[0..<cut], parts.mutable[0..<cut])
      function.kernel(x.vector[cut..<67], parts.mutable[cut..<67])
      #expect(parts.bits == whole.bits, "cut at \(cut)")
      #expect(parts.isIntact)
    }
  }
}
