import NeuralNetwork

extension LayerCase {
  static let recurrences: [LayerCase] = plainRecurrences + functions + dropouts + maskedRecurrences + bidirectionals

  enum Kind: CaseIterable {
    case simple, lstm, gru, gruResetBefore

    func layer(_ settings: RecurrentSettings) -> any RecurrentLayer {
      switch self {
      case .simple: SimpleRNN(settings)
      case .lstm: LSTM(settings)
      case .gru: GRU(settings)
      case .gruResetBefore: GRU(settings, resetAfter: false)
      }
    }
  }

  static func settings(_ units: Int, _ change: (inout RecurrentSettings) -> Void = { _ in }) -> RecurrentSettings {
    var settings = RecurrentSettings(units: units)
    change(&settings)
    return settings
  }

  /// - Parameter mask: `[rows, times]`.
  static func recurrent(
    _ description: String, _ kind: Kind, _ settings: RecurrentSettings, input: Shape, rows: Int = 3,
    mask: [Float]? = nil
  ) -> LayerCase {
    let layer = kind.layer(settings)
    var subject = LayerCase(
      "\(kind), \(description)", layer, input: input, rows: rows, number: 4,
      activityRegularizer: settings.activityRegularizer
    ) { inputs in
      var reference = Reference.Recurrence(
        layer: layer, x: inputs.x, times: input.extents[0], features: input.features, weights: inputs.weights,
        mask: mask)
      dropped(&reference, kind, settings, features: input.features, rows: rows, stream: 0)
      return reference.outputs()
    }
    if let mask { subject.masks = [mask] }
    // A tenth of the largest weights are drawn: sums of many products of floats.
    subject.tolerance = 2e-5
    return subject
  }

  /// Puts in the masks of the documented rule.
  private static func dropped(
    _ reference: inout Reference.Recurrence, _ kind: Kind, _ settings: RecurrentSettings, features: Int, rows: Int,
    stream: Int
  ) {
    let gates = settings.recurrentDropout > 0 ? [.simple: 1, .lstm: 4][kind] ?? 3 : 1
    func masks(_ rate: Float, _ width: Int, _ stream: Int) -> ((Int, Int) -> [Double])? {
      if rate == 0 { return nil }
      let all = Reference.dropoutMask(
        rate: rate, training: training, layer: 4 | stream << 24, rows: rows, columns: gates * width)
      return { row, gate in
        let start = row * gates * width + (gates == 1 ? 0 : gate * width)
        return Array(all[start..<start + width])
      }
    }
    reference.inputMask = masks(settings.dropout, features, stream)
    reference.stateMask = masks(settings.recurrentDropout, settings.units, stream + 1)
  }

  private static let plainRecurrences: [LayerCase] = Kind.allCases.flatMap { kind in
    [
      recurrent("one of everything", kind, settings(1), input: [1, 1], rows: 1),
      recurrent("a sequence", kind, settings(5) { $0.returnSequences = true }, input: [4, 3]),
      recurrent("the last state", kind, settings(4), input: [5, 2]),
      recurrent(
        "no bias, backwards", kind,
        settings(3) {
          $0.useBias = false
          $0.goBackwards = true
          $0.returnSequences = true
        }, input: [3, 4]),
      recurrent("past a register, one input", kind, settings(17), input: [2, 1], rows: 2),
      recurrent("past two registers", kind, settings(33), input: [2, 18], rows: 1),
      // Time goes in chunks of two steps.
      recurrent(
        "chunks of steps", kind,
        settings(1) {
          $0.returnSequences = true
          $0.goBackwards = true
        }, input: [5, 1], rows: 128),
      recurrent(
        "an activity penalty", kind,
        settings(4) {
          $0.returnSequences = true
          $0.activityRegularizer = Regularizer(l1: 0.3, l2: 0.2)
        }, input: [3, 3]),
    ]
  }

