internal import Checkpointing
internal import GradientHealth

/// A figure of the report with the sentence below its title.
struct ReportFigure: Sendable {
  enum Picture: Sendable {
    case lines(LineFigure)
    case heat(HeatMap)
    case network(NetworkFigure)
  }

  let picture: Picture
  let caption: String
  /// Whether its axis is not that of steps, so that it takes no part in zooming.
  var isStill = false

  var id: String {
    switch picture {
    case .lines(let figure): figure.id
    case .heat(let map): map.id
    case .network(let figure): figure.id
    }
  }
  var title: String {
    switch picture {
    case .lines(let figure): figure.title
    case .heat(let map): map.title
    case .network(let figure): figure.title
    }
  }
  var series: [FigureSeries] {
    if case .lines(let figure) = picture { return figure.series }
    return []
  }
  var legend: Markup {
    if case .lines(let figure) = picture { return figure.legend }
    return .empty
  }
  /// Of a picture that is as large as it is drawn: scrolled within its card.
  var isScrolled: Bool {
    if case .network = picture { return true }
    return false
  }
  func svg(_ form: FigureForm) -> String {
    switch picture {
    case .lines(let figure): figure.svg(form)
    case .heat(let map): map.svg(form)
    case .network(let figure): figure.svg(form)
    }
  }
}

extension RunReport {
  /// Each figure as a file: its name without an ending, and the SVG.
  package func figureFiles() -> [(name: String, svg: String)] {
    figures().map { ($0.id, $0.svg(.file)) }
  }

