internal import Glibc

/// Two half circles that reach into each other, `sklearn.datasets.make_moons`: bit for bit for the same arguments.
///
/// - Parameters:
///   - samples: rows; the outer moon (class 0) has half of them, rounded down.
///   - noise: standard deviation of Gaussian noise; nil for none.
///   - shuffle: whether the rows are shuffled; else the outer moon comes first.
/// - Throws: `DatasetError` `arguments`.
public func makeMoons(samples: Int, noise: Double? = nil, shuffle: Bool = true, randomState: UInt32) throws
  -> GeneratedData
{
  try check(samples >= 1 && samples <= Int(Int32.max), "make_moons", "samples", "1 to \(Int32.max)", samples)
  if let noise { try check(noise >= 0 && noise.isFinite, "make_moons", "noise", "a finite number >= 0", noise) }
  var random = NumPyRandomState(seed: randomState)
  let outer = samples / 2
  var points: [(Double, Double)] = linearlySpaced(to: .pi, count: outer).map { (cos($0), sin($0)) }
  points += linearlySpaced(to: .pi, count: samples - outer).map { (1 - cos($0), 1 - sin($0) - 0.5) }
  var order = Array(0..<samples)
  if shuffle { random.shuffle(&order) }
  var x: [Double] = []
  x.reserveCapacity(2 * samples)
  for row in order { x += [points[row].0, points[row].1] }
  if let noise {
    for index in x.indices { x[index] += random.normal(deviation: noise) }
  }
  var arguments: [(String, GeneratedData.Argument)] = [
    ("samples", .integer(samples)), ("shuffle", .integer(shuffle ? 1 : 0)),
    ("random_state", .integer(Int(randomState))),
  ]
  if let noise { arguments.append(("noise", .number(noise))) }
  return GeneratedData(
    generator: "make_moons", arguments: arguments, samples: samples, featureColumns: 2, targetColumns: 1,
    targetKind: .classes(count: 2, names: []), x: x, y: order.map { $0 < outer ? 0 : 1 }, coefficients: nil)
}

/// A random linear problem, `sklearn.datasets.make_regression`: x and coefficients bit for bit for the same arguments;
/// y to about 1e-13, as its sums are taken in another order.
///
/// - Parameters:
///   - informative: features that matter, at most `features`; the coefficients of the others are 0.
///   - noise: standard deviation of Gaussian noise on y.
///   - shuffle: whether rows and columns are shuffled; else the informative features come first.
/// - Throws: `DatasetError` `arguments`.
public func makeRegression(
  samples: Int, features: Int = 100, informative: Int = 10, targets: Int = 1, bias: Double = 0, noise: Double = 0,
  shuffle: Bool = true, randomState: UInt32
) throws -> GeneratedData {
  let name = "make_regression"
  let most = Int(Int32.max)
  try check(samples >= 1 && samples <= most, name, "samples", "1 to \(most)", samples)
  try check(features >= 1 && features <= most / samples, name, "features", "1 to \(most / samples)", features)
  try check(informative >= 0, name, "informative", "at least 0", informative)
  try check(targets >= 1 && targets <= most / samples, name, "targets", "1 to \(most / samples)", targets)
  try check(bias.isFinite, name, "bias", "a finite number", bias)
  try check(noise >= 0 && noise.isFinite, name, "noise", "a finite number >= 0", noise)
  var random = NumPyRandomState(seed: randomState)
  let x = (0..<(samples * features)).map { _ in random.gauss() }
  let informative = min(informative, features)
  var coefficients = [Double](repeating: 0, count: features * targets)
  for index in 0..<(informative * targets) { coefficients[index] = 100 * random.uniform() }
  var y = [Double](repeating: bias, count: samples * targets)
  for row in 0..<samples {
    for target in 0..<targets {
      var sum = 0.0
      for feature in 0..<informative { sum += x[row * features + feature] * coefficients[feature * targets + target] }
      y[row * targets + target] = sum + bias
    }
  }
  if noise > 0 {
    for index in y.indices { y[index] += random.normal(deviation: noise) }
  }
  var rows = Array(0..<samples)
  var columns = Array(0..<features)
  if shuffle {
    random.shuffle(&rows)
    random.shuffle(&columns)
  }
  return GeneratedData(
    generator: name,
    arguments: [
      ("samples", .integer(samples)), ("features", .integer(features)), ("informative", .integer(informative)),
      ("targets", .integer(targets)), ("bias", .number(bias)), ("noise", .number(noise)),
      ("shuffle", .integer(shuffle ? 1 : 0)), ("random_state", .integer(Int(randomState))),
    ],
    samples: samples, featureColumns: features, targetColumns: targets, targetKind: .values,
    x: rows.flatMap { row in columns.map { x[row * features + $0] } },
    y: rows.flatMap { row in y[(row * targets)..<((row + 1) * targets)] },
    coefficients: columns.flatMap { coefficients[($0 * targets)..<(($0 + 1) * targets)] })
}

