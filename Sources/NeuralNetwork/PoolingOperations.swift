internal import Kernels

struct MaxPoolingOperation: Operation {
  let windows: PoolingWindows
  let outputs: [Shape]
  /// Where each window's largest element stands: a quarter of what its input takes for windows of 2 x 2.
  var kept: MemorySize { MemorySize(perRow: windows.placesCount) }

  func forward(_ pass: ForwardPass) -> Double {
    Pooling.maximum(pass.input(0), windows, into: pass.output, places: pass.training == nil ? nil : pass.kept)
    return 0
  }

  func backward(_ pass: BackwardPass) {
    guard let inputGradient = pass.inputGradient(0) else { return }
    Pooling.maximumBackward(
      outputGradient: pass.outputGradient.readOnly, windows, places: pass.kept.readOnly, into: inputGradient)
  }
}

struct AveragePoolingOperation: Operation {
  let windows: PoolingWindows
  let outputs: [Shape]

  func forward(_ pass: ForwardPass) -> Double {
    Pooling.average(pass.input(0), windows, into: pass.output)
    return 0
  }

  func backward(_ pass: BackwardPass) {
    guard let inputGradient = pass.inputGradient(0) else { return }
    Pooling.averageBackward(outputGradient: pass.outputGradient.readOnly, windows, into: inputGradient)
  }
}

struct GlobalMaxPoolingOperation: Operation {
  let shape: Shape
  var outputs: [Shape] { [[shape.features]] }
  var kept: MemorySize { MemorySize(perRow: shape.features) }

  func forward(_ pass: ForwardPass) -> Double {
    Pooling.globalMaximum(pass.input(0), into: pass.output, places: pass.training == nil ? nil : pass.kept)
    return 0
  }

  func backward(_ pass: BackwardPass) {
    guard let inputGradient = pass.inputGradient(0) else { return }
    Pooling.globalMaximumBackward(
      outputGradient: pass.outputGradient.readOnly, places: pass.kept.readOnly, into: inputGradient)
  }
}

struct GlobalAveragePoolingOperation: Operation {
  let shape: Shape
  var outputs: [Shape] { [[shape.features]] }

  var readsMasks: Bool { true }

  func forward(_ pass: ForwardPass) -> Double {
    if let mask = pass.mask(0) { return forward(pass, mask) }
    Pooling.globalAverage(pass.input(0), into: pass.output)
    return 0
  }

  func backward(_ pass: BackwardPass) {
    guard let inputGradient = pass.inputGradient(0) else { return }
    if let mask = pass.mask(0) { return backward(pass, mask, inputGradient) }
    Pooling.globalAverageBackward(outputGradient: pass.outputGradient.readOnly, into: inputGradient)
  }

  /// Over the positions that count; 0 where none does.
  private func forward(_ pass: ForwardPass, _ mask: Matrix) -> Double {
    let features = shape.features
    for row in 0..<pass.rows {
      let (x, y) = (pass.input(0).rows(row..<row + 1).vector, pass.output.rows(row..<row + 1).vector)
      y.fill(0)
      var count = 0
      for position in 0..<mask.columns where mask[row, position] != 0 {
        Elementwise.add(x[position * features..<(position + 1) * features], to: y)
        count += 1
      }
      if count > 0 { Elementwise.scale(y, by: 1 / Float(count)) }
    }
    return 0
  }

  private func backward(_ pass: BackwardPass, _ mask: Matrix, _ inputGradient: MutableMatrix) {
    let features = shape.features
    for row in 0..<pass.rows {
      let (dy, dx) = (pass.outputGradient.rows(row..<row + 1).vector, inputGradient.rows(row..<row + 1).vector)
      dx.fill(0)
      let count = (0..<mask.columns).reduce(0) { mask[row, $1] != 0 ? $0 + 1 : $0 }
      if count == 0 { continue }
      Elementwise.scale(dy, by: 1 / Float(count))
      for position in 0..<mask.columns where mask[row, position] != 0 {
        dx[position * features..<(position + 1) * features].copy(from: dy.readOnly)
      }
    }
  }
}
