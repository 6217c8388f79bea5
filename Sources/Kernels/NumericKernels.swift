import CKernels
internal import COpenBLAS

/// The numeric libraries as a whole: how they are started, and which they are.
public enum NumericKernels {
  /// Loads OpenBLAS and holds it at one thread, whatever the environment says: a step's threads are its workers, and a
  /// product must not depend on how many there are. Idempotent, from any thread; the first product does it where it has not
  /// been done. What cannot be had is said by `start(products:)`.
  public static func start() { _ = cairn_openblas_load() }

  /// The same, and takes the buffers of OpenBLAS for so many products at once: within a product it would ask for one for
  /// ever where there is no memory. Fewer are enough, products then wait for each other; the results are the same.
  ///
  /// - Throws: `NumericKernelsError` where OpenBLAS cannot be loaded, or has room for none.
  public static func start(products: Int) throws {
    if let reason = cairn_openblas_load() {
      throw NumericKernelsError(
        "OpenBLAS cannot be loaded: \(String(cString: reason)); Debian's package is libopenblas0")
    }
    let bytes = Int(CAIRN_OPENBLAS_BUFFER_BYTES)
    // In a small address space one is enough: the rest is needed for other things.
    let fitting = MemoryBudget.addressSpace().map { max(1, $0 / 4 / bytes) } ?? products
    guard cairn_openblas_reserve(Int32(clamping: min(products, fitting))) > 0 else {
      throw NumericKernelsError(
        "no memory for matrix products: OpenBLAS needs \(bytes >> 20) MB of address space for its buffer"
          + (MemoryBudget.addressSpace().map { ", \($0 >> 20) MB are left; raise `ulimit -v`" } ?? ""))
    }
  }

  /// Address space that OpenBLAS and one product need, with room for what else a program takes in passing.
  public static let addressSpace = Int(CAIRN_OPENBLAS_BUFFER_BYTES) + 88 << 20

  /// Threads OpenBLAS would use.
  public static var openBLASThreads: Int { Int(cairn_openblas_threads()) }

  /// The kernels in use, such as "SkylakeX x86-64-v4": OpenBLAS's processor core, then the instruction set of the
  /// elementwise functions. Results differ in the last bits between names.
  public static var name: String {
    #if CAIRN_SWIFT_GEMM
      let core = "swift"
    #else
      let core = String(cString: cairn_openblas_core())
    #endif
    return core + " " + String(cString: cairn_instruction_set())
  }

  /// Whether large products are our own (`ProductSum`, and what `multiply` says): registers of 8 floats or more. With
  /// less OpenBLAS is faster.
  public static var multipliesInPanels: Bool { cairn_vector_lanes() >= 8 }

  /// For tests that run alone in their process: from here on the elementwise functions run with that instruction set,
  /// or the best if nil. False if the processor lacks it.
  static func useInstructionSet(_ name: String?) -> Bool { cairn_use_instruction_set(name) != 0 }

  /// A hash of the bits that a few fixed products and elementwise functions give here, as 16 hexadecimal digits: two
  /// machines that agree on it compute alike.
  public static func selfTestHash() -> String { knownHash }

  /// Computed once in a process: it takes as long as some hundred small steps.
  private static let knownHash: String = makeHash()

