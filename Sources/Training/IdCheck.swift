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
    let rows = Rows(source)
    for first in stride(from: 0, to: source.count, by: rows.most) {
      rows.gather(first..<min(first + rows.most, source.count))
      for (number, node) in tables.enumerated() {
        guard let node, let ids = node.layer.traits.ids else { continue }
        let input = rows.input(number)
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

/// Rows of a source in memory, some at a time.
private final class Rows {
  let most: Int
  private let source: any SampleSource
  private let views: BatchViews
  private let arena: AlignedBuffer
  /// Where the inputs stand, then the targets.
  private let starts: [Int]
  private var count = 0

  init(_ source: any SampleSource) {
    self.source = source
    most = min(256, source.count)
    views = BatchViews(source.schema, workers: 1)
    var starts = [0]
    for field in source.schema.inputs + source.schema.targets {
      starts.append(starts[starts.count - 1] + most * field.columns)
    }
    self.starts = starts
    arena = AlignedBuffer(count: starts[starts.count - 1] + most)
  }

  func gather(_ rows: Range<Int>) {
    count = rows.count
    let inputs = source.schema.inputs.count
    rows.map(Int32.init).withUnsafeBufferPointer {
      source.gather(
        $0,
        into: views.batch(
          worker: 0, rows: rows.count, inputs: { field($0) }, targets: { field(inputs + $0) },
          weights: source.schema.isWeighted
            ? arena.mutable[starts[starts.count - 1]..<starts[starts.count - 1] + rows.count] : nil))
    }
  }

  func input(_ number: Int) -> MutableMatrix { field(number) }

  private func field(_ number: Int) -> MutableMatrix {
    let fields = source.schema.inputs + source.schema.targets
    return MutableMatrix(base: arena.mutable.base + starts[number], rows: count, columns: fields[number].columns)
  }
}
