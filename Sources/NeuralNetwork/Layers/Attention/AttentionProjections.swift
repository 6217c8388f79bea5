internal import Kernels

/// The products that make Q, K and V of a layer's inputs, and their gradients.
///
/// What reads one input is one product: their kernels are brought side by side, `[features, all widths]`, and so stand their
/// results. Of weights, Q's kernel is number 0, then, where there are biases, its bias; then K's, then V's.
struct AttentionProjections: Sendable {
  /// Q, K or V, or several side by side, of one input.
  struct Part: Sendable {
    /// Number of the layer's input, its positions and features.
    let input: Int
    let positions: Int
    let features: Int
    /// Numbers among Q, K, V.
    let members: [Int]
    let widths: [Int]
    /// Where its results begin within a sample's.
    let start: Int

    var width: Int { widths.reduce(0, +) }
    var isJoined: Bool { members.count > 1 }
    /// Floats that the kernels and the biases side by side take.
    var packedCount: Int { isJoined ? (features + 1) * width : 0 }
  }

  let parts: [Part]
  let useBias: Bool
  /// Floats of a sample's results.
  let perRow: Int

  /// - Parameter widths: of Q, K, V, all heads together.
  init(query: Shape, value: Shape?, widths: [Int], useBias: Bool) {
    self.useBias = useBias
    func part(_ input: Int, _ shape: Shape, _ members: [Int], start: Int) -> Part {
      Part(
        input: input, positions: shape.extents[0], features: shape.features, members: members,
        widths: members.map { widths[$0] }, start: start)
    }
    if let value {
      let first = part(0, query, [0], start: 0)
      parts = [first, part(1, value, [1, 2], start: first.positions * first.width)]
    } else {
      parts = [part(0, query, [0, 1, 2], start: 0)]
    }
    perRow = parts.reduce(0) { $0 + $1.positions * $1.width }
  }

  /// Floats of scratch: kernels side by side, and in backward their gradients.
  var scratchCount: Int { 2 * (parts.map(\.packedCount).max() ?? 0) }

  var multiplications: Int { parts.reduce(0) { $0 + $1.positions * $1.features * $1.width } }

  private func weight(_ member: Int, isBias: Bool = false) -> Int { member * (useBias ? 2 : 1) + (isBias ? 1 : 0) }

  /// A part's results of all rows: `[rows * positions, width]` within `results`, `[parts][rows][...]`.
  private func results(_ part: Part, _ all: MutableVector, rows: Int) -> MutableMatrix {
    let count = rows * part.positions * part.width
    return all[rows * part.start..<rows * part.start + count].matrix(rows: rows * part.positions, columns: part.width)
  }

  /// Q, K or V of one row.
  func view(_ member: Int, of row: Int, _ all: MutableVector, rows: Int) -> MutableMatrix {
    for part in parts {
      guard let place = part.members.firstIndex(of: member) else { continue }
      let begin = part.widths[..<place].reduce(0, +)
      return results(part, all, rows: rows).rows(row * part.positions..<(row + 1) * part.positions).columns(
        begin..<begin + part.widths[place])
    }
    preconditionFailure("no projection \(member)")
  }

  /// The part's kernels and biases as one, from `scratch` on.
  private func packed(_ part: Part, _ scratch: MutableVector, parameter: (Int) -> Vector) -> (
    kernel: Matrix, bias: Vector?
  ) {
    guard part.isJoined else {
      return (
        parameter(weight(part.members[0])).matrix(rows: part.features, columns: part.width),
        useBias ? parameter(weight(part.members[0], isBias: true)) : nil
      )
    }
    let kernel = scratch[0..<part.features * part.width].matrix(rows: part.features, columns: part.width)
    let bias = scratch[part.features * part.width..<part.packedCount]
    var begin = 0
    for (member, width) in zip(part.members, part.widths) {
      let own = parameter(weight(member)).matrix(rows: part.features, columns: width)
      let place = kernel.columns(begin..<begin + width)
      for row in 0..<part.features { place.row(row).copy(from: own.row(row)) }
      if useBias { bias[begin..<begin + width].copy(from: parameter(weight(member, isBias: true))) }
      begin += width
    }
    return (kernel.readOnly, useBias ? bias.readOnly : nil)
  }

  /// Overwrites `all` with Q, K and V of every row.
  func forward(_ pass: ForwardPass, into all: MutableVector, scratch: MutableVector) {
    for part in parts {
      let y = results(part, all, rows: pass.rows)
      let (kernel, bias) = packed(part, scratch) { pass.parameter($0) }
      multiply(pass.input(part.input, features: part.features), kernel, into: y)
      if bias != nil { ActivationFunction.linear.apply(bias: bias, preactivation: nil, output: y) }
    }
  }

  /// Overwrites the gradients of the weights and of the inputs, from those of Q, K and V of every row.
  func backward(_ pass: BackwardPass, gradients all: MutableVector, scratch: MutableVector) {
    for part in parts {
      let dy = results(part, all, rows: pass.rows).readOnly
      let x = pass.input(part.input, features: part.features)
      if part.isJoined {
        let room = scratch[part.packedCount..<2 * part.packedCount]
        let joined = room[0..<part.features * part.width].matrix(rows: part.features, columns: part.width)
        let sums = room[part.features * part.width..<part.packedCount]
        multiply(x, transposed: true, dy, into: joined)
        if useBias {
          sums.fill(0)
          Elementwise.addColumnSums(of: dy, to: sums)
        }
        var begin = 0
        for (member, width) in zip(part.members, part.widths) {
          let own = pass.parameterGradient(weight(member)).matrix(rows: part.features, columns: width)
          let place = joined.readOnly.columns(begin..<begin + width)
          for row in 0..<part.features { own.row(row).copy(from: place.row(row)) }
          if useBias {
            pass.parameterGradient(weight(member, isBias: true)).copy(from: sums[begin..<begin + width].readOnly)
          }
          begin += width
        }
      } else {
        let number = weight(part.members[0])
        multiply(
          x, transposed: true, dy,
          into: pass.parameterGradient(number).matrix(rows: part.features, columns: part.width))
        if useBias {
          let bias = pass.parameterGradient(weight(part.members[0], isBias: true))
          bias.fill(0)
          Elementwise.addColumnSums(of: dy, to: bias)
        }
      }
      guard let dx = pass.inputGradient(part.input, features: part.features) else { continue }
      let (kernel, _) = packed(part, scratch) { pass.parameter($0) }
      multiply(dy, transposed: false, kernel, transposed: true, into: dx)
    }
  }
}