  package static func makeHash() -> String {
    start()
    var hash = BitHash()
    // The shapes reach the whole blocks and the edges of OpenBLAS's kernels and of ours.
    for (rows, inner, columns) in [
      (1, 7, 1), (5, 3, 2), (32, 64, 48), (33, 129, 31), (64, 300, 100), (45, 520, 140),
    ] {
      let a = AlignedBuffer(count: rows * inner)
      let b = AlignedBuffer(count: inner * columns)
      let c = AlignedBuffer(count: rows * columns)
      fill(a.mutable, stream: 1)
      fill(b.mutable, stream: 2)
      for (aTransposed, bTransposed) in [(false, false), (true, false), (false, true), (true, true)] {
        multiply(
          aTransposed ? a.vector.matrix(rows: inner, columns: rows) : a.vector.matrix(rows: rows, columns: inner),
          transposed: aTransposed,
          bTransposed ? b.vector.matrix(rows: columns, columns: inner) : b.vector.matrix(rows: inner, columns: columns),
          transposed: bTransposed, into: c.mutable.matrix(rows: rows, columns: columns))
        hash.combine(c.vector)
      }
    }
    let left = AlignedBuffer(count: 90)
    let right = AlignedBuffer(count: 370)
    let panels = AlignedBuffer(count: panelCount(rows: 10, columns: 37))
    let gradient = AlignedBuffer(count: 333)
    let scratch = AlignedBuffer(count: ProductSum.scratchCount(rows: 30))
    fill(left.mutable, stream: 4)
    fill(right.mutable, stream: 5)
    packPanels(of: right.vector.matrix(rows: 10, columns: 37), into: panels.mutable)
    let sum = ProductSum(inputs: 9, units: 37, shards: 3)
    for shard in 0..<3 {
      sum.setFactors(ofShard: shard, left.vector.matrix(rows: 10, columns: 9), panels: panels.vector)
    }
    sum.sum(of: 0..<3, elements: 0..<333, into: gradient.mutable, scratch: scratch.mutable)
    hash.combine(gradient.vector)
    let x = AlignedBuffer(count: 203)
    let y = AlignedBuffer(count: 203)
    fill(x.mutable, stream: 3)
    Elementwise.scale(x.mutable, by: 4)
    Elementwise.exp(x.vector, into: y.mutable)
    hash.combine(y.vector)
    Elementwise.tanh(x.vector, into: y.mutable)
    hash.combine(y.vector)
    Elementwise.sigmoid(x.vector, into: y.mutable)
    hash.combine(y.vector)
    Elementwise.erf(x.vector, into: y.mutable)
    hash.combine(y.vector)
    Elementwise.softplus(x.vector, into: y.mutable)
    hash.combine(y.vector)
    Elementwise.softmax(x.vector.matrix(rows: 7, columns: 29), into: y.mutable.matrix(rows: 7, columns: 29))
    hash.combine(y.vector)
    y.mutable.fill(0)
    Elementwise.addColumnSums(of: x.vector.matrix(rows: 29, columns: 7), to: y.mutable[0..<7])
    hash.combine(y.vector)
    let sums = Reductions.finishGradient(x.mutable, scale: 0.3, weights: nil, l1: 0, l2: 0)
    hash.combine(sums.squareSum.bitPattern)
    hash.combine(sums.sum.bitPattern)
    return hash.digits
  }

  /// Normal-like values in (-2, 2), the same everywhere.
  private static func fill(_ x: MutableVector, stream: UInt64) {
    var draws = RandomStream(seed: 0x0063_6169_726e, stream: stream)
    for index in 0..<x.count {
      x[index] = Float(draws.uniform() + draws.uniform() - draws.uniform() - draws.uniform())
    }
  }
}

/// What the numeric libraries need cannot be had.
public struct NumericKernelsError: Error, Sendable, CustomStringConvertible {
  public let description: String

  init(_ description: String) { self.description = description }
}

/// FNV-1a of 64 bits (G. Fowler, L. C. Noll, P. Vo), over the bytes of numbers, least significant first.
struct BitHash {
  private var state: UInt64 = 0xcbf2_9ce4_8422_2325

  mutating func combine(_ bits: UInt64) { combine(bits, bytes: 8) }

  mutating func combine(_ x: Vector) {
    for index in 0..<x.count { combine(UInt64(x[index].bitPattern), bytes: 4) }
  }

  private mutating func combine(_ bits: UInt64, bytes: Int) {
    for byte in 0..<bytes { state = (state ^ (bits >> (8 * UInt64(byte))) & 0xff) &* 0x100_0000_01b3 }
  }

  var digits: String {
    let text = String(state, radix: 16)
    return String(repeating: "0", count: 16 - text.utf8.count) + text
  }
}
