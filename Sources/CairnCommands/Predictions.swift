internal import Glibc
internal import NeuralNetwork

/// A network's outputs for some rows, and what they say of classes.
struct Predictions {
  /// `[rows]` and the extents of `shape`, row-major, as the network gives them.
  let values: [Float]
  let rows: Int
  /// Of a row's outputs: the last axis, and the axes before it, each position of which has a prediction of its own.
  let shape: [Int]
  var outputs: Int { shape.last ?? 1 }
  var positions: Int { shape.dropLast().reduce(1, *) }
  /// nil: the outputs are values.
  let classes: Classes?
  /// What the outputs are called; empty: nothing.
  let names: [String]

  struct Classes {
    /// What each class is called: its name, or its number where it has none.
    let names: [String]
    /// Whether these are names and not numbers.
    let haveNames: Bool
    /// `[rows, positions, names.count]`, row-major, each position's sum 1.
    let probabilities: [Float]
    /// `[rows, positions]`: the class with the largest probability, the first of equals; of two in one output the second
    /// where its probability is above 0.5.
    let numbers: [Int32]
  }

  /// - Parameters:
  ///   - values: `[rows]` and the extents of `shape`, row-major.
  ///   - classNames: the run's, by number; empty: they have none.
  ///   - targetNames: the run's target columns; empty: they have none.
  ///   - areProbabilities: whether values are probabilities though the network's own outputs are logits.
  init(
    _ values: [Float], shape: [Int], loss: any Loss, classNames: [String], targetNames: [String],
    areProbabilities: Bool = false
  ) {
    self.values = values
    self.shape = shape
    let outputs = shape.last ?? 1
    rows = values.count / shape.reduce(1, *)
    let targets = targetNames.count == outputs && shape.count == 1 ? targetNames : []
    if let loss = loss as? Quantile, targetNames.count == 1, shape.count == 1 {
      names = loss.levels.map { "\(targetNames[0])_\($0)" }
    } else {
      names = targets
    }
    guard let loss = loss as? any ClassLoss else {
      classes = nil
      return
    }
    let isLogit = loss.fromLogits && !areProbabilities
    switch type(of: loss).classActivation {
    case .softmax where outputs > 1:
      // Under targets that are no class numbers there is a target column a class.
      let names = classNames.isEmpty && loss.targets != .classes ? targets : classNames
      classes = .ofMany(values, outputs, fromLogits: isLogit, names: names)
    case .sigmoid where outputs == 1: classes = .ofTwo(values, fromLogits: loss.fromLogits, names: classNames)
    default: classes = nil
    }
  }
}

extension Predictions.Classes {
  fileprivate static func ofMany(_ values: [Float], _ outputs: Int, fromLogits: Bool, names: [String]) -> Self {
    var probabilities = values
    var numbers: [Int32] = []
    for start in stride(from: 0, to: values.count, by: outputs) {
      let row = values[start..<start + outputs]
      var best = start
      for index in row.indices where values[index] > values[best] { best = index }
      numbers.append(Int32(best - start))
      guard fromLogits else { continue }
      let exponentials = row.map { exp(Double($0) - Double(values[best])) }
      let sum = exponentials.reduce(0, +)
      for (index, value) in zip(row.indices, exponentials) { probabilities[index] = Float(value / sum) }
    }
    return Self(names, count: outputs, probabilities, numbers)
  }

  fileprivate static func ofTwo(_ values: [Float], fromLogits: Bool, names: [String]) -> Self {
    var probabilities: [Float] = []
    for value in values {
      let second = fromLogits ? 1 / (1 + exp(-Double(value))) : Double(value)
      probabilities += [Float(1 - second), Float(second)]
    }
    return Self(names, count: 2, probabilities, values.map { $0 > (fromLogits ? 0 : 0.5) ? 1 : 0 })
  }

  private init(_ names: [String], count: Int, _ probabilities: [Float], _ numbers: [Int32]) {
    haveNames = !names.isEmpty && names.count <= count
    let known = haveNames ? names : []
    self.names = known + (known.count..<count).map(String.init)
    self.probabilities = probabilities
    self.numbers = numbers
  }
}
