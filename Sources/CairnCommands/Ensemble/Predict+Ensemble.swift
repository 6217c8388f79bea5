internal import Datasets
internal import Recipes
internal import Sweeps
internal import Training

extension Predict {
  /// Writes what an ensemble predicts.
  func predict(_ ensemble: Ensemble) throws {
    let kind = try outputKind()
    var data = EnsembleData(self.data, features: features, featuresAlone: true)
    var outputs: EnsembleOutputs?
    var kept: [TextColumn] = []
    var (first, own): (Ensemble.Opened?, [(name: String, predictions: Predictions)]) = (nil, [])
    try ensemble.each(workers: workers, files: .none) { opened in
      let given = try data.given(to: opened)
      if first == nil {
        first = opened
        kept = try prepare(ensemble, opened, given, kind)
        outputs = try opened.predictor.ensembleOutputs(rows: given.source.count)
      }
      guard var sum = outputs.take() else { return }
      let values = try opened.predictor.add(given.source, to: &sum, keeping: members)
      outputs = sum
      if members { own.append((opened.member.name, opened.predictions(values))) }
    }
    guard let first, let outputs else { return }
    let means = outputs.means
    let made = EnsemblePredictions(mean: first.predictions(means), deviations: outputs.deviations, members: own)
    if let warning = Predict.warning(means, rows: made.mean.rows) { printError(warning) }
    let of = "\(ensemble.description) of \(ensemble.folder.path)"
    switch kind {
    case nil:
      var screen = BufferedOutput()
      try made.eachLine(kept) {
        screen.write($0)
        try screen.flushIfLarge()
      }
      try screen.flush()
    case .csv:
      try made.writeCSV(kept, to: output)
      try StandardOutput.line("\(output): \(made.mean.rows) rows of \(made.mean.heading(kept)), of \(of)")
    case .npz:
      try made.writeNPZ(to: output)
      try StandardOutput.line("\(output): predictions \([made.mean.rows] + made.mean.shape) of \(of)")
    default:
      try made.writeHDF5(to: output, sweep: ensemble.sweep.name, of: ensemble.members.map(\.name))
      try StandardOutput.line("\(output): /predictions \([made.mean.rows] + made.mean.shape) of \(of)")
    }
  }

  /// Looks at the output's place before anything is predicted.
  ///
  /// - Returns: the columns of `--keep`.
  private func prepare(
    _ ensemble: Ensemble, _ opened: Ensemble.Opened, _ given: GivenData, _ kind: OutputFile.Kind?
  ) throws -> [TextColumn] {
    let empty = opened.predictions([])
    let made = EnsemblePredictions(
      mean: empty, deviations: ensemble.members.count > 1 ? [] : nil,
      members: members ? ensemble.members.map { ($0.name, empty) } : [])
    let kept = try keep.map { try keptColumns($0, of: given, beside: made.columns) } ?? []
    guard let kind else { return kept }
    let file = OutputFile(path: output, kind, heading: made.heading(kept))
    let folder = ensemble.folder
    // A member's file first: no --force replaces it.
    for member in ensemble.members {
      try file.check(inputs: [], of: folder.directory(of: member), isForced: true)
    }
    let inputs = [folder.recipePath, folder.tablePath, folder.bestPath, folder.toldPath]
    try file.check(
      inputs: given.description.paths + opened.reference.files(opened.configuration) + inputs,
      of: opened.reference.directory, isForced: overwriting.force)
    return kept
  }
}
