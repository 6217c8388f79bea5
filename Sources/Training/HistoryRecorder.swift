internal import CKernels
internal import DataParallel
internal import GradientHealth
internal import Kernels
internal import NeuralNetwork

/// Turns the tiles' statistics of a step into a row of the history. Allocates nothing per row.
struct HistoryRecorder: ~Copyable {
  private let kernels: [HistoryKernel]
  private let probes: [ActivationProbe]
  private let measured: [MeasuredPlace]
  /// The kernel that has a probe's figure: the first of its layer.
  private let probed: [Int]
  private var steps: [Double]
  private let figures: AlignedBuffer

  /// A history without rows, of the network's kernels.
  static func emptyHistory(of network: Network, _ configuration: HistoryConfiguration) -> GradientHistory {
    GradientHistory(
      layers: HistoryKernel.all(of: network.layout).map(\.name),
      series: HistoryRecorder.measured(in: network).map {
        HistorySeries(
          SeriesColumn($0.measurement.figure), layer: $0.name, positions: $0.measurement.positions.map(Int64.init))
      }, capacity: configuration.rows)
  }

  /// The layers' measurements in the order of the history's columns, in which files have them: figure by figure.
  private static func measured(in network: Network) -> [MeasuredPlace] {
    SeriesColumn.allCases.flatMap { column in
      network.measured.filter { SeriesColumn($0.measurement.figure) == column }
    }
  }

  /// - Parameter history: what rows will be added to; of the network's kernels.
  init(network: Network, history: GradientHistory) {
    kernels = HistoryKernel.all(of: network.layout)
    probes = network.probes
    measured = HistoryRecorder.measured(in: network)
    let layers = kernels.map(\.layer)
    probed = probes.map { probe in layers.firstIndex(of: probe.layer) ?? 0 }
    steps = Array(repeating: 0, count: StepColumn.allCases.count)
    let width = kernels.count * KernelColumn.allCases.count + measured.reduce(0) { $0 + $1.range.count }
    precondition(history.rowWidth == width, "a history of \(history.rowWidth) figures a row for \(width)")
    figures = AlignedBuffer(count: width)
  }

  /// Adds the row of the step that `step` has just run to `history`.
  mutating func record(_ place: GradientHistory.RowPlace, step: TrainingStep, in history: inout GradientHistory) {
    steps.withUnsafeMutableBufferPointer { steps in
      step.outcome.visit { column, value in steps[column.rawValue] = value }
    }
    for kernel in kernels.indices { fill(kernel, step: step) }
    for (number, probe) in probes.enumerated() {
      set(probe.kind == .rectifying ? .deadFraction : .saturatedFraction, probed[number], step.fraction(of: probe))
    }
    var start = kernels.count * KernelColumn.allCases.count
    for place in measured {
      step.combine(place, into: figures.mutable.base + start)
      start += place.range.count
    }
    steps.withUnsafeBufferPointer { steps in
      history.append(
        place, steps: steps, figures: UnsafeBufferPointer(start: figures.vector.base, count: figures.count))
    }
  }

  private func set(_ column: KernelColumn, _ kernel: Int, _ value: Double) {
    figures.mutable[column.rawValue * kernels.count + kernel] = Float(value)
  }

  private func fill(_ number: Int, step: TrainingStep) {
    let kernel = kernels[number]
    var gradient = TileStatistics()
    var update = UpdateStatistics()
    var nonfinite = 0.0
    for tile in kernel.all { nonfinite += Double(step.tileStatistics[tile].nonfinite) }
    for tile in kernel.tiles {
      gradient.combine(step.tileStatistics[tile])
      update.combine(step.updateStatistics[tile])
    }
    let mean = gradient.sum / kernel.count
    let meanSquare = gradient.squareSum / kernel.count
    let variance = meanSquare - mean * mean
    let updateSquare = step.outcome.isHealthy ? update.updateSquareSum : 0
    var (rms, deviation) = (meanSquare, variance < 0 ? 0 : variance)
    cairn_square_roots(&rms, &deviation)
    var (weightRms, updateRms) = (update.weightSquareSum / kernel.count, updateSquare / kernel.count)
    cairn_square_roots(&weightRms, &updateRms)
    set(.gradientMean, number, mean)
    set(.gradientStd, number, deviation)
    set(.gradientRms, number, rms)
    set(.gradientMin, number, Double(gradient.minimum))
    set(.gradientMax, number, Double(gradient.maximum))
    set(.gradientAbsMax, number, Double(gradient.magnitude))
    set(.gradientZeroFraction, number, Double(gradient.zeros) / kernel.count)
    set(.gradientNonfinite, number, nonfinite)
    set(.weightMean, number, update.weightSum / kernel.count)
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

extension SeriesColumn {
  init(_ figure: Measurement.Figure) {
    self =
      switch figure {
      case .throughTime: .throughTime
      case .gateSaturation: .gateSaturation
      case .largestLogit: .largestLogit
      case .attentionEntropy: .attentionEntropy
      }
  }
}
