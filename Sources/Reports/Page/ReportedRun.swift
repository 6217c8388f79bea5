package import Checkpointing
package import GradientHealth

/// All that a report tells of one run, as values.
package struct ReportedRun: Sendable {
  package struct Layer: Sendable, Hashable {
    package var name: String
    package var type: String
    package var outputShape: [Int]
    package var weights: Int
    /// Elements of the kernel, or of gamma: what the history's root mean squares are of.
    package var kernelSize: Int?
    /// Elements of each weight, where there are several: the history calls the kernels of such a layer `<layer>/<weight>`.
    package var sizes: [String: Int]

    package init(
      name: String, type: String, outputShape: [Int], weights: Int, kernelSize: Int?, sizes: [String: Int] = [:]
    ) {
      self.name = name
      self.type = type
      self.outputShape = outputShape
      self.weights = weights
      self.kernelSize = kernelSize
      self.sizes = sizes
    }
  }

  /// Rows of a discarded attempt: what led to a rollback.
  package struct LostAttempt: Sendable {
    package var number: Int
    package var steps: [Double]
    package var loss: [Double]
    package var gradientNorm: [Double]

    package init(number: Int, steps: [Double], loss: [Double], gradientNorm: [Double]) {
      self.number = number
      self.steps = steps
      self.loss = loss
      self.gradientNorm = gradientNorm
    }
  }

  /// Tells the run from the others of the page.
  package var name: String
  package var description = ""
  package var tags: [String] = []
  package var progress: RunProgress
  /// File name of the checkpoint that all of it is read from.
  package var checkpoint: String
  package var isHealthy = true
  /// The epoch whose weights the checkpoint holds as the best; nil: the last step's.
  package var restoredEpoch: Int?
  package var layers: [Layer] = []
  /// Inputs and layers with what they read; the figures of their gradients are not in it.
  package var network: [NetworkFigure.Node] = []
  package var history: GradientHistory
  package var epochs: [EpochRow] = []
  package var validation: [ValidationRow] = []
  package var metricNames: [String] = []
  package var events: [RecordedEvent] = []
  package var lostAttempts: [LostAttempt] = []
  package var log = RunLog()
  package var findings: [Finding] = []
  /// Of each finding.
  package var remedies: [[RemedyText]] = []
  package var standings: [LayerStanding] = []
  /// As resolved; empty: it was started without one.
  package var recipe = ""
  package var lossName = ""
  /// Limit of the whole gradient's norm by the recipe; a remedy's is in `progress`.
  package var clippingNorm: Double?

  package init(name: String, progress: RunProgress, checkpoint: String, history: GradientHistory) {
    self.name = name
    self.progress = progress
    self.checkpoint = checkpoint
    self.history = history
  }

  /// In a word.
  package var state: String {
    if progress.isFinished { return log.ending == "stopped_early" ? "stopped early" : "finished" }
    switch log.ending {
    case "diverged": return "diverged"
    case "interrupted": return "interrupted"
    default: return isHealthy ? "not finished" : "blown up"
    }
  }

  package var weights: Int { layers.reduce(0) { $0 + $1.weights } }
}

/// A key that the recipes of several runs say differently.
package struct RecipeRow: Sendable, Hashable {
  package var keyPath: String
  /// One a run; nil: its recipe does not have the key.
  package var values: [String?]

  package init(keyPath: String, values: [String?]) {
    self.keyPath = keyPath
    self.values = values
  }

  /// What several recipes say differently, as `cairn compare` tells it.
  ///
  /// - Parameter recipes: keys and values, in order; empty: the run has no recipe.
  package static func differences(_ recipes: [[(keyPath: String, value: RunValue)]]) -> [RecipeRow] {
    RunComparison.rows(recipes).filter(\.differs).map { row in
      RecipeRow(keyPath: row.key, values: row.values.map { value in value.map { RunTable.cell($0, row.key) } })
    }
  }
}
