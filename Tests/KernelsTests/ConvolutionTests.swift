import Kernels
import Testing

/// Images, a kernel and a gradient drawn at random, and what plain loops in Double make of them.
struct ConvolutionCase: Sendable, CustomTestStringConvertible {
  let testDescription: String
  let rows: Convolution.Axis
  let columns: Convolution.Axis
  let channels: Int
  let filters: Int
  let groups: Int
  static let images = 2

  init(
    _ extents: [Int], _ channels: Int, _ filters: Int, kernel: [Int], stride: [Int] = [1, 1], dilation: [Int] = [1, 1],
    groups: Int = 1, same: Bool = true
  ) {
    let axes = (0..<2).map { axis in
      let reach = (kernel[axis] - 1) * dilation[axis] + 1
      let output = same ? (extents[axis] + stride[axis] - 1) / stride[axis] : (extents[axis] - reach) / stride[axis] + 1
      return Convolution.Axis(
        input: extents[axis], output: output, kernel: kernel[axis], stride: stride[axis], dilation: dilation[axis],
        before: same ? max(0, (output - 1) * stride[axis] + reach - extents[axis]) / 2 : 0)
    }
    (rows, columns) = (axes[0], axes[1])
    (self.channels, self.filters, self.groups) = (channels, filters, groups)
    testDescription =
      "\(kernel) of \(extents), \(channels) to \(filters), strides \(stride), dilation \(dilation), \(groups) groups"
  }

  func convolution(exact: Bool) -> Convolution {
    Convolution(rows: rows, columns: columns, channels: channels, filters: filters, groups: groups, exact: exact)
  }

  /// Plain, strided, dilated and grouped; few outputs, few inputs; what is computed by minimal filtering.
  static let all = [
    ConvolutionCase([5, 6], 1, 6, kernel: [5, 5]), ConvolutionCase([6, 5], 3, 16, kernel: [3, 3]),
    ConvolutionCase([7, 9], 5, 3, kernel: [3, 4], same: false), ConvolutionCase([6, 11], 18, 2, kernel: [3, 3]),
    ConvolutionCase([7, 8], 4, 9, kernel: [3, 2], stride: [3, 4]), ConvolutionCase([3, 2], 2, 3, kernel: [5, 4]),
    ConvolutionCase([9, 8], 3, 20, kernel: [2, 3], dilation: [2, 3]),
    ConvolutionCase([5, 4], 6, 9, kernel: [3, 3], groups: 3),
    ConvolutionCase([4, 19], 33, 50, kernel: [1, 1]), ConvolutionCase([1, 17], 4, 7, kernel: [1, 5], stride: [1, 2]),
  ]
  static let minimal = [
    ConvolutionCase([8, 8], 16, 16, kernel: [3, 3]), ConvolutionCase([7, 9], 17, 35, kernel: [3, 3]),
    ConvolutionCase([10, 6], 40, 16, kernel: [3, 3], same: false),
  ]
}

@Suite struct ConvolutionTests {
  @Test(arguments: ConvolutionCase.all + ConvolutionCase.minimal)
  func directSumsAreThoseOfTheLoops(_ subject: ConvolutionCase) { check(subject, exact: true, tolerance: 2e-6) }

  @Test(arguments: ConvolutionCase.minimal)
  func minimalFilteringStaysBelowItsError(_ subject: ConvolutionCase) {
    // Without wide registers sums are direct.
    #expect(subject.convolution(exact: false).isMinimal == NumericKernels.multipliesInPanels)
    check(subject, exact: false, tolerance: 1e-5)
  }

  @Test(arguments: ConvolutionCase.all + ConvolutionCase.minimal, [Float.nan, .infinity])
  func notFiniteComesThrough(_ subject: ConvolutionCase, _ value: Float) {
    for exact in [true, false] {
      let run = Run(subject, exact: exact, first: value)
      #expect(run.y.array.contains { !$0.isFinite } && run.kernelGradient.array.contains { !$0.isFinite })
    }
  }

