public import Kernels

/// A figure that an operation takes of itself, in steps that the history looks at: one number for each place along an axis.
public struct Measurement: Sendable, Hashable {
  public enum Figure: Sendable, Hashable, CaseIterable {
    /// Of a recurrent layer: the root mean square over rows and units of dL/dh(t), the gradient that reaches the state
    /// after step t. Shards give sums of squares.
    case throughTime
    /// The fraction of a gate's values in the flat region of its activation. Shards give counts.
    case gateSaturation
    /// The largest scaled score of an attention head, before the softmax.
    case largestLogit
    /// The mean entropy of a head's weights, in nats. Shards give sums.
    case attentionEntropy
  }

  public let figure: Figure
  /// Where each number stands along its axis: the first time of each bin, or numbers of gates or heads.
  public let positions: [Int]
  /// How many values a row adds to the number at each position; 1 where a largest one is taken.
  public let valuesPerRow: [Int]
  /// Where the layer has several of its kind: which, e.g. `forward`.
  public let part: String?

  /// - Precondition: as many `valuesPerRow` as positions, each at least 1.
  public init(_ figure: Figure, positions: [Int], valuesPerRow: [Int], part: String? = nil) {
    precondition(positions.count == valuesPerRow.count && valuesPerRow.allSatisfy { $0 > 0 })
    self.figure = figure
    self.positions = positions
    self.valuesPerRow = valuesPerRow
    self.part = part
  }

  /// Times 0..<times in at most 64 equal bins.
  ///
  /// - Parameter units: whose squares a row adds at each time.
  public static func throughTime(times: Int, units: Int, part: String? = nil) -> Measurement {
    let bins = min(times, 64)
    let starts = (0...bins).map { $0 * times / bins }
    return Measurement(
      .throughTime, positions: Array(starts.dropLast()),
      valuesPerRow: (0..<bins).map { units * (starts[$0 + 1] - starts[$0]) }, part: part)
  }
}

extension Network {
  /// Takes the figures of further rows of a shard, of probes and of measurements, into the shard's.
  public func addFigures(_ part: Vector, to figures: MutableVector) {
    var next = 0
    for place in measured where place.measurement.figure == .largestLogit {
      Elementwise.add(part[next..<place.range.lowerBound], to: figures[next..<place.range.lowerBound])
      for index in place.range {
        let (old, new) = (figures[index], part[index])
        figures[index] = old.isNaN || new.isNaN ? .nan : max(old, new)
      }
      next = place.range.upperBound
    }
    Elementwise.add(part[next..<part.count], to: figures[next..<part.count])
  }
}

/// An operation's measurement at its place in a network.
public struct MeasuredPlace: Sendable {
  /// The layer's name, with the part's where it has several.
  public let name: String
  public let measurement: Measurement
  /// Where its numbers stand in a shard's figures.
  public let range: Range<Int>

  /// What the shards' numbers come to, over the whole batch.
  ///
  /// - Parameters:
  ///   - shards: each shard's figures; the first `active` hold rows.
  ///   - rows: of the whole batch.
  ///   - gradientScale: what makes the gradient of the sum over rows the gradient of the objective.
  ///   - values: overwritten, one a position.
  public func combine(
    shards: [Vector], active: Int, rows: Int, gradientScale: Float, into values: UnsafeMutablePointer<Float>
  ) {
    for (at, index) in range.enumerated() {
      let scale = 1 / (Double(rows) * Double(measurement.valuesPerRow[at]))
      switch measurement.figure {
      case .largestLogit:
        var largest = -Float.infinity
        for shard in 0..<active {
          let value = shards[shard][index]
          largest = largest.isNaN || value.isNaN ? .nan : max(largest, value)
        }
        values[at] = largest
      case .throughTime:
        values[at] = gradientScale * Float((sum(shards, active, index) * scale).squareRoot())
      case .gateSaturation, .attentionEntropy:
        values[at] = Float(sum(shards, active, index) * scale)
      }
    }
  }

  private func sum(_ shards: [Vector], _ active: Int, _ index: Int) -> Double {
    var sum = 0.0
    for shard in 0..<active { sum += Double(shards[shard][index]) }
    return sum
  }
}
