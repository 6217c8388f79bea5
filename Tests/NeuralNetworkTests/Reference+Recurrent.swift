import Foundation
import NeuralNetwork

/// Recurrent layers once more, step by step and row by row, from Keras' description.
extension Reference {
  /// A layer's output, `[rows, times or 1, units]`, of weights kernel, recurrent kernel and perhaps bias.
  struct Recurrence {
    let layer: any RecurrentLayer
    /// `[rows, times, features]`
    let x: [Double]
    let times: Int
    let features: Int
    let weights: [[Double]]
    /// `[rows, times]`; nil: all count.
    var mask: [Float]?
    /// Whether a step that does not count puts 0 out.
    var zeroing = false
    /// Dropout masks of inputs and states, by row and gate; nil: none.
    var inputMask: ((_ row: Int, _ gate: Int) -> [Double])?
    var stateMask: ((_ row: Int, _ gate: Int) -> [Double])?

    /// States that stand fast, whatever weights and inputs are, by row and step: where a gradient is cut.
    var fixed: ((_ row: Int, _ step: Int) -> State?)?
    /// Told of the state before each step.
    var record: ((_ row: Int, _ step: Int, _ state: State) -> Void)?

    typealias State = (h: [Double], c: [Double])

    private var settings: RecurrentSettings { layer.settings }
    private var units: Int { settings.units }
    private var rows: Int { x.count / times / features }
    private var gates: Int { layer is SimpleRNN ? 1 : layer is LSTM ? 4 : 3 }

    func outputs() -> [Double] {
      (0..<rows).flatMap { row -> [Double] in
        var (h, c) = (Array(repeating: 0.0, count: units), Array(repeating: 0.0, count: units))
        var shown = h
        var all: [Double] = []
        for step in 0..<times {
          let time = settings.goBackwards ? times - 1 - step : step
          record?(row, step, (h, c))
          if let state = fixed?(row, step) { (h, c) = state }
          let counts = mask.map { $0[row * times + time] != 0 } ?? true
          if counts {
            let place = (row * times + time) * features
            (h, c) = self.step(Array(x[place..<place + features]), h, c, row: row)
            shown = h
          } else if zeroing {
            shown = Array(repeating: 0, count: units)
          }
          all += shown
        }
        return settings.returnSequences ? all : Array(all.suffix(units))
      }
    }

    /// Columns of gate `gate` of v M, M `[v, gates * units]`.
    private func product(_ v: [Double], _ matrix: [Double], _ gate: Int) -> [Double] {
      (0..<units).map { unit in
        v.indices.reduce(0) { $0 + v[$1] * matrix[$1 * gates * units + gate * units + unit] }
      }
    }

    private func bias(_ gate: Int, row: Int = 0) -> [Double] {
      guard weights.count > 2 else { return Array(repeating: 0, count: units) }
      let start = (row * gates + gate) * units
      return Array(weights[2][start..<start + units])
    }

    private func activate(_ function: ActivationFunction, _ z: [Double]) -> [Double] {
      Reference.activate(function, z, columns: units)
    }

    private func step(_ x: [Double], _ h: [Double], _ c: [Double], row: Int) -> ([Double], [Double]) {
      func masked(_ v: [Double], _ mask: ((Int, Int) -> [Double])?, _ gate: Int) -> [Double] {
        mask.map { times(v, $0(row, gate)) } ?? v
      }
      func input(_ gate: Int) -> [Double] { product(masked(x, inputMask, gate), weights[0], gate) }
      func state(_ gate: Int, _ h: [Double]) -> [Double] { product(masked(h, stateMask, gate), weights[1], gate) }
      func sum(_ gate: Int) -> [Double] { plus(plus(input(gate), state(gate, h)), bias(gate)) }
      let (f, g) = (settings.recurrentActivation, settings.activation)
      if layer is SimpleRNN { return (activate(g, sum(0)), c) }
      if layer is LSTM {
        let next = plus(times(activate(f, sum(1)), c), times(activate(f, sum(0)), activate(g, sum(2))))
        return (times(activate(f, sum(3)), activate(g, next)), next)
      }
      let candidate: [Double]
      let z: [Double]
      if (layer as? GRU)?.resetAfter == true {
        let r = activate(f, plus(sum(1), bias(1, row: 1)))
        z = activate(f, plus(sum(0), bias(0, row: 1)))
        candidate = activate(g, plus(plus(input(2), bias(2)), times(r, plus(state(2, h), bias(2, row: 1)))))
      } else {
        let r = activate(f, sum(1))
        z = activate(f, sum(0))
        candidate = activate(g, plus(plus(input(2), state(2, times(r, h))), bias(2)))
      }
      return (plus(times(z, h), times(z.map { 1 - $0 }, candidate)), c)
    }

    private func plus(_ a: [Double], _ b: [Double]) -> [Double] { zip(a, b).map { $0 + $1 } }
    private func times(_ a: [Double], _ b: [Double]) -> [Double] { zip(a, b).map { $0 * $1 } }
  }
}
