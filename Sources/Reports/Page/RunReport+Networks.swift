internal import Checkpointing
internal import GradientHealth

extension RunReport {
  /// Each run's network, coloured by what of the loss' gradient reaches its layers.
  func networks(_ all: [RunSeries], _ colors: Axis) -> [ReportFigure] {
    all.filter { !$0.run.network.isEmpty }.map { run in
      let suffix = runs.count == 1 ? "" : " of \(run.run.name)"
      let nodes = run.run.network.map { node -> NetworkFigure.Node in
        var node = node
        node.value = run.usualGradient(of: node.name)
        return node
      }
      return ReportFigure(
        picture: .network(
          NetworkFigure(
            id: runs.count == 1 ? "network" : "network-\(run.number + 1)", title: "The network\(suffix)",
            label: "median rms of ∂loss/∂weight", nodes: nodes, axis: colors)),
        caption:
          "Input first, each box with its layer's output. Dark layers learnt little, bright ones much; pale ones "
          + "have no kernel. Lines beside the boxes are paths around them: a gradient takes all of them.")
    }
  }
}

extension RunSeries {
  /// Median over the recorded rows of the rms of a layer's gradient, of its kernel with the largest; NaN: nothing of it
  /// is finite; nil: it has none.
  fileprivate func usualGradient(of layer: String) -> Double? {
    let columns = run.history.layers.indices.filter {
      run.history.layers[$0] == layer || run.history.layers[$0].hasPrefix(layer + "/")
    }
    guard !columns.isEmpty, run.history.count > 0 else { return nil }
    let medians = columns.compactMap { column -> Double? in
      let values = values(.gradientRms, layer: column).filter(\.isFinite).sorted()
      return values.isEmpty ? nil : values[values.count / 2]
    }
    return medians.max() ?? .nan
  }
}
