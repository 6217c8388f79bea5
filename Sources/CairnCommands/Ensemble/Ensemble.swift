internal import Checkpointing
internal import Datasets
internal import GradientHealth
internal import HDF5Storage
internal import NeuralNetwork
internal import Recipes
internal import Sweeps
internal import Training

/// The members of a sweep's finished draws, which predict together, each counting alike.
struct Ensemble {
  let folder: SweepFolder
  let sweep: SweepRecipe
  /// By number: what comes out follows from which draws these are.
  let draws: [Draw]
  /// Draw by draw, seed by seed, fold by fold.
  var members: [Member] { draws.flatMap { sweep.repetition.members(of: $0.id) } }

  /// - Parameter top: of how many of the best draws; nil: of all.
  /// - Throws: `CommandError` where there are not as many; `RecipeError`.
  init(_ folder: SweepFolder, top: Int?, _ processes: Processes) throws {
    guard processes.group == nil else {
      throw CommandError(
        .usage, "\(folder.path): is a sweep, whose members predict in one process: start one, or set CAIRN_ALONE=1")
    }
    self.folder = folder
    sweep = try folder.stored()
    let rows = try folder.standings(sweep).rows
    let finished = rows.filter { $0.rank != nil }
    guard !finished.isEmpty else {
      throw CommandError(
        .badData, "\(folder.path): no draw is finished: `cairn sweep \(folder.path) --resume` goes on with them")
    }
    if let top, top > finished.count {
      throw CommandError(.usage, "--top \(top): \(counted(finished.count, "draw")) of \(folder.path) are finished")
    }
    if top == nil, finished.count < rows.count {
      printError(
        "\(counted(rows.count - finished.count, "draw")) of \(rows.count) not finished or pruned: left out")
    }
    draws = finished.prefix(top ?? .max).map(\.draw).sorted { $0.id < $1.id }
  }

  /// A member that is there to predict.
  struct Opened {
    let member: Member
    let reference: RunReference
    let configuration: TrainingConfiguration
    let names: RunNames
    let predictor: Predictor

    /// - Parameter values: probabilities, or values in the unit of the targets' file.
    func predictions(_ values: [Float]) -> Predictions {
      Predictions(
        values, shape: predictor.model.network.output.extents, loss: configuration.loss, classNames: names.classes,
        targetNames: configuration.data.train.targetNames ?? [], areProbabilities: true)
    }

    /// What outputs mean: the same for all that predict together.
    fileprivate var meaning: [String] {
      let empty = predictions([])
      let kind = predictor.model.network.probabilityActivation?.name ?? "values"
      return [
        "shape \(empty.shape)", empty.classes == nil ? "no classes" : "classes", kind, "classes \(names.classes)",
        "columns \(empty.columns)",
      ]
    }
  }

  /// Opens the members one after the other.
  ///
  /// - Throws: what `body` and opening throw; `CommandError` where outputs mean something else than the first's.
  func each(workers: Int?, files: Recipe.FileCheck, _ body: (Opened) throws -> Void) throws {
    var first: (name: String, meaning: [String])?
    for member in members {
      let reference = try RunReference(folder.directory(of: member).path)
      for line in reference.rejected { printError("rejected: \(line)") }
      let configuration = try reference.recipe(files: files).configuration
      let opened = Opened(
        member: member, reference: reference, configuration: configuration, names: try RunNames(reference.checkpoint),
        predictor: try Predictor(configuration, checkpoint: reference.checkpoint, workers: workers))
      if let first, let place = first.meaning.indices.first(where: { first.meaning[$0] != opened.meaning[$0] }) {
        throw CommandError(
          .badData,
          "\(folder.path): the outputs of \(member.name) mean something else than those of \(first.name), "
            + "\(opened.meaning[place]) instead of \(first.meaning[place]): choose draws that agree with --top")
      }
      if first == nil { first = (member.name, opened.meaning) }
      try body(opened)
    }
  }

  /// `3 members of 1 draw`.
  var description: String { "\(counted(members.count, "member")) of \(counted(draws.count, "draw"))" }
}

/// Data that are given to an ensemble: read again where a member numbers or scales them in another way than the one before.
struct EnsembleData {
  private let text: String
  private let features: String?
  private let featuresAlone: Bool
  private var last: (names: RunNames, columns: [StoredValue], data: DataConfiguration, given: GivenData)?
  private var seed: UInt64?

  init(_ text: String, features: String? = nil, featuresAlone: Bool) {
    self.text = text
    self.features = features
    self.featuresAlone = featuresAlone
  }

  mutating func given(to member: Ensemble.Opened) throws -> GivenData {
    let columns = try member.reference.checkpoint.columns()
    if let last, last.names == member.names, last.columns == columns, last.data == member.configuration.data {
      return last.given
    }
    var configuration = member.configuration
    // Rows that are made from a seed are to be the same for all.
    configuration.seed = seed ?? configuration.seed
    seed = configuration.seed
    let given = try GivenData(
      text, features: features, member.reference.checkpoint, configuration, featuresAlone: featuresAlone)
    if let last {
      guard given.source.count == last.given.source.count else {
        throw CommandError(.badData, "\(text): was changed while it was read")
      }
    } else {
      for line in given.notes { printError(line) }
    }
    last = (member.names, columns, member.configuration.data, given)
    return given
  }
}
