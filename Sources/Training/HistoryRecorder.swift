internal import CKernels
internal import DataParallel
internal import GradientHealth
internal import Kernels
internal import NeuralNetwork

/// Turns the tiles' statistics of a step into a row of the history. Allocates nothing per row.
struct HistoryRecorder: ~Copyable {
  private(set) var history: GradientHistory
  /// The layers with trainable weights.
  private let layers: [Layer]
  private let probes: [ActivationProbe]
  private var steps: [Double]
  private let figures: AlignedBuffer

  /// The tiles of a layer's first trainable weight (its kernel, or gamma), how many floats it has, and all tiles.
  private struct Layer {
    let tiles: Range<Int>
    let count: Double
    var all: Range<Int>
  }

  init(network: Network, configuration: HistoryConfiguration) {
    let tiling = Tiling(entries: network.layout.trainable.map(\.range))
    var layers: [Layer] = []
    var names: [String] = []
    for (entry, tiles) in zip(network.layout.trainable, tiling.entryTiles) {
      if names.last == entry.layerName {
        layers[layers.count - 1].all = layers[layers.count - 1].all.lowerBound..<tiles.upperBound
      } else {
        names.append(entry.layerName)
        layers.append(Layer(tiles: tiles, count: Double(entry.spec.count), all: tiles))
      }
    }
    self.layers = layers
    probes = network.probes
    history = GradientHistory(layers: names, capacity: configuration.rows)
    steps = Array(repeating: 0, count: StepColumn.allCases.count)
    figures = AlignedBuffer(count: history.layerWidth)
  }

  /// Goes on from the rows of a checkpoint.
  mutating func restore(_ history: GradientHistory) { self.history = history }

  /// Adds the row of the step that `step` has just run.
  mutating func record(_ place: GradientHistory.RowPlace, step: TrainingStep) {
    steps.withUnsafeMutableBufferPointer { steps in
      func set(_ column: StepColumn, _ value: Double) { steps[column.rawValue] = value }
      set(.loss, step.outcome.objective)
      set(.lossMax, step.outcome.objective)
      set(.penalty, step.outcome.penalty)
      set(.learningRate, step.outcome.learningRate)
      set(.gradientNorm, step.outcome.gradientNorm)
      set(.gradientNormMax, step.outcome.gradientNorm)
      set(.clippedNorm, step.outcome.clippedNorm)
    }
    for layer in layers.indices { fill(layer, step: step) }
    for probe in probes {
      set(probe.kind == .rectifying ? .deadFraction : .saturatedFraction, probe.layer, step.fraction(of: probe))
    }
    steps.withUnsafeBufferPointer { steps in
      history.append(place, steps: steps, layers: UnsafeBufferPointer(start: figures.vector.base, count: figures.count))
    }
  }

  private func set(_ column: LayerColumn, _ layer: Int, _ value: Double) {
    figures.mutable[column.rawValue * layers.count + layer] = Float(value)
  }

  private func fill(_ number: Int, step: TrainingStep) {
    let layer = layers[number]
    var gradient = TileStatistics()
    var update = UpdateStatistics()
    var nonfinite = 0.0
    for tile in layer.all { nonfinite += Double(step.tileStatistics[tile].nonfinite) }
    for tile in layer.tiles {
      gradient.combine(step.tileStatistics[tile])
      update.combine(step.updateStatistics[tile])
    }
    let mean = gradient.sum / layer.count
    let meanSquare = gradient.squareSum / layer.count
    let variance = meanSquare - mean * mean
    let updateSquare = step.outcome.isHealthy ? update.updateSquareSum : 0
    var (rms, deviation) = (meanSquare, variance < 0 ? 0 : variance)
    cairn_square_roots(&rms, &deviation)
    var (weightRms, updateRms) = (update.weightSquareSum / layer.count, updateSquare / layer.count)
    cairn_square_roots(&weightRms, &updateRms)
    set(.gradientMean, number, mean)
    set(.gradientStd, number, deviation)
    set(.gradientRms, number, rms)
    set(.gradientMin, number, Double(gradient.minimum))
    set(.gradientMax, number, Double(gradient.maximum))
    set(.gradientAbsMax, number, Double(gradient.magnitude))
    set(.gradientZeroFraction, number, Double(gradient.zeros) / layer.count)
    set(.gradientNonfinite, number, nonfinite)
    set(.weightMean, number, update.weightSum / layer.count)
    set(.weightRms, number, weightRms)
    set(.updateRms, number, updateRms)
    set(.updateRatio, number, (updateSquare / update.weightSquareSum).squareRoot())
    set(.saturatedFraction, number, .nan)
    set(.deadFraction, number, .nan)
  }
}

extension TileStatistics {
  /// Adds the tile that follows.
  @inline(__always)
  mutating func combine(_ next: TileStatistics) {
    sum += next.sum
    squareSum += next.squareSum
    penalty += next.penalty
    minimum = minimum.isNaN || next.minimum.isNaN ? .nan : min(minimum, next.minimum)
    maximum = maximum.isNaN || next.maximum.isNaN ? .nan : max(maximum, next.maximum)
    magnitude = magnitude.isNaN || next.magnitude.isNaN ? .nan : max(magnitude, next.magnitude)
    zeros += next.zeros
    nonfinite += next.nonfinite
  }
}

extension UpdateStatistics {
  mutating func combine(_ next: UpdateStatistics) {
    updateSquareSum += next.updateSquareSum
    weightSum += next.weightSum
    weightSquareSum += next.weightSquareSum
  }
}
