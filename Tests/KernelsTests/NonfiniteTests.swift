import Kernels
import Testing

/// A kernel with everything but its main input fixed, for a test that puts NaN and Inf into each position.
struct Passage: Sendable, CustomTestStringConvertible {
  let testDescription: String
  /// What comes out for the given main input; all of it is searched for NaN and Inf.
  let outputs: @Sendable ([Float]) -> [[Float]]
  /// Whether Inf and -Inf must come out non-finite, too: not where the function has a limit there.
  var infinityPasses = true

  private static func unary(_ name: String, _ kernel: @escaping @Sendable (Vector, MutableVector) -> Void) -> Passage {
    Passage(
      testDescription: name,
      outputs: { input in
        let x = Floats(input)
        let y = Floats(count: input.count) { _ in 0 }
        kernel(x.vector, y.mutable)
        return [y.array]
      }, infinityPasses: false)
  }

  /// `other` makes a second operand: 0.5 everywhere.
  private static func inPlace(
    _ name: String, infinityPasses: Bool = true, _ kernel: @escaping @Sendable (Floats, (Float) -> Floats) -> [Floats]
  ) -> Passage {
    Passage(
      testDescription: name,
      outputs: { input in
        let x = Floats(input)
        return kernel(x, { value in Floats(count: input.count) { _ in value } }).map(\.array) + [x.array]
      }, infinityPasses: infinityPasses)
  }