  func check(_ subject: ConvolutionCase, exact: Bool, tolerance: Double) {
    let run = Run(subject, exact: exact)
    let (y, dx, kernelGradient) = run.expected(subject)
    #expect(error(run.y, y) < tolerance, "\(subject.testDescription): output")
    #expect(error(run.dx, dx) < tolerance, "\(subject.testDescription): gradient of the input")
    #expect(error(run.kernelGradient, kernelGradient) < tolerance, "\(subject.testDescription): gradient of the kernel")
    #expect(run.y.isIntact && run.dx.isIntact && run.kernelGradient.isIntact && run.scratch.isIntact)
  }

  /// Relative, over all elements.
  private func error(_ found: Floats, _ expected: [Double]) -> Double {
    let squares = zip(found.array, expected).reduce((0.0, 0.0)) { sums, pair in
      let distance = Double(pair.0) - pair.1
      return (sums.0 + distance * distance, sums.1 + pair.1 * pair.1)
    }
    return (squares.0 / squares.1).squareRoot()
  }

  /// All three products of a case; what must be written is NaN before.
  private struct Run {
    let x: Floats
    let kernel: Floats
    let dy: Floats
    let y: Floats
    let dx: Floats
    let kernelGradient: Floats
    let scratch: Floats

    init(_ subject: ConvolutionCase, exact: Bool, first: Float? = nil) {
      let convolution = subject.convolution(exact: exact)
      let images = ConvolutionCase.images
      var random = RandomStream(seed: 15, stream: UInt64(subject.channels * 100 + subject.filters))
      func draws(_ count: Int) -> [Float] { (0..<count).map { _ in Float(random.normal()) } }
      func unwritten(_ count: Int) -> Floats { Floats(count: count) { _ in .nan } }
      var values = draws(images * convolution.inputCount)
      // In the middle: the corners of an image may be read by no output at all.
      let middle = (subject.rows.output / 2 * subject.rows.stride) * subject.columns.input * subject.channels
      if let first { values[middle] = first }
      x = Floats(values)
      kernel = Floats(draws(convolution.kernelCount))
      dy = Floats(draws(images * convolution.outputCount))
      y = unwritten(images * convolution.outputCount)
      dx = unwritten(images * convolution.inputCount)
      kernelGradient = unwritten(convolution.kernelCount)
      scratch = unwritten(convolution.scratchCount)
      let packed = unwritten(convolution.packedCount)
      convolution.pack(kernel.vector, for: .forward, into: packed.mutable)
      convolution.forward(images: images, x.vector, packed: packed.vector, into: y.mutable, scratch: scratch.mutable)
      convolution.pack(kernel.vector, for: .back, into: packed.mutable)
      convolution.back(images: images, dy.vector, packed: packed.vector, into: dx.mutable, scratch: scratch.mutable)
      convolution.kernelGradient(
        images: images, x.vector, outputGradient: dy.vector, into: kernelGradient.mutable, scratch: scratch.mutable)
    }

    /// y, dx and the kernel's gradient by the formula.
    func expected(_ subject: ConvolutionCase) -> ([Double], [Double], [Double]) {
      let (rows, columns, depth) = (subject.rows, subject.columns, subject.channels / subject.groups)
      let filters = subject.filters
      var y = Array(repeating: 0.0, count: self.y.count)
      var dx = Array(repeating: 0.0, count: x.count)
      var gradient = Array(repeating: 0.0, count: kernel.count)
      for image in 0..<ConvolutionCase.images {
        for place in 0..<rows.output * columns.output * rows.kernel * columns.kernel {
          let (output, tap) = place.quotientAndRemainder(dividingBy: rows.kernel * columns.kernel)
          let row = output / columns.output * rows.stride + tap / columns.kernel * rows.dilation - rows.before
          let column =
            output % columns.output * columns.stride + tap % columns.kernel * columns.dilation - columns.before
          guard (0..<rows.input).contains(row), (0..<columns.input).contains(column) else { continue }
          for filter in 0..<filters {
            let to = (image * rows.output * columns.output + output) * filters + filter
            let from = ((image * rows.input + row) * columns.input + column) * subject.channels
            for c in 0..<depth {
              let source = from + filter / (filters / subject.groups) * depth + c
              let weight = (tap * depth + c) * filters + filter
              y[to] += Double(x.vector[source]) * Double(kernel.vector[weight])
              dx[source] += Double(dy.vector[to]) * Double(kernel.vector[weight])
              gradient[weight] += Double(x.vector[source]) * Double(dy.vector[to])
            }
          }
        }
      }
      return (y, dx, gradient)
    }
  }
}
