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

  func forward(_ pass: ForwardPass) -> Double {
    Pooling.globalAverage(pass.input(0), into: pass.output)
    return 0
  }

  func backward(_ pass: BackwardPass) {
    guard let inputGradient = pass.inputGradient(0) else { return }
    Pooling.globalAverageBackward(outputGradient: pass.outputGradient.readOnly, into: inputGradient)
  }
}
