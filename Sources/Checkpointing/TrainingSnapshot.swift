public import GradientHealth
public import HDF5Storage
public import Kernels
public import NeuralNetwork

/// The whole state of a run as a value: what a checkpoint holds, ready to be written while training goes on.
///
/// Flat vectors use the network's layout. Laid out once and filled again for every checkpoint: taking one is a memcpy.
public final class TrainingSnapshot: @unchecked Sendable {
  // Unchecked: filled by the trainer between steps, then read by the writer alone until it is handed back.

  public let network: Network
  public let slotNames: [String]
  private let memory: AlignedBuffer
  private let stride: Int

  public var progress: RunProgress
  public var stepMemory = StepMemory()
  /// The resolved recipe, without what belongs to the machine.
  public var recipe = ""
  public var metricNames: [String] = []
  public var history: GradientHistory
  public var epochs: [EpochRow] = []
  public var validation: [ValidationRow] = []
  public var events: [RecordedEvent] = []
  /// What was fitted to the columns of the training rows, as those who fitted it name it.
  public var columns: [StoredValue] = []
  public var classNames: [String] = []
  /// Empty where the training data have none.
  public var featureNames: [String] = []
  /// At a blow-up: the row numbers of the batch, in the training data; else empty.
  public var blowupRows: [Int64] = []
  /// Weights, optimizer state and loss are finite, and there is no blow-up.
  public var isHealthy = true
  /// Whether `bestParameters` and `bestState` hold the best epoch's weights.
  public var hasBest = false
  /// At the end of a run: the checkpoint's weights are the best epoch's, and the last epoch's stand beside them, to go on
  /// from if more epochs are asked for.
  public var putsBackBest = false

  /// - Parameters:
  ///   - keepsBest: whether room for the best epoch's weights is laid out.
  ///   - carriedRows: rows of a step that carry state to the next one; 0 where the network carries none.
  ///   - keepsRaw: whether `parameters` is an average, and room for the weights that are trained is laid out.
  public init(
    network: Network, slotNames: [String], progress: RunProgress, history: GradientHistory, keepsBest: Bool = false,
    keepsRaw: Bool = false, carriedRows: Int = 0
  ) {
    self.network = network
    self.slotNames = slotNames
    self.progress = progress
    self.history = history
    stride = AlignedBuffer.padded(network.layout.trainableCount)
    let stateStride = AlignedBuffer.padded(network.layout.stateCount)
    let vectors = slotNames.count + (keepsBest ? 3 : 2) + (keepsRaw ? 1 : 0)
    let states = (keepsBest ? 2 : 1) * stateStride
    memory = AlignedBuffer(count: vectors * stride + states + carriedRows * network.carriedWidth)
    stateStart = vectors * stride
    carriedStart = stateStart + states
    self.carriedRows = carriedRows
    self.stateStride = stateStride
    self.keepsBest = keepsBest
    self.keepsRaw = keepsRaw
  }

  /// The same with room for other slots, which hold nothing yet.
  public convenience init(_ other: TrainingSnapshot, slotNames: [String]) {
    self.init(
      network: other.network, slotNames: slotNames, progress: other.progress, history: other.history,
      keepsBest: other.keepsBest, keepsRaw: other.keepsRaw, carriedRows: other.carriedRows)
    (recipe, metricNames, columns) = (other.recipe, other.metricNames, other.columns)
    (classNames, featureNames) = (other.classNames, other.featureNames)
    (epochs, validation, events) = (other.epochs, other.validation, other.events)
    (isHealthy, hasBest, putsBackBest) = (other.isHealthy, other.hasBest, other.putsBackBest)
    stepMemory = other.stepMemory
    parameters.copy(from: other.parameters.readOnly)
    gradient.copy(from: other.gradient.readOnly)
    state.copy(from: other.state.readOnly)
    if keepsBest {
      bestParameters.copy(from: other.bestParameters.readOnly)
      bestState.copy(from: other.bestState.readOnly)
    }
    if keepsRaw { rawParameters.copy(from: other.rawParameters.readOnly) }
    carried.copy(from: other.carried.readOnly)
  }

  private let stateStart: Int
  private let carriedStart: Int
  private let stateStride: Int
  public let keepsBest: Bool
  public let keepsRaw: Bool
  public let carriedRows: Int

  private func vector(_ number: Int) -> MutableVector {
    memory.mutable[number * stride..<number * stride + network.layout.trainableCount]
  }

  /// What the file's model has: the trained weights, or their average.
  public var parameters: MutableVector { vector(0) }
  /// The last summed gradient in full, before clipping.
  public var gradient: MutableVector { vector(1) }
  public func slot(_ number: Int) -> MutableVector { vector(2 + number) }
  public var state: MutableVector { memory.mutable[stateStart..<stateStart + network.layout.stateCount] }

  /// What the next step's rows go on from, `[carriedRows, network.carriedWidth]`, row by row.
  public var carried: MutableVector {
    memory.mutable[carriedStart..<carriedStart + carriedRows * network.carriedWidth]
  }
  /// The same of one layer, `[carriedRows, its own]`.
  func carried(of place: CarriedPlace) -> [Float] {
    let all = carried.readOnly.matrix(rows: carriedRows, columns: network.carriedWidth)
    return (0..<carriedRows).flatMap { row in place.range.map { all[row, $0] } }
  }

  /// - Precondition: `keepsBest`.
  public var bestParameters: MutableVector {
    precondition(keepsBest)
    return vector(2 + slotNames.count)
  }
  /// The weights that training goes on from.
  ///
  /// - Precondition: `keepsRaw`.
  public var rawParameters: MutableVector {
    precondition(keepsRaw)
    return vector(2 + slotNames.count + (keepsBest ? 1 : 0))
  }
  /// - Precondition: `keepsBest`.
  public var bestState: MutableVector {
    precondition(keepsBest)
    let start = stateStart + stateStride
    return memory.mutable[start..<start + network.layout.stateCount]
  }

  /// The last step's weights or moving statistics, and the best epoch's where there is room for them.
  func weights(trainable: Bool) -> (last: Vector, best: Vector?) {
    if trainable { return (parameters.readOnly, keepsBest ? bestParameters.readOnly : nil) }
    return (state.readOnly, keepsBest ? bestState.readOnly : nil)
  }

  /// Whether weights, moving statistics, optimizer slots and loss are free of NaN and Inf.
  public func isFinite() -> Bool {
    var bad = Reductions.nonfiniteCount(parameters.readOnly) + Reductions.nonfiniteCount(state.readOnly)
    if putsBackBest {
      bad += Reductions.nonfiniteCount(bestParameters.readOnly) + Reductions.nonfiniteCount(bestState.readOnly)
    }
    bad += Reductions.nonfiniteCount(carried.readOnly)
    if keepsRaw { bad += Reductions.nonfiniteCount(rawParameters.readOnly) }
    for number in slotNames.indices { bad += Reductions.nonfiniteCount(slot(number).readOnly) }
    return bad == 0 && (progress.loss.isFinite || progress.step == 0)
      && stepMemory.optimizerScalars.allSatisfy(\.isFinite)
  }
}
