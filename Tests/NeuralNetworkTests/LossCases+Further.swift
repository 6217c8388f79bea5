import Foundation
import NeuralNetwork

extension LossCase {
  /// Cross-entropies with label smoothing.
  static func smoothed(_ columns: Int) -> [LossCase] {
    let logits = draws(rows * columns, stream: 143, scale: 3)
    let probabilities = draws(rows * columns, stream: 144, in: 0.02...0.98)
    let soft = draws(rows * columns, stream: 145, in: 0...1)
    let distributions = Reference.rows(doubles(soft), columns).flatMap { row in
      row.map { Float($0 / row.reduce(0, +)) }
    }
    let classes = (0..<rows).map { Float(($0 * 7 + 2) % columns) }
    let s: Float = 0.2
    return [
      LossCase(
        "smoothed binary crossentropy", BinaryCrossentropy(labelSmoothing: s), columns: columns,
        outputs: probabilities, targets: soft,
        reference: { Reference.binaryCrossentropy($0, Reference.smoothed($1, by: s, over: 2)) }),
      LossCase(
        "smoothed binary crossentropy of logits", BinaryCrossentropy(fromLogits: true, labelSmoothing: s),
        columns: columns, outputs: logits, targets: soft,
        reference: { Reference.binaryCrossentropy(logits: $0, Reference.smoothed($1, by: s, over: 2)) }),
      LossCase(
        "smoothed categorical crossentropy", CategoricalCrossentropy(labelSmoothing: s), columns: columns,
        outputs: probabilities, targets: distributions,
        reference: { Reference.categoricalCrossentropy($0, Reference.smoothed($1, by: s, over: columns)) }),
      LossCase(
        "smoothed categorical crossentropy of logits", CategoricalCrossentropy(fromLogits: true, labelSmoothing: s),
        columns: columns, outputs: logits, targets: distributions,
        reference: { Reference.categoricalCrossentropy(logits: $0, Reference.smoothed($1, by: s, over: columns)) }),
    ]
      + (columns == 1
        ? []
        : [  // One class alone has no gradient but what rounding leaves.
          LossCase(
            "smoothed sparse categorical crossentropy", SparseCategoricalCrossentropy(labelSmoothing: s),
            columns: columns, outputs: probabilities, targets: classes, targetColumns: 1,
            reference: { outputs, targets in
              let hot = Reference.oneHot(targets[0], columns)
              return Reference.categoricalCrossentropy(outputs, Reference.smoothed(hot, by: s, over: columns))
            }),
          LossCase(
            "smoothed sparse categorical crossentropy of logits",
            SparseCategoricalCrossentropy(fromLogits: true, labelSmoothing: s), columns: columns, outputs: logits,
            targets: classes, targetColumns: 1,
            reference: { outputs, targets in
              let hot = Reference.oneHot(targets[0], columns)
              return Reference.categoricalCrossentropy(logits: outputs, Reference.smoothed(hot, by: s, over: columns))
            }),
        ])
  }

  static func focals(_ columns: Int) -> [LossCase] {
    let logits = draws(rows * columns, stream: 243, scale: 3)
    let probabilities = draws(rows * columns, stream: 244, in: 0.02...0.98)
    let cut = probabilities.enumerated().map { $0.offset % 5 == 3 ? $0.element * 1e-9 : $0.element }
    let soft = draws(rows * columns, stream: 245, in: 0...1)
    let hard = soft.map { $0 > 0.5 ? Float(1) : 0 }
    let distributions = Reference.rows(doubles(soft), columns).flatMap { row in
      row.map { Float($0 / row.reduce(0, +)) }
    }
    let classes = (0..<rows).map { Float(($0 * 7 + 2) % columns) }
    @Sendable func sigmoids(_ z: [Double]) -> [Double] { z.map { 1 / (1 + exp(-$0)) } }
    func binary(_ gamma: Float, balanced: Bool, smoothing: Float, _ targets: [Float]) -> [LossCase] {
      func loss(fromLogits: Bool) -> BinaryFocalCrossentropy {
        BinaryFocalCrossentropy(
          applyClassBalancing: balanced, alpha: 0.7, gamma: gamma, fromLogits: fromLogits, labelSmoothing: smoothing)
      }
      let alpha = balanced ? Double(Float(0.7)) : nil
      let what = "binary focal of gamma \(gamma)"
      let ofProbabilities: @Sendable ([Double], [Double]) -> Double = {
        Reference.binaryFocal(
          $0, Reference.smoothed($1, by: smoothing, over: 2), gamma: Double(gamma), alpha: alpha)
      }
      return [
        LossCase(
          what, loss(fromLogits: false), columns: columns, outputs: probabilities, targets: targets,
          reference: ofProbabilities),
        LossCase(
          "\(what) past the cut", loss(fromLogits: false), columns: columns, outputs: cut, targets: targets,
          reference: ofProbabilities),
        LossCase(
          "\(what) of logits", loss(fromLogits: true), columns: columns, outputs: logits, targets: targets,
          reference: {
            Reference.binaryFocal(
              sigmoids($0), Reference.smoothed($1, by: smoothing, over: 2), gamma: Double(gamma), alpha: alpha,
              cuts: false)
          }),
      ]
    }
    func categorical(_ gamma: Float, _ alpha: [Float], smoothing: Float, sparse: Bool) -> [LossCase] {
      func loss(fromLogits: Bool) -> any Loss {
        sparse
          ? SparseCategoricalFocalCrossentropy(
            alpha: alpha, gamma: gamma, fromLogits: fromLogits, labelSmoothing: smoothing)
          : CategoricalFocalCrossentropy(
            alpha: alpha, gamma: gamma, fromLogits: fromLogits, labelSmoothing: smoothing)
      }
      let what = "\(sparse ? "sparse " : "")categorical focal of gamma \(gamma)"
      let weights = doubles(alpha)
      @Sendable func targets(_ given: [Double]) -> [Double] {
        Reference.smoothed(sparse ? Reference.oneHot(given[0], columns) : given, by: smoothing, over: columns)
      }
      func make(_ what: String, fromLogits: Bool, _ outputs: [Float]) -> LossCase {
        LossCase(
          what, loss(fromLogits: fromLogits), columns: columns, outputs: outputs,
          targets: sparse ? classes : distributions, targetColumns: sparse ? 1 : columns,
          reference: { y, t in
            Reference.categoricalFocal(
              fromLogits ? Reference.logSoftmax(y).map { exp($0) } : y, targets(t), gamma: Double(gamma),
              alpha: weights, cuts: !fromLogits)
          })
      }
      return [
        make(what, fromLogits: false, probabilities), make("\(what) past the cut", fromLogits: false, cut),
        make("\(what) of logits", fromLogits: true, logits),
      ]
    }
    let alphas = (0..<columns).map { Float($0 + 1) / 8 }
    var cases = binary(2, balanced: false, smoothing: 0, hard)
    cases += binary(0.5, balanced: true, smoothing: 0, soft)
    cases += binary(0, balanced: false, smoothing: 0.25, hard)
    for sparse in [false, true] {
      cases += categorical(2, [0.25], smoothing: 0, sparse: sparse)
      cases += categorical(1, alphas, smoothing: 0.25, sparse: sparse)
    }
    return cases
  }

