/// A history laid out for detectors: its columns as arrays, and windows of a few dozen steps each.
struct Trace {
  /// Consecutive rows that are looked at together.
  struct Window {
    var rows: Range<Int>
    /// Training steps in them, those between two recorded ones included.
    var steps: Int
    /// Epoch of the last row, from 0.
    var epoch: Int
  }

  let layers: [LayerProfile]
  let places: [GradientHistory.RowPlace]
  let windows: [Window]
  let steps: Int
  /// Columns along an axis of their own.
  let series: [HistorySeries]
  private let seriesColumns: [[Float]]
  /// Those that were given, of layers without weights too.
  private let profiles: [LayerProfile]
  private let stepColumns: [StepColumn: [Double]]
  private let layerColumns: [KernelColumn: [Float]]

  /// Steps of a window, and its fewest rows: enough for a median that one odd batch does not move.
  static let windowSteps = 50
  static let windowRows = 5

  init(_ history: GradientHistory, profiles: [LayerProfile]) {
    self.profiles = profiles
    layers = history.layers.map { name in
      if let own = profiles.first(where: { $0.name == name }) { return own }
      if let layer = Trace.profile(of: name, in: profiles) { return LayerProfile(name, of: layer) }
      return LayerProfile(unknown: name)
    }
    series = history.series
    seriesColumns = history.series.indices.map { history.column(series: $0) }
    places = history.places
    stepColumns = Dictionary(uniqueKeysWithValues: StepColumn.allCases.map { ($0, history.column($0)) })
    layerColumns = Dictionary(uniqueKeysWithValues: KernelColumn.allCases.map { ($0, history.column($0)) })

    var windows: [Window] = []
    var previous: Int64 = 0
    var open: Window?
    for (row, place) in places.enumerated() {
      // A row of another attempt may stand for an earlier step than the one before it.
      let span = Int(max(place.step - previous, 1))
      previous = place.step
      var window = open ?? Window(rows: row..<row, steps: 0, epoch: 0)
      window.rows = window.rows.lowerBound..<row + 1
      window.steps += span
      window.epoch = Int(place.epoch)
      if window.steps >= Trace.windowSteps && window.rows.count >= Trace.windowRows {
        windows.append(window)
        open = nil
      } else {
        open = window
      }
    }
    // What is left over belongs to the last window; alone it is too little to judge by.
    if let open, let last = windows.last {
      windows[windows.count - 1] = Window(
        rows: last.rows.lowerBound..<open.rows.upperBound, steps: last.steps + open.steps, epoch: open.epoch)
    }
    self.windows = windows
    steps = windows.reduce(0) { $0 + $1.steps }
  }

  func values(_ column: StepColumn) -> [Double] { stepColumns[column] ?? [] }

  /// The loss without the penalties on weights and activations, a value a row.
  var dataLosses: [Double] {
    zip(values(.loss), values(.penalty)).map { loss, penalty in penalty.isFinite ? loss - penalty : loss }
  }

  func value(_ column: KernelColumn, row: Int, layer: Int) -> Double {
    guard let values = layerColumns[column] else { return .nan }
    return Double(values[row * layers.count + layer])
  }

  /// Median of the finite values of a layer over rows; NaN: there are none.
  func median(_ column: KernelColumn, rows: Range<Int>, layer: Int) -> Double {
    Trace.median(rows.map { value(column, row: $0, layer: layer) })
  }

  func median(_ column: StepColumn, rows: Range<Int>) -> Double { Trace.median(Array(values(column)[rows])) }

  /// The last fifth of the windows, as rows: how the run ended, or stands.
  var tail: Range<Int> {
    guard let last = windows.last else { return max(0, places.count - Trace.windowRows)..<places.count }
    return windows[windows.count - tailWindows].rows.lowerBound..<last.rows.upperBound
  }

  /// The first row of the history: the network as it was drawn, or as it was when the oldest kept record was made.
  var start: Range<Int> { 0..<min(1, places.count) }

  var tailWindows: Int { max(1, windows.count / 5) }

  /// Of the layer that `name`, perhaps with a part's name behind it, belongs to; nil: it is not known.
  func profile(of name: String) -> LayerProfile? {
    profiles.first { $0.name == name } ?? Trace.profile(of: name, in: profiles)
      ?? profiles.first { name == $0.name + "_forward" || name == $0.name + "_backward" }
  }

  private static func profile(of name: String, in profiles: [LayerProfile]) -> LayerProfile? {
    profiles.first { name.hasPrefix($0.name + "/") }
  }

  /// The row's figures of a number of `series`, a value a position.
  func figures(series number: Int, row: Int) -> [Double] {
    let width = series[number].positions.count
    return seriesColumns[number][row * width..<(row + 1) * width].map(Double.init)
  }

  /// Of rows, each with its weight, the root mean square at each position; what is not finite stays.
  func meanSquares(series number: Int, rows: Range<Int>) -> [Double] {
    var sums = [Double](repeating: 0, count: series[number].positions.count)
    var weight = 0.0
    for row in rows {
      let own = Double(places[row].rows)
      weight += own
      for (at, value) in figures(series: number, row: row).enumerated() { sums[at] += own * value * value }
    }
    return sums.map { ($0 / weight).squareRoot() }
  }

  /// Median over rows of the finite figures at a position; NaN: there are none.
  func median(series number: Int, position: Int, rows: Range<Int>) -> Double {
    let width = series[number].positions.count
    return Trace.median(rows.map { Double(seriesColumns[number][$0 * width + position]) })
  }

  /// Kernels of all kinds: what updates change.
  var kernels: [Int] { layers.indices.filter { layers[$0].kind == .dense || layers[$0].kind == .part } }

  /// Layers whose kernels' gradients can be compared, in forward order; the last one is the output layer.
  var chain: [Int] { layers.indices.filter { layers[$0].kind == .dense } }

  /// The layers of the chain by which it shows how far a gradient comes: those that every path passes, and the output
  /// layer. A layer within a block that has a short cut may get little, or nothing, while all goes well around it.
  ///
  /// Where there are none but the output layer all stand for their depth together: `isParallel`.
  var stream: (layers: [Int], isParallel: Bool) {
    let chain = chain
    var through = chain.filter { !layers[$0].isBypassed }
    if let output = chain.last, through.last != output { through.append(output) }
    return through.count < 2 && chain.count >= 2 ? (chain, true) : (through, false)
  }

  /// Median of the finite ones.
  static func median(_ values: [Double]) -> Double {
    let sorted = values.filter(\.isFinite).sorted()
    guard !sorted.isEmpty else { return .nan }
    let middle = sorted.count / 2
    return sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
  }
}