/// The adding problem: sequences of numbers in [0, 1), two of which are marked, one in each half; the target is their sum.
/// For the same arguments the numbers are those that NumPy's `RandomState(random_state)` draws with
/// `random_sample((samples, length))`, the marks those of `randint(0, length // 2, samples)` and then
/// `randint(length // 2, length, samples)`.
///
/// x: `[samples, length, 2]`, number and mark (0 or 1); y: `[samples, 1]`. A network that says 1 always has a mean squared
/// error of 1/6.
///
/// Source: Sepp Hochreiter and Jürgen Schmidhuber, "Long Short-Term Memory", 1997, experiment 4; with numbers from 0 to 1 as
/// in Quoc Le, Navdeep Jaitly and Geoffrey Hinton, "A Simple Way to Initialize Recurrent Networks of Rectified Linear
/// Units", 2015.
/// - Throws: `DatasetError` `arguments`.
public func makeAdding(samples: Int, length: Int, randomState: UInt32) throws -> GeneratedData {
  let name = "make_adding"
  let most = Int(Int32.max)
  try check(samples >= 1 && samples <= most, name, "samples", "1 to \(most)", samples)
  try check(length >= 2 && length <= most / 2 / samples, name, "length", "2 to \(most / 2 / samples)", length)
  var random = NumPyRandomState(seed: randomState)
  var x = [Double](repeating: 0, count: samples * length * 2)
  for index in 0..<samples * length { x[2 * index] = random.randomSample() }
  var y = [Double](repeating: 0, count: samples)
  for half in [0..<length / 2, length / 2..<length] {
    for row in 0..<samples {
      let place = 2 * (row * length + random.randint(half.lowerBound, half.upperBound))
      x[place + 1] = 1
      y[row] += x[place]
    }
  }
  return GeneratedData(
    generator: name,
    arguments: [
      ("samples", .integer(samples)), ("length", .integer(length)), ("random_state", .integer(Int(randomState))),
    ],
    samples: samples, featureColumns: 2 * length, targetColumns: 1, targetKind: .values, x: x, y: y, coefficients: nil,
    sampleShape: [length, 2])
}

/// What a generator made, in Double as scikit-learn has it.
public struct GeneratedData: Sendable {
  public enum Argument: Sendable, Equatable {
    case integer(Int)
    case number(Double)
  }

  public let generator: String
  /// The arguments that made it, by their names in a recipe.
  public let arguments: [(String, Argument)]
  public let samples: Int
  public let featureColumns: Int
  public let targetColumns: Int
  public let targetKind: TargetKind
  /// `[samples, featureColumns]`, row-major.
  public let x: [Double]
  /// `[samples, targetColumns]`, row-major.
  public let y: [Double]
  /// `[featureColumns, targetColumns]`, row-major: the truth behind a regression.
  public let coefficients: [Double]?
  /// Extents of a sample's features; nil: they are a row.
  var sampleShape: [Int]?

  /// Extents of a sample's features.
  var shape: [Int] { sampleShape ?? [featureColumns] }

  /// The same samples, rounded to floats, to train on.
  public var source: InMemorySource {
    InMemorySource(
      features: x.map { Float($0) }, sampleShape: shape, targets: y.map { Float($0) },
      targetColumns: targetColumns, targetKind: targetKind)
  }
}

/// `numpy.linspace(0, end, count)`.
private func linearlySpaced(to end: Double, count: Int) -> [Double] {
  let step = end / Double(max(count - 1, 1))
  return (0..<count).map { $0 > 0 && $0 == count - 1 ? end : Double($0) * step }
}

private func check(
  _ holds: Bool, _ generator: String, _ argument: String, _ expected: String, _ found: some CustomStringConvertible
) throws {
  if holds { return }
  throw DatasetError(
    .arguments, at: generator, "`\(argument)` is impossible", expected: expected, found: found.description)
}
