internal import DataParallel
internal import Kernels
internal import NeuralNetwork

/// The product of a layer with weights: `[rows, inner] [inner, columns]`, with so many rows a sample.
struct LayerProduct {
  let rowsPerSample: Int
  let inner: Int
  let columns: Int
  /// Whether a gradient of its input is wanted.
  let isFirst: Bool

  /// Of a network's kernels, which end with inputs and outputs. Of a layer with several, such as a recurrent one, each is
  /// taken for a product with all positions; a head that is tied to a table has the table's.
  static func all(of network: Network) -> [LayerProduct] {
    network.places.indices.flatMap { number -> [LayerProduct] in
      let place = network.places[number]
      guard place.layer.traits.role == .kernel, place.multiplications > 0 else { return [] }
      let isFirst = place.inputs.allSatisfy { if case .input = $0 { true } else { false } }
      func product(_ shape: [Int], rows: Int) -> LayerProduct {
        LayerProduct(
          rowsPerSample: rows, inner: shape.dropLast().reduce(1, *), columns: shape[shape.count - 1], isFirst: isFirst)
      }
      let kernels = network.layout.entries(ofLayer: number).map(\.spec).filter {
        $0.shape.count > 1 && $0.name.hasSuffix("kernel")
      }
      switch kernels.count {
      case 0:
        let shape = [place.input.features, place.output.features]
        return [product(shape, rows: place.multiplications / (shape[0] * shape[1]))]
      case 1: return [product(kernels[0].shape, rows: place.multiplications / kernels[0].count)]
      default: return kernels.map { product($0.shape, rows: place.input.count / place.input.features) }
      }
    }
  }

  /// Rows that are multiplied at once, and how often: where a sample has many, one sample's, so that they stay in a cache.
  func rows(samples: Int) -> Int { rowsPerSample > 16 ? rowsPerSample : samples * rowsPerSample }
  func repeats(samples: Int) -> Int { rowsPerSample > 16 ? samples : 1 }

  /// Floating-point operations for a sample, forward and both ways back.
  var operations: Double { Double((isFirst ? 4 : 6) * rowsPerSample) * Double(inner) * Double(columns) }
}

/// The matrix products of one step and nothing else, by OpenBLAS, the same workers on the same shard shapes.
final class BareProducts: TeamWork, @unchecked Sendable {
  // Unchecked: each worker uses its own buffers.
  private let layers: [LayerProduct]
  private let plan: ShardPlan
  private let batch: Int
  private let team: WorkerTeam
  private let buffers: UnsafeMutableBufferPointer<Buffers?>
  private var repeats = 0

  private final class Buffers {
    let x: AlignedBuffer
    let y: AlignedBuffer
    let weights: AlignedBuffer
    let gradient: AlignedBuffer

    init(rows: Int, layers: [LayerProduct]) {
      func most(_ size: (LayerProduct) -> Int) -> Int { layers.map(size).max() ?? 1 }
      x = AlignedBuffer(count: most { $0.rows(samples: rows) * $0.inner })
      y = AlignedBuffer(count: most { $0.rows(samples: rows) * $0.columns })
      weights = AlignedBuffer(count: most { $0.inner * $0.columns })
      gradient = AlignedBuffer(count: most { $0.inner * $0.columns })
      // Not zeros: some processors multiply those faster.
      for buffer in [x.mutable, y.mutable, weights.mutable] { buffer.fill(0.01) }
    }
  }

  init(_ layers: [LayerProduct], batch: Int, shards: Int, workers: Int) throws {
    self.layers = layers
    self.batch = batch
    plan = ShardPlan(shards: shards, workers: workers)
    team = try WorkerTeam(count: workers)
    buffers = .allocate(capacity: workers)
    buffers.initialize(repeating: nil)
  }

  deinit {
    team.end()
    buffers.deinitialize().deallocate()
  }

  func secondsPerStep(repeats: Int) throws -> Double {
    self.repeats = repeats
    try team.run(self)  // warm up
    let timings = try (0..<5).map { _ in
      let began = ContinuousClock.now
      try team.run(self)
      return began.duration(to: .now) / .seconds(1) / Double(repeats)
    }
    return median(timings)
  }

  func run(worker: Int) throws {
    let memory = buffers[worker] ?? Buffers(rows: plan.largest(batch: batch), layers: layers)
    buffers[worker] = memory
    for _ in 0..<repeats {
      for shard in plan.shards(ofWorker: worker) {
        products(rows: plan.rows(ofShard: shard, batch: batch).count, memory)
      }
    }
  }

  private func products(rows: Int, _ memory: Buffers) {
    guard rows > 0 else { return }
    for layer in layers {
      let (count, inputs, units) = (layer.rows(samples: rows), layer.inner, layer.columns)
      let x = memory.x.mutable.matrix(rows: count, columns: inputs)
      let y = memory.y.mutable.matrix(rows: count, columns: units)
      let weights = memory.weights.vector.matrix(rows: inputs, columns: units)
      let gradient = memory.gradient.mutable.matrix(rows: inputs, columns: units)
      for _ in 0..<layer.repeats(samples: rows) {
        multiplyByOpenBLAS(x.readOnly, weights, into: y)
        multiplyByOpenBLAS(x.readOnly, transposed: true, y.readOnly, into: gradient)
        if !layer.isFirst { multiplyByOpenBLAS(y.readOnly, transposed: false, weights, transposed: true, into: x) }
      }
    }
  }
}
