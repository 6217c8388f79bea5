public import Datasets
internal import Kernels
public import NeuralNetwork

extension Predictor {
  /// Room for what networks of this one's outputs give for so many rows.
  ///
  /// - Throws: `OutOfMemory`.
  public func ensembleOutputs(rows: Int) throws -> EnsembleOutputs {
    let columns = model.network.outputs
    let unit = OutputUnit(model.network, targetScaling)
    try MemoryBudget.require(
      (unit.hasComplements ? 28 : 20) * rows * columns, for: "means and deviations of the predictions of \(rows) rows",
      remedy: "take fewer rows with `rows:`")
    return EnsembleOutputs(rows: rows, columns: columns, hasComplements: unit.hasComplements)
  }

  /// Adds this network's outputs: probabilities, or values in the unit of the targets' file.
  ///
  /// - Parameters:
  ///   - places: of the source's rows in the ensemble; nil: all, in order.
  ///   - keeping: whether they are wanted by themselves.
  /// - Returns: `[source.count, outputs]`, row-major; empty: they are not wanted.
  /// - Throws: as `predict`.
  public func add(
    _ source: any SampleSource, at places: [Int32]? = nil, to ensemble: inout EnsembleOutputs, keeping: Bool = false
  ) throws -> [Float] {
    let (unit, columns) = (OutputUnit(model.network, targetScaling), model.network.outputs)
    let outputs = try outputs(of: source, isLinked: false)
    var kept: [Float] = []
    if keeping {
      try MemoryBudget.require(
        4 * source.count * columns, for: "a member's predictions of \(source.count) rows",
        remedy: "take fewer rows with `rows:`, or leave out --members")
      kept.reserveCapacity(source.count * columns)
    }
    withUnsafeTemporaryAllocation(of: Double.self, capacity: 2 * columns) { memory in
      memory.initialize(repeating: 0)
      let values = UnsafeMutableBufferPointer(rebasing: memory[0..<columns])
      let complements = UnsafeMutableBufferPointer(rebasing: memory[columns..<2 * columns])
      for row in 0..<source.count {
        let own = UnsafeBufferPointer(start: outputs.vector.base + row * columns, count: columns)
        unit.average(own, into: values, complements: complements)
        ensemble.add(
          UnsafeBufferPointer(values), complements: UnsafeBufferPointer(complements),
          at: places.map { Int($0[row]) } ?? row)
        if keeping { kept += values.map { Float($0) } }
      }
    }
    return kept
  }

  /// Scores this network on some rows.
  ///
  /// - Parameters:
  ///   - places: of the source's rows in the ensemble; nil: all, in order.
  ///   - last: the member before, whose targets are held once where they are the same.
  /// - Throws: as `evaluate`.
  public func member(
    _ source: any SampleSource, metrics: [any Metric], at places: [Int32]? = nil, after last: EnsembleMember? = nil
  ) throws -> EnsembleMember {
    try EnsembleMember(self, source, metrics: metrics, places: places, after: last)
  }
}