  private static let functions: [LayerCase] = Kind.allCases.flatMap { kind in
    zip(ActivationFunction.all, ActivationFunction.all.reversed()).map { function, gates in
      // An exponential of its own exponential leaves the floats.
      let outer: ActivationFunction = function == .exponential ? .softsign : function
      return recurrent(
        "\(outer.name), gates of \(gates.name)", kind,
        settings(2) {
          $0.activation = outer
          $0.recurrentActivation = gates
        }, input: [2, 2], rows: 2)
    }
  }

  private static let dropouts: [LayerCase] = Kind.allCases.flatMap { kind in
    [(Float(0.4), Float(0)), (0, 0.3), (0.2, 0.5)].map { dropout, recurrentDropout in
      recurrent(
        "dropout of \(dropout), \(recurrentDropout)", kind,
        settings(6) {
          $0.dropout = dropout
          $0.recurrentDropout = recurrentDropout
          $0.returnSequences = true
        }, input: [4, 5])
    }
  }

  /// Rows of padding behind, before, on both sides, with holes, and of nothing else.
  static let recurrentMask: [Float] = [
    1, 1, 1, 0, 0,
    0, 0, 1, 1, 1,
    0, 1, 0, 1, 0,
    0, 0, 0, 0, 0,
  ]

  private static let maskedRecurrences: [LayerCase] = Kind.allCases.flatMap { kind in
    [false, true].flatMap { backwards in
      [false, true].map { sequences in
        recurrent(
          "masked\(backwards ? ", backwards" : "")\(sequences ? ", a sequence" : "")", kind,
          settings(3) {
            $0.goBackwards = backwards
            $0.returnSequences = sequences
          }, input: [5, 2], rows: 4, mask: recurrentMask)
      }
    }
  }

  private static func bidirectional(
    _ kind: Kind, _ mode: Bidirectional.MergeMode, _ settings: RecurrentSettings, mask: [Float]? = nil
  ) -> LayerCase {
    let (times, features, rows, units) = (5, 2, 4, settings.units)
    var subject = LayerCase(
      "both ways, \(kind), \(mode), \(settings.returnSequences), \(settings.dropout), \(mask == nil ? "all" : "masked")",
      Bidirectional(kind.layer(settings), mergeMode: mode), input: [times, features], rows: rows, number: 4,
      activityRegularizer: settings.activityRegularizer
    ) { inputs in
      let outputs = [false, true].map { backwards -> [[Double]] in
        var own = settings
        own.goBackwards = backwards
        let count = inputs.weights.count / 2
        var reference = Reference.Recurrence(
          layer: kind.layer(own), x: inputs.x, times: times, features: features,
          weights: Array(inputs.weights[backwards ? count..<2 * count : 0..<count]), mask: mask,
          zeroing: settings.returnSequences)
        dropped(&reference, kind, own, features: features, rows: rows, stream: backwards ? 2 : 0)
        let steps = Reference.rows(reference.outputs(), units)
        guard backwards, settings.returnSequences else { return steps }
        return Reference.rows(steps.flatMap { $0 }, units * times).flatMap { Reference.rows($0, units).reversed() }
      }
      return zip(outputs[0], outputs[1]).flatMap { a, b -> [Double] in
        switch mode {
        case .concat: a + b
        case .sum: zip(a, b).map { $0 + $1 }
        case .ave: zip(a, b).map { ($0 + $1) / 2 }
        case .mul: zip(a, b).map { $0 * $1 }
        }
      }
    }
    if let mask { subject.masks = [mask] }
    subject.tolerance = 2e-5
    return subject
  }

  private static let bidirectionals: [LayerCase] =
    Kind.allCases.flatMap { kind in
      Bidirectional.MergeMode.allCases.flatMap { mode in
        [false, true].flatMap { sequences in
          [nil, recurrentMask].map {
            bidirectional(kind, mode, settings(3) { $0.returnSequences = sequences }, mask: $0)
          }
        }
      }
    } + [
      bidirectional(
        .gru, .concat,
        settings(3) {
          $0.dropout = 0.3
          $0.recurrentDropout = 0.4
          $0.returnSequences = true
        }),
      bidirectional(.lstm, .concat, settings(3) { $0.activityRegularizer = Regularizer(l1: 0.2, l2: 0.1) }),
    ]
}
