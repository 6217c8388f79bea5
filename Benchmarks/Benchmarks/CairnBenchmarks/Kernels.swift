import Benchmark
import Kernels

/// Passes over memory, and the bare products that everything is measured against.
func kernelBenchmarks() {
  for (rows, inputs, units) in [(64, 784, 512), (256, 2048, 2048), (32, 10, 10)] {
    for kind in Yardstick.Product.Kind.allCases {
      let product = Yardstick.Product(kind: kind, rows: rows, inputs: inputs, units: units)
      Benchmark.add("kernels: sgemm \(kind.rawValue) \(rows)x\(inputs)x\(units)", operations: product.operations) {
        product.prepared()
      }
    }
  }

  let count = 1 << 16
  let tile = Double(count * 4)
  Benchmark.add("kernels: gradient's sum, scale and statistics, 65536", bytes: 2 * tile) {
    let gradient = Memory(count)
    return { _ = Reductions.finishGradient(gradient.mutable, scale: 1.0001, weights: nil, l1: 0, l2: 0) }
  }
  Benchmark.add("kernels: Adam, 65536", bytes: 6 * tile) {
    let (update, momentum, velocity) = (Memory(count), Memory(count), Memory(count))
    Elementwise.multiply(velocity.vector, velocity.vector, into: velocity.mutable)
    return {
      Updates.scaleByAdam(
        update.mutable, momentum: momentum.mutable, velocity: velocity.mutable, velocityHat: nil, beta1: 0.9,
        beta2: 0.999, epsilon: 1e-7, correction: 1)
    }
  }
  Benchmark.add("kernels: update of the weights with statistics, 65536", bytes: 3 * tile) {
    let (update, weights) = (Memory(count), Memory(count, seed: 2))
    Elementwise.scale(update.mutable, by: 1e-6)
    return { _ = Updates.apply(update.vector, to: weights.mutable, statistics: true) }
  }
  for (name, function) in [("exp", Elementwise.exp), ("tanh", Elementwise.tanh), ("sigmoid", Elementwise.sigmoid)] {
    Benchmark.add("kernels: \(name), 65536", bytes: 2 * tile) {
      let (x, y) = (Memory(count), Memory(count))
      return { function(x.vector, y.mutable) }
    }
  }
  Benchmark.add("kernels: bias and relu 64x512", bytes: 2 * 64 * 512 * 4) {
    let (output, bias) = (Memory(64 * 512), Memory(512))
    return {
      Elementwise.biasActivation(
        .relu, parameter: 0, bias: bias.vector, preactivation: nil,
        output: output.mutable.matrix(rows: 64, columns: 512))
    }
  }
  Benchmark.add("kernels: softmax 64x10", bytes: 2 * 64 * 10 * 4) {
    let (x, y) = (Memory(640), Memory(640))
    return {
      Elementwise.softmax(x.vector.matrix(rows: 64, columns: 10), into: y.mutable.matrix(rows: 64, columns: 10))
    }
  }
}
