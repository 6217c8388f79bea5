internal import Datasets
internal import Kernels
internal import NeuralNetwork

/// Whether the numbers that a network looks up in tables are rows of these.
enum IdCheck {
  /// Looks at all rows of a source in memory. Of one that is read by chunks a wrong id shows in training, as NaN.
  ///
  /// - Parameter rowNumbers: where the rows stood in their file; nil: where they stand now.
  /// - Throws: `TrainingError` with the first id that is none.
  static func check(
    _ network: Network, _ source: any SampleSource, called name: String, rowNumbers: [Int32]?
  ) throws {
    let binding = network.binding(of: source.schema)
    let lookups = network.lookups
    let tables = try binding.enumerated().map { number, input -> Graph.Node? in
      guard let node = lookups[input], let ids = node.layer.traits.ids else { return nil }
      if case .tokens(let count) = source.schema.inputs[number].kind {
        guard count <= ids else {
          throw TrainingError(
            "\(name) data: the text has \(count) tokens, 0 to \(count - 1); layer `\(node.name)` takes whole numbers from 0 to "
              + "\(ids - 1): set its `input_dim` to \(count)")
        }
        return nil
      }
      // Whole numbers whose range is known need no look.
      guard source.schema.inputs[number].kind != .values, let range = source.range(ofInput: number) else { return node }
      return range.lowerBound >= 0 && range.upperBound < Float(ids) ? nil : node
    }
    guard source.plan == nil, tables.contains(where: { $0 != nil }) else { return }
    let most = min(256, source.count)
    let gathered = GatheredFields(source.schema, rows: most)
    for first in stride(from: 0, to: source.count, by: most) {
      let rows = first..<min(first + most, source.count)
      rows.map(Int32.init).withUnsafeBufferPointer { source.gather($0, into: gathered.batch(rows: rows.count)) }
      for (number, node) in tables.enumerated() {
        guard let node, let ids = node.layer.traits.ids else { continue }
        let input = gathered.input(number, rows: rows.count)
        for row in 0..<input.rows {
          for column in 0..<input.columns {
            let id = input[row, column]
            if id >= 0, id < Float(ids), id.rounded() == id { continue }
            let place = rowNumbers.map { Int($0[first + row]) } ?? first + row
            throw TrainingError(
              "\(name) data: row \(place), `\(source.schema.inputs[number].name)` holds \(text(id)) in column \(column); layer "
                + "`\(node.name)` takes whole numbers from 0 to \(ids - 1)"
                + (id.rounded() == id && id >= Float(ids) ? ": set its `input_dim` above the largest" : ""))
          }
        }
      }
    }
  }

  private static func text(_ id: Float) -> String {
    id.rounded() == id && abs(id) < 1e9 ? "\(Int(id))" : "\(id)"
  }
}