  static let all: [Passage] =
    [
      unary("exp") { Elementwise.exp($0, into: $1) },
      unary("tanh") { Elementwise.tanh($0, into: $1) },
      unary("sigmoid") { Elementwise.sigmoid($0, into: $1) },
      unary("erf") { Elementwise.erf($0, into: $1) },
      unary("softplus") { Elementwise.softplus($0, into: $1) },
      inPlace("add") { x, other in
        let y = other(0.5)
        Elementwise.add(x.vector, to: y.mutable)
        return [y]
      },
      inPlace("add scaled by 0") { x, other in
        let y = other(0.5)
        Elementwise.add(x.vector, scaledBy: 0, to: y.mutable)
        return [y]
      },
      inPlace("scale by 0") { x, _ in
        Elementwise.scale(x.mutable, by: 0)
        return []
      },
      inPlace("multiply by 0") { x, other in
        let y = other(0)
        Elementwise.multiply(x.vector, y.vector, into: y.mutable)
        return [y]
      },
      inPlace("column sums") { x, other in
        let sums = other(0)
        Elementwise.addColumnSums(of: x.matrix(1, x.count), to: sums.mutable)
        return [sums]
      },
      inPlace("softmax", infinityPasses: false) { x, _ in
        Elementwise.softmax(x.matrix(1, x.count), into: x.mutableMatrix(1, x.count))
        return []
      },
      inPlace("softmax backward") { x, other in
        Elementwise.softmaxBackward(
          outputGradient: x.matrix(1, x.count), output: other(0.1).matrix(1, x.count), into: x.mutableMatrix(1, x.count)
        )
        return []
      },
      inPlace("log softmax", infinityPasses: false) { x, _ in
        Elementwise.logSoftmax(x.matrix(1, x.count), into: x.mutableMatrix(1, x.count))
        return []
      },
      inPlace("log softmax backward") { x, other in
        Elementwise.logSoftmaxBackward(
          outputGradient: x.matrix(1, x.count), output: other(0.1).matrix(1, x.count), into: x.mutableMatrix(1, x.count)
        )
        return []
      },
      inPlace("finish gradient") { x, other in
        _ = Reductions.finishGradient(x.mutable, scale: 0, weights: other(0).vector, l1: 0.1, l2: 0.1)
        return []
      },
      inPlace("copy scaled") { x, other in
        let u = other(0)
        Updates.copy(x.vector, scaledBy: 0, into: u.mutable)
        return [u]
      },
      inPlace("copy clipped", infinityPasses: false) { x, other in
        let u = other(0)
        Updates.copy(x.vector, clippedTo: 1, into: u.mutable)
        return [u]
      },
      inPlace("trace") { x, other in
        Updates.trace(x.mutable, momentum: other(0.5).mutable, mu: 0.9, nesterov: true)
        return []
      },
      inPlace("rms") { x, other in
        Updates.scaleByRMS(x.mutable, velocity: other(0.5).mutable, average: nil, rho: 0.9, epsilon: 1e-7)
        return []
      },
      inPlace("rms, centered") { x, other in
        Updates.scaleByRMS(
          x.mutable, velocity: other(0.5).mutable, average: other(0.1).mutable, rho: 0.9, epsilon: 1e-7)
        return []
      },
      inPlace("adagrad") { x, other in
        Updates.scaleByAdagrad(x.mutable, accumulator: other(0.5).mutable, epsilon: 1e-7)
        return []
      },
      inPlace("adam") { x, other in
        Updates.scaleByAdam(
          x.mutable, momentum: other(0.5).mutable, velocity: other(0.5).mutable, velocityHat: nil, beta1: 0.9,
          beta2: 0.999, epsilon: 1e-7, correction: 1)
        return []
      },
      inPlace("adam, velocity", infinityPasses: false) { x, other in
        let u = other(0.5)
        Updates.scaleByAdam(
          u.mutable, momentum: other(0.5).mutable, velocity: x.mutable, velocityHat: other(0.5).mutable, beta1: 0.9,
          beta2: 0.999, epsilon: 1e-7, correction: 1)
        return [u]
      },
      inPlace("adam, largest velocity", infinityPasses: false) { x, other in
        let u = other(0.5)
        Updates.scaleByAdam(
          u.mutable, momentum: other(0.5).mutable, velocity: other(0.5).mutable, velocityHat: x.mutable, beta1: 0.9,
          beta2: 0.999, epsilon: 1e-7, correction: 1)
        return [u]
      },
      inPlace("nadam") { x, other in
        Updates.scaleByNadam(
          x.mutable, momentum: other(0.5).mutable, velocity: other(0.5).mutable, beta1: 0.9, beta2: 0.999,
          epsilon: 1e-7, momentumFactor: 1, gradientFactor: 1, varianceFactor: 1)
        return []
      },
      inPlace("lion", infinityPasses: false) { x, other in
        Updates.scaleByLion(x.mutable, momentum: other(0.5).mutable, beta1: 0.9, beta2: 0.99)
        return []
      },
      inPlace("apply") { x, other in
        let w = other(0.5)
        _ = Updates.apply(x.vector, to: w.mutable, statistics: true)
        return [w]
      },
    ]
    + ActivationKernel.allCases.map { kernel in
      inPlace("activation \(kernel)", infinityPasses: false) { x, _ in
        Elementwise.biasActivation(
          kernel, parameter: 0.3, bias: nil, preactivation: nil, output: x.mutableMatrix(1, x.count))
        return []
      }
    }
    // The worst place for a gradient to go through: where the slope is 0.
    + ActivationKernel.allCases.flatMap { kernel in
      [Float(0), 1, -60].map { z in
        inPlace("backward \(kernel) at \(z)") { x, other in
          let input = other(z)
          let output = other(z)
          let shape = (1, x.count)
          Elementwise.biasActivation(
            kernel, parameter: 0.3, bias: nil, preactivation: nil, output: output.mutableMatrix(shape.0, shape.1))
          Elementwise.activationBackward(
            kernel, parameter: 0.3, outputGradient: x.matrix(1, x.count), output: output.matrix(1, x.count),
            preactivation: input.matrix(1, x.count), into: x.mutableMatrix(1, x.count))
          return []
        }
      }
    }
}

@Suite struct NonfiniteTests {
  @Test(arguments: Passage.all)
  func passes(_ passage: Passage) {
    for count in [1, 15, 17, 70] {
      #expect(passage.outputs([Float](repeating: 0.25, count: count)).joined().allSatisfy { $0.isFinite })
      for position in [0, count / 2, count - 1] {
        var input = [Float](repeating: 0.25, count: count)
        input[position] = .nan
        // Where the kernel works in place the input itself is among the outputs: each of them must show it.
        #expect(passage.outputs(input).allSatisfy { $0.contains { $0.isNaN } }, "NaN at \(position) of \(count)")
        guard passage.infinityPasses else { continue }
        for infinity in [Float.infinity, -.infinity] {
          input[position] = infinity
          #expect(
            passage.outputs(input).allSatisfy { $0.contains { !$0.isFinite } }, "\(infinity) at \(position) of \(count)"
          )
        }
      }
    }
  }
}
