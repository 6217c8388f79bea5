import Benchmark
import Kernels

/// `swift package benchmark --filter "kernels.*"`; groups: kernels, layers, step, storage.
let benchmarks: @Sendable () -> Void = {
  NumericKernels.start()  // OpenBLAS at one thread, as in training
  Benchmark.defaultConfiguration = .init(
    metrics: [.wallClock], warmupIterations: 3, maxDuration: .milliseconds(500), maxIterations: 100_000)
  kernelBenchmarks()
  layerBenchmarks()
  stepBenchmarks()
  storageBenchmarks()
}
