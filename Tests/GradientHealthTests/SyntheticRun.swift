import GradientHealth

/// A history written by hand: a healthy run of dense layers that learns, with what a test changes in it.
struct SyntheticRun {
  var layers = ["first", "second", "third", "output"]
  var steps = 1000
  var stepsPerEpoch = 100
  var everySteps = 1
  var capacity = 4096
  var olderCapacity = 512
  /// Whether figures go up and down by a third from step to step, as those of batches do.
  var batchesDiffer = true
  /// By step, from 1.
  var loss: (Int) -> Double = { 0.2 + 0.5 * 0.997.power($0) }
  var norm: (Int) -> Double = { _ in 1 }
  /// Of the norm, what clipping leaves.
  var clipped: (Int) -> Double = { _ in 1 }
  /// In the loss.
  var penalty: (Int) -> Double = { _ in 0 }
  var learningRate: (Int) -> Double = { _ in 0.001 }
  /// By step and layer.
  var gradientRms: (Int, Int) -> Double = { _, _ in 0.1 }
  var nonfinite: (Int, Int) -> Double = { _, _ in 0 }
  var updateRatio: (Int, Int) -> Double = { _, _ in 1e-3 }
  var weightRms: (Int, Int) -> Double = { _, _ in 0.5 }
  var weightMean: (Int, Int) -> Double = { _, _ in 0 }
  var saturated: (Int, Int) -> Double = { _, _ in .nan }
  var dead: (Int, Int) -> Double = { _, _ in .nan }
  /// Columns along an axis, each with its figures by step.
  var series: [(HistorySeries, (Int) -> [Double])] = []

  var history: GradientHistory {
    var history = GradientHistory(
      layers: layers, series: series.map(\.0), capacity: capacity, olderCapacity: olderCapacity)
    for step in stride(from: 1, through: max(steps, 0), by: everySteps) where steps > 0 {
      let noise = batchesDiffer ? 1 + 0.1 * Double(step % 7 - 3) : 1
      let row = StepColumn.allCases.map { column in
        switch column {
        case .loss, .lossMax: loss(step) * noise
        case .penalty: penalty(step)
        case .learningRate: learningRate(step)
        case .clippedNorm: norm(step) * noise * clipped(step)
        default: norm(step) * noise
        }
      }
      let figures = KernelColumn.allCases.flatMap { column in
        layers.indices.map { layer -> Float in
          switch column {
          case .gradientRms, .gradientStd, .gradientAbsMax, .gradientMax: Float(gradientRms(step, layer) * noise)
          case .gradientMin: Float(-gradientRms(step, layer))
          case .gradientNonfinite: Float(nonfinite(step, layer))
          case .updateRatio: Float(updateRatio(step, layer))
          case .updateRms: Float(weightRms(step, layer) == 0 ? 0 : updateRatio(step, layer) * weightRms(step, layer))
          case .weightRms: Float(weightRms(step, layer))
          case .weightMean: Float(weightMean(step, layer))
          case .saturatedFraction: Float(saturated(step, layer))
          case .deadFraction: Float(dead(step, layer))
          default: 0
          }
        }
      }
      let along = series.flatMap { $0.1(step).map { Float($0) } }
      let place = GradientHistory.RowPlace(
        step: Int64(step), epoch: Int64((step - 1) / stepsPerEpoch), attempt: 0)
      row.withUnsafeBufferPointer { row in
        (figures + along).withUnsafeBufferPointer { history.append(place, steps: row, figures: $0) }
      }
    }
    return history
  }

  func findings(_ layers: [LayerProfile] = [], _ context: DiagnosisContext = DiagnosisContext()) -> [Finding] {
    Diagnosis.examine(history, layers: layers, context: context)
  }

  func finding(
    _ name: Finding.Name, _ layers: [LayerProfile] = [], _ context: DiagnosisContext = DiagnosisContext()
  ) -> Finding? {
    findings(layers, context).first { $0.name == name }
  }
}

extension Double {
  func power(_ exponent: Int) -> Double { (0..<exponent).reduce(1) { result, _ in result * self } }
}
