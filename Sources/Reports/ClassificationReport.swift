/// How well classes are told apart: precision, recall, F1 and support of each, their averages, and the confusion matrix.
///
/// With n(t, p) the weight of the rows that are t and were taken for p:
///
///     precision(c) = n(c, c) / sum over t of n(t, c)        recall(c) = n(c, c) / support(c)
///     support(c) = sum over p of n(c, p)                    f1(c) = 2 n(c, c) / (support(c) + sum over t of n(t, c))
///
/// 0 where a divisor is 0. Classes that no row is and none was taken for are left out, as scikit-learn's
/// `classification_report` and `confusion_matrix` do without `labels`.
public struct ClassificationReport: Sendable, Equatable {
  /// Precision, recall and F1, and the weight of the rows that they are of.
  public struct Figures: Sendable, Equatable {
    public let precision: Double
    public let recall: Double
    public let f1: Double
    public let support: Double
  }

  public let rows: Int
  /// The classes that occur, in the order of their numbers.
  public let names: [String]
  /// Of each of them.
  public let classes: [Figures]
  /// `[is][taken for]`: weights of rows, numbers of rows where these have none.
  public let confusion: [[Double]]
  /// Part of the rows that were taken for what they are; NaN without rows.
  public let accuracy: Double
  /// Means over the classes.
  public let macro: Figures
  /// Means over the classes, each counting for its support.
  public let weighted: Figures

  /// - Parameters:
  ///   - targets: the class that each row is.
  ///   - predictions: the class that it was taken for.
  ///   - names: of all classes by number.
  ///   - weights: what each row counts for; empty: each for 1.
  /// - Precondition: as many predictions as targets, both numbers of names.
  public init(targets: [Int], predictions: [Int], names all: [String], weights: [Float] = []) {
    precondition(targets.count == predictions.count, "\(predictions.count) predictions for \(targets.count) rows")
    precondition(weights.isEmpty || weights.count == targets.count, "\(weights.count) weights")
    rows = targets.count
    var occurs = [Bool](repeating: false, count: all.count)
    for row in targets.indices { (occurs[targets[row]], occurs[predictions[row]]) = (true, true) }
    let numbers = all.indices.filter { occurs[$0] }
    var places = [Int](repeating: 0, count: all.count)
    for (place, number) in numbers.enumerated() { places[number] = place }
    names = numbers.map { all[$0] }
    var table = [[Double]](repeating: [Double](repeating: 0, count: numbers.count), count: numbers.count)
    for row in targets.indices {
      table[places[targets[row]]][places[predictions[row]]] += weights.isEmpty ? 1 : Double(weights[row])
    }
    confusion = table

    func part(_ value: Double, _ whole: Double) -> Double { whole == 0 ? 0 : value / whole }
    var taken = [Double](repeating: 0, count: numbers.count)
    for line in table { for place in line.indices { taken[place] += line[place] } }
    let figures = table.indices.map { place in
      let (hits, support) = (table[place][place], table[place].reduce(0, +))
      return Figures(
        precision: part(hits, taken[place]), recall: part(hits, support), f1: part(2 * hits, support + taken[place]),
        support: support)
    }
    classes = figures
    let whole = figures.reduce(0) { $0 + $1.support }
    accuracy = whole == 0 ? .nan : table.indices.reduce(0) { $0 + table[$1][$1] } / whole
    func mean(_ weight: (Figures) -> Double) -> Figures {
      let divisor = figures.reduce(0) { $0 + weight($1) }
      func of(_ value: (Figures) -> Double) -> Double {
        part(figures.reduce(0) { $0 + weight($1) * value($1) }, divisor)
      }
      return Figures(precision: of(\.precision), recall: of(\.recall), f1: of(\.f1), support: whole)
    }
    macro = mean { _ in 1 }
    weighted = mean(\.support)
  }
}
