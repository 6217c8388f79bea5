internal import Glibc
internal import Kernels

/// How a token is drawn from a network's logits.
///
/// As nanoGPT draws: logits are divided by the temperature, all below the k-th largest are left out (equals of it stay), and
/// the next token is drawn by softmax. Temperature 0: the largest, the first of equals.
///
/// Source: Andrej Karpathy, nanoGPT, `model.py`, `GPT.generate`, 2022.
public struct Sampling: Sendable, Hashable {
  /// >= 0.
  public let temperature: Double
  /// nil: all tokens may be drawn.
  public let topK: Int?

  /// - Precondition: a finite temperature >= 0, and k >= 1.
  public init(temperature: Double = 1, topK: Int? = nil) {
    precondition(temperature >= 0 && temperature.isFinite && topK ?? 1 >= 1, "temperature \(temperature)")
    self.temperature = temperature
    self.topK = topK
  }

  /// - Parameters:
  ///   - logits: one a token.
  ///   - weights: scratch, overwritten; as many.
  ///   - uniform: from 0 to 1, 1 excluded; what the token follows from.
  /// - Returns: nil where a logit is NaN, or the largest infinite.
  func token(_ logits: Vector, weights: inout [Double], uniform: Double) -> Int? {
    var best = 0
    for index in 0..<logits.count {
      if logits.base[index].isNaN { return nil }
      if logits.base[index] > logits.base[best] { best = index }
    }
    guard logits.base[best].isFinite else { return nil }
    if temperature == 0 { return best }
    var least = -Float.infinity
    if let topK, topK < logits.count {
      for index in 0..<logits.count { weights[index] = Double(logits.base[index]) }
      least = Float(Sampling.largest(topK, &weights))
    }
    var sum = 0.0
    for index in 0..<logits.count {
      let logit = logits.base[index]
      weights[index] = logit < least ? 0 : exp((Double(logit) - Double(logits.base[best])) / temperature)
      sum += weights[index]
    }
    var rest = uniform * sum
    var last = best
    for index in 0..<logits.count where weights[index] > 0 {
      if rest < weights[index] { return index }
      rest -= weights[index]
      last = index
    }
    return last
  }

  /// The k-th largest number; their order is changed. Hoare's selection.
  private static func largest(_ k: Int, _ numbers: inout [Double]) -> Double {
    var (low, high) = (0, numbers.count - 1)
    while low < high {
      let pivot = numbers[(low + high) / 2]
      var (left, right) = (low, high)
      while left <= right {
        while numbers[left] > pivot { left += 1 }
        while numbers[right] < pivot { right -= 1 }
        if left <= right {
          numbers.swapAt(left, right)
          left += 1
          right -= 1
        }
      }
      if k - 1 <= right { high = right } else if k - 1 >= left { low = left } else { break }
    }
    return numbers[k - 1]
  }
}
