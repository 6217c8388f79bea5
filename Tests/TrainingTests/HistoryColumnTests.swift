import GradientHealth
import NeuralNetwork
import Testing

@testable import Training

/// What the recorder makes of a step and of a network's weights.
@Suite struct HistoryColumnTests {
  /// A column that is forgotten would keep the figure of a step before.
  @Test func everyStepColumnIsFilledOnce() {
    var outcome = StepOutcome()
    outcome.objective = 1
    var filled: [StepColumn] = []
    outcome.visit { column, _ in filled.append(column) }
    #expect(filled == StepColumn.allCases)
  }

  @Test func aLayersOnlyKernelIsCalledByTheLayer() throws {
    let network = try Network(
      input: Shape([3]),
      layers: [Dense(units: 4), BatchNormalization(), Activation(.relu), Dense(units: 2)], loss: MeanSquaredError())
    let kernels = HistoryKernel.all(of: network.layout)
    #expect(kernels.map(\.name) == ["dense", "batch_normalization", "dense_1"])
    #expect(kernels.map(\.count) == [12, 4, 8] && kernels.map(\.layer) == [0, 1, 2])
    // The bias, and beta, belong to what stands before them.
    #expect(kernels.map(\.tiles.count) == [1, 1, 1] && kernels.map(\.all.count) == [2, 2, 2])
  }

  /// A file has the layers' figures one after the other, each of all layers. In another order a run that goes on would
  /// write one figure over another's.
  @Test func figuresOfLayersStandInTheFilesOrder() throws {
    let network = try Network(
      input: Shape([4, 3]),
      layers: [
        MultiHeadAttention(numHeads: 2, keyDim: 2), MultiHeadAttention(numHeads: 3, keyDim: 2), Dense(units: 2),
      ], loss: MeanSquaredError())
    let series = HistoryRecorder.emptyHistory(of: network, HistoryConfiguration()).series
    #expect(
      series.map { "\($0.column) \($0.layer)" } == [
        "largestLogit multi_head_attention", "largestLogit multi_head_attention_1",
        "attentionEntropy multi_head_attention", "attentionEntropy multi_head_attention_1",
      ])
    #expect(series.map(\.positions.count) == [2, 3, 2, 3])
  }

  /// As a recurrent layer has them: each kernel a column, with the weights up to the next.
  @Test func eachOfSeveralKernelsHasAColumn() {
    let weights = [
      (0, "dense", "kernel"), (0, "dense", "bias"), (1, "lstm", "kernel"), (1, "lstm", "recurrent_kernel"),
      (1, "lstm", "bias"), (2, "norm", "gamma"), (2, "norm", "beta"), (3, "attention", "query/kernel"),
      (3, "attention", "query/bias"), (3, "attention", "key/kernel"), (3, "attention", "key/bias"),
    ]
    let kernels = HistoryKernel.all(
      of: weights.enumerated().map { at, weight in
        HistoryKernel.Weight(layer: weight.0, layerName: weight.1, name: weight.2, count: 10, tiles: at..<at + 1)
      })
    #expect(
      kernels.map(\.name) == [
        "dense", "lstm/kernel", "lstm/recurrent_kernel", "norm", "attention/query/kernel", "attention/key/kernel",
      ])
    #expect(kernels.map(\.layer) == [0, 1, 1, 2, 3, 3] && kernels.map(\.tiles.lowerBound) == [0, 2, 3, 5, 7, 9])
    #expect(kernels.map(\.all) == [0..<2, 2..<3, 3..<5, 5..<7, 7..<9, 9..<11])
  }
}