  /// All figures, over the same steps.
  func figures() -> [ReportFigure] {
    let all = runs.enumerated().map { RunSeries($1, number: $0, count: runs.count) }
    let ends =
      all.flatMap { run -> [Double] in
        [run.rowSteps.min(), run.rowSteps.max()].compactMap { $0 } + run.run.validation.map { Double($0.step) }
          + run.run.lostAttempts.flatMap { [$0.steps.min(), $0.steps.max()].compactMap { $0 } }
      } + marks.map(\.step)
    let steps = min(ends.min() ?? 0, 1)...max(ends.max() ?? 1, 1)
    func lines(
      _ id: String, _ title: String, _ label: String, _ series: [FigureSeries], _ choice: AxisChoice = .automatic,
      rules: [FigureRule] = [], caption: String
    ) -> ReportFigure {
      ReportFigure(
        picture: .lines(
          LineFigure(
            id: id, title: title, label: label, series: series, choice: choice, marks: marks, rules: rules, steps: steps
          )),
        caption: caption)
    }

    // What a network must fall below to have learnt anything.
    let constants = Set(runs.map(\.progress.data.constantLoss).filter(\.isFinite)).sorted()
    let constantRules = constants.map { FigureRule(value: $0, label: "the best constant") }
    var figures = [
      lines(
        "loss", "Loss", runs.count == 1 && !runs[0].lossName.isEmpty ? runs[0].lossName : "loss",
        all.flatMap { $0.lost(\.loss) + [$0.series(.loss, "training", thing: 0, peaks: .lossMax)] }
          + all.compactMap(\.validationLoss), rules: constantRules,
        caption:
          "The objective of each step, penalties included, before its update; the band spans the smallest and the largest."
      )
    ]
    let metrics = all.flatMap(\.metrics)
    if !metrics.isEmpty {
      figures.append(
        lines("metrics", "Validation metrics", "metric", metrics, caption: "After each epoch, on the rows held back."))
    }
    figures += [
      lines(
        "gradient-mean", "Mean gradient of every layer", "mean of ∂loss/∂weight",
        all.flatMap { $0.layers(.gradientMean) },
        caption:
          "Mean over the elements of each layer's kernel, before clipping. Layers whose line stays at 0 hardly learn."),
      lines(
        "gradient-rms", "Gradient size per layer", "rms of ∂loss/∂weight",
        all.flatMap { $0.layers(.gradientRms) }, .logarithmic,
        caption:
          "Root mean square over each layer's kernel: layers that lie orders of magnitude apart learn at different speeds."
      ),
    ]
    // One scale of colours for all runs.
    var extent = ValueExtent()
    for run in all {
      for layer in run.run.history.layers.indices { extent.add(run.values(.gradientRms, layer: layer)) }
    }
    let colors = extent.axis(.logarithmic)
    figures += all.map { run in
      let suffix = runs.count == 1 ? "" : " of \(run.run.name)"
      return ReportFigure(
        picture: .heat(
          HeatMap(
            id: runs.count == 1 ? "gradient-map" : "gradient-map-\(run.number + 1)",
            title: "Gradient size, layer by layer\(suffix)", label: "rms of ∂loss/∂weight, largest of each column",
            layers: run.run.history.layers, steps: run.rowSteps,
            values: run.run.history.layers.indices.map { run.values(.gradientRms, layer: $0) }, marks: marks,
            range: steps, axis: colors,
            companion: "gradient-rms \(all.prefix(run.number).reduce(0) { $0 + $1.run.history.layers.count })")),
        caption: "Dark rows learn little, bright ones much; the input is at the top.")
    }
    figures += networks(all, colors)
    figures += [
      lines(
        "gradient-norm", "Gradient norm", "L2 norm",
        all.flatMap { run in
          // A second line that lies on the first all the way says nothing.
          let before = run.series(
            .gradientNorm, run.clips ? "before clipping" : run.count == 1 ? "" : "gradient norm", thing: 0,
            peaks: .gradientNormMax)
          let after = run.series(.clippedNorm, "after clipping", thing: 1, isDashed: true)
          return run.lost(\.gradientNorm) + (run.clips ? [before, after] : [before])
        }, .logarithmic, rules: clippingRules,
        caption: "Of the whole gradient, all layers together"
          + (all.contains(where: \.clips) ? "." : "; nothing was clipped.")),
      lines(
        "weight-norms", "Weight norms", "L2 norm",
        all.flatMap { run in run.layers(.weightRms, scale: run.normFactor) },
        caption: "Of each layer's kernel, after the update."),
      lines(
        "update-ratios", "Update ratios", "rms of update / rms of weights", all.flatMap { $0.layers(.updateRatio) },
        .logarithmic, caption: "How much of itself a kernel changes in a step: about 1e-3 is usual."),
    ]
    let saturated = all.flatMap { $0.layers(.saturatedFraction, suffix: " saturated", skipsEmpty: true) }
    let dead = all.flatMap {
      $0.layers(.deadFraction, suffix: " dead", dash: runs.count == 1 ? 1 : nil, skipsEmpty: true)
    }
    if !(saturated + dead).isEmpty {
      figures.append(
        lines(
          "activations", "Saturation and dead units", "fraction", saturated + dead, .fraction,
          caption:
            "Outputs in the flat part of their activation, and ReLU units that are 0 for the whole batch (dashed)."))
    }
    figures += sequences(all, steps: steps)
    figures.append(
      lines(
        "learning-rate", "Learning rate", "learning rate",
        all.map { $0.series(.learningRate, runs.count == 1 ? "" : "learning rate", thing: 0) },
        caption: "As applied, schedule and remedies included."))
    let noise = all.compactMap(\.noiseScale)
    if !noise.isEmpty {
      figures.append(
        lines(
          "gradient-noise", "Gradient noise scale", "rows", noise, .logarithmic,
          rules: Set(runs.map(\.progress.updateRows)).sorted().map {
            FigureRule(value: Double($0), label: "batch of \($0)")
          },
          caption: "Rows that a batch needs for its gradient to be as much signal as noise, by epoch, from the shards' "
            + "gradients. Far above the batch: larger batches allow larger steps; far below: they bring nothing."))
    }
    return figures
  }

  private var clippingRules: [FigureRule] {
    var rules: [FigureRule] = []
    for run in runs {
      let name = runs.count == 1 ? "" : "\(run.name): "
      if let limit = run.clippingNorm {
        rules.append(FigureRule(value: limit, label: "\(name)clipped to \(short(limit))"))
      }
      if run.progress.remedies.effect.clip > 0 {
        let limit = run.progress.remedies.effect.clip
        rules.append(FigureRule(value: limit, label: "\(name)clipped by remedy to \(short(limit))"))
      }
    }
    return rules
  }
}
