internal import DataParallel
internal import GradientHealth
internal import Kernels
internal import NeuralNetwork

/// Turns the tiles' statistics of a step into a row of the history. Allocates nothing per row.
struct HistoryRecorder {
  private(set) var history: GradientHistory
  /// The first trainable weight of every layer that has one (its kernel, or gamma), and all of them.
  private let entries: [(number: Int, count: Int, all: Range<Int>)]
  private let probes: [ActivationProbe]
  private var steps: [Double]
  private var layers: [Float]

  init(network: Network, configuration: HistoryConfiguration) {
    var entries: [(number: Int, count: Int, all: Range<Int>)] = []
    var names: [String] = []
    for (number, entry) in network.layout.trainable.enumerated() {
      if names.last == entry.layerName {
        entries[entries.count - 1].all = entries[entries.count - 1].number..<number + 1
      } else {
        names.append(entry.layerName)
        entries.append((number, entry.spec.count, number..<number + 1))
      }
    }
    self.entries = entries
    probes = network.probes
    history = GradientHistory(layers: names, capacity: configuration.rows)
    steps = Array(repeating: 0, count: StepColumn.allCases.count)
    layers = Array(repeating: 0, count: history.layerWidth)
  }

  /// Goes on from the rows of a checkpoint.
  mutating func restore(_ history: GradientHistory) { self.history = history }

  /// Adds the row of the step that `step` has just run.
  mutating func record(_ place: GradientHistory.RowPlace, step: TrainingStep) {
    let outcome = step.outcome
    for column in StepColumn.allCases {
      steps[column.rawValue] =
        switch column {
        case .loss, .lossMax: outcome.objective
        case .penalty: outcome.penalty
        case .learningRate: outcome.learningRate
        case .gradientNorm, .gradientNormMax: outcome.gradientNorm
        case .clippedNorm: outcome.clippedNorm
        }
    }
    for layer in entries.indices { fill(layer, step: step) }
    for probe in probes {
      let start = probe.layer * LayerColumn.allCases.count
      let column = probe.kind == .rectifying ? LayerColumn.deadFraction : .saturatedFraction
      layers[start + column.rawValue] = Float(step.fraction(of: probe))
    }
    steps.withUnsafeBufferPointer { steps in
      layers.withUnsafeBufferPointer { layers in history.append(place, steps: steps, layers: layers) }
    }
  }

  private mutating func fill(_ layer: Int, step: TrainingStep) {
    let entry = entries[layer]
    let count = Double(entry.count)
    var gradient = TileStatistics()
    var update = UpdateStatistics()
    var nonfinite = 0.0
    for number in entry.all {
      for tile in step.tiling.entryTiles[number] { nonfinite += Double(step.tileStatistics[tile].nonfinite) }
    }
    for tile in step.tiling.entryTiles[entry.number] {
      gradient.combine(step.tileStatistics[tile])
      update.combine(step.updateStatistics[tile])
    }
    let mean = gradient.sum / count
    let meanSquare = gradient.squareSum / count
    let variance = meanSquare - mean * mean
    let start = layer * LayerColumn.allCases.count
    func set(_ column: LayerColumn, _ value: Double) { layers[start + column.rawValue] = Float(value) }
    set(.gradientMean, mean)
    set(.gradientStd, variance < 0 ? 0 : variance.squareRoot())
    set(.gradientRms, meanSquare.squareRoot())
    set(.gradientMin, Double(gradient.minimum))
    set(.gradientMax, Double(gradient.maximum))
    set(.gradientAbsMax, Double(gradient.magnitude))
    set(.gradientZeroFraction, Double(gradient.zeros) / count)
    set(.weightMean, update.weightSum / count)
    set(.weightRms, (update.weightSquareSum / count).squareRoot())
    set(.gradientNonfinite, nonfinite)
    let updateSquare = step.outcome.isHealthy ? update.updateSquareSum : 0
    set(.updateRms, (updateSquare / count).squareRoot())
    set(.updateRatio, (updateSquare / update.weightSquareSum).squareRoot())
    set(.saturatedFraction, .nan)
    set(.deadFraction, .nan)
  }
}

extension TileStatistics {
  /// Adds the tile that follows.
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