  /// Losses in which each output counts by itself, and those of whole rows.
  static func scores(_ columns: Int) -> [LossCase] {
    let normal = draws(rows * columns, stream: 343)
    let other = draws(rows * columns, stream: 344)
    let positive = draws(rows * columns, stream: 345, in: 0.05...4)
    let counts = other.map { (abs($0) * 2).rounded() }
    let signs = other.map { $0 > 0 ? Float(1) : -1 }
    let probabilities = draws(rows * columns, stream: 346, in: 0.02...0.98)
    let edge = probabilities.enumerated().map { $0.offset % 5 == 3 ? $0.element * 1e-9 : $0.element * 1.2 }
    func elementwise(
      _ description: String, _ loss: any Loss, _ outputs: [Float], _ targets: [Float],
      _ element: @escaping @Sendable (Double, Double) -> Double
    ) -> LossCase {
      LossCase(description, loss, columns: columns, outputs: outputs, targets: targets) { y, t in
        Reference.mean(y, t, element)
      }
    }
    let floor = Double(Float(1e-7))
    return [
      elementwise("poisson", Poisson(), positive, counts) { y, t in y - t * log(y + floor) },
      elementwise("hinge", Hinge(), normal, signs) { y, t in max(0, 1 - t * y) },
      elementwise("hinge of 0 and 1", Hinge(), normal, signs.map { max($0, 0) }) { y, t in max(0, 1 - (2 * t - 1) * y)
      },
      elementwise("squared hinge", SquaredHinge(), normal, signs) { y, t in pow(max(0, 1 - t * y), 2) },
      elementwise("squared hinge of 0 and 1", SquaredHinge(), normal, signs.map { max($0, 0) }) { y, t in
        pow(max(0, 1 - (2 * t - 1) * y), 2)
      },
      elementwise("mean absolute percentage error", MeanAbsolutePercentageError(), normal, other) { y, t in
        100 * abs(y - t) / max(abs(t), floor)
      },
      elementwise("mean squared logarithmic error", MeanSquaredLogarithmicError(), normal, other) { y, t in
        pow(log1p(max(y, floor)) - log1p(max(t, floor)), 2)
      },
      LossCase("kl divergence", KLDivergence(), columns: columns, outputs: edge, targets: probabilities) { y, t in
        zip(y, t).reduce(0) { $0 + $1.1 * log($1.1 / min(max($1.0, floor), 1)) }
      },
    ]
      + (columns == 1
        ? []
        : [
          LossCase("cosine similarity", CosineSimilarity(), columns: columns, outputs: normal, targets: other) { y, t in
            func length(_ v: [Double]) -> Double { v.reduce(0) { $0 + $1 * $1 }.squareRoot() }
            return -zip(y, t).reduce(0) { $0 + $1.0 * $1.1 } / (length(y) * length(t))
          }
        ])
  }

  static func quantiles(_ columns: Int) -> [LossCase] {
    let levels = (0..<columns).map { (Float($0) + 0.75) / Float(columns + 1) }
    return [
      LossCase(
        "quantile", Quantile(levels: levels), columns: columns, outputs: draws(rows * columns, stream: 443),
        targets: draws(rows, stream: 444), targetColumns: 1,
        reference: { y, t in
          zip(y, levels).reduce(0) { sum, pair in
            let error = t[0] - pair.0
            return sum + max(Double(pair.1) * error, (Double(pair.1) - 1) * error)
          } / Double(y.count)
        })
    ]
  }
}
