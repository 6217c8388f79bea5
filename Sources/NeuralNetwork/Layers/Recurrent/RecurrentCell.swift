/// What a recurrent layer does at one step, and its way back.
///
/// Numbers of gates count in units: gate g of a kernel `[in, gates * units]` is its columns g * units ..< (g + 1) * units.
protocol RecurrentCell: Sendable {
  /// Of the kernels.
  var gates: Int { get }
  /// What a step keeps of each unit for the way back.
  var keptGates: Int { get }
  /// Of `dgates`: what the products of the way back are made with.
  var gradientGates: Int { get }
  /// Kept gates that have gone through the recurrent activation.
  var recurrentGates: [Int] { get }
  /// Whether the output has gone through the activation.
  var showsActivation: Bool { get }
  /// Whether there is a second state, which only the cell sees.
  var hasMemory: Bool { get }
  /// Rows of a bias, each of all gates.
  var biasRows: Int { get }
  /// How a bias starts whose layer says so.
  func biasInitializer(_ initializer: Initializer) -> Initializer
  /// Whether what keeps the state starts as far open as it can.
  var startsOpen: Bool { get }
  /// Whether recurrent dropout draws a mask for each gate; then dropout does too (Keras' `implementation=1`).
  var masksGates: Bool { get }
  /// The parts of the kernels that are multiplied together, with one mask for all gates.
  var parts: [GatePart] { get }

  /// gates, h(t) and c(t) from h(t - 1) and c(t - 1); `run.gates(t)` holds the products with the input.
  func forward(_ run: RecurrentRun, _ time: Int)
  /// dgates(t) from dh(t) and dc(t), which become what reaches the step before, but for the products with parts that are
  /// not `afterReset`.
  func backward(_ run: RecurrentBackRun, _ time: Int)
}

extension RecurrentCell {
  var startsOpen: Bool { true }
  func biasInitializer(_ initializer: Initializer) -> Initializer { initializer }
}

/// Neighbouring gates of both kernels.
struct GatePart: Sendable {
  /// Where they stand in `dgates`.
  let gradient: Range<Int>
  /// Their number in the kernel, which is also where the product goes; nil: they do not see the input.
  let input: Range<Int>?
  let recurrent: Range<Int>?
  /// Whether the recurrent kernel's part multiplies r h(t - 1), not h(t - 1).
  var isAfterReset = false

  /// Gate by gate.
  var single: [GatePart] {
    gradient.indices.map { number in
      let at = number - gradient.lowerBound
      func one(_ range: Range<Int>?) -> Range<Int>? { range.map { $0.lowerBound + at..<$0.lowerBound + at + 1 } }
      return GatePart(
        gradient: number..<number + 1, input: one(input), recurrent: one(recurrent), isAfterReset: isAfterReset)
    }
  }
}
