import NeuralNetwork

extension Reference {
  static func add(_ bias: [Double], to z: [Double], columns: Int) -> [Double] {
    bias.isEmpty ? z : z.indices.map { z[$0] + bias[$0 % columns] }
  }

  /// Outputs and zeros before the first input along one axis, as TensorFlow defines them.
  private static func along(
    _ extent: Int, _ kernel: Int, _ stride: Int, _ dilation: Int, _ padding: ConvolutionPadding
  ) -> (outputs: Int, before: Int) {
    let reach = (kernel - 1) * dilation + 1
    switch padding {
    case .valid: return ((extent - reach) / stride + 1, 0)
    case .causal: return ((extent + reach - 1 - reach) / stride + 1, reach - 1)
    case .same:
      let outputs = Int((Double(extent) / Double(stride)).rounded(.up))
      return (outputs, max((outputs - 1) * stride + reach - extent, 0) / 2)
    }
  }

  /// Without bias. shape: `[height, width, channels]`; kernel: `[size..., channels / groups, filters]`.
  static func convolve(
    _ x: [Double], shape: [Int], kernel: [Double], size: [Int], filters: Int, strides: [Int],
    padding: ConvolutionPadding, dilation: [Int], groups: Int
  ) -> [Double] {
    let (height, width, channels) = (shape[0], shape[1], shape[2])
    // An image of one row stands for a signal over time, which is padded along time alone.
    let isSignal = height == 1 && size[0] == 1
    let down = along(height, size[0], strides[0], dilation[0], isSignal ? .valid : padding)
    let across = along(width, size[1], strides[1], dilation[1], padding)
    let depth = channels / groups
    var y: [Double] = []
    for sample in 0..<x.count / (height * width * channels) {
      for i in 0..<down.outputs {
        for j in 0..<across.outputs {
          for filter in 0..<filters {
            let start = filter / (filters / groups) * depth
            var sum = 0.0
            for a in 0..<size[0] {
              for b in 0..<size[1] {
                let row = i * strides[0] + a * dilation[0] - down.before
                let column = j * strides[1] + b * dilation[1] - across.before
                guard (0..<height).contains(row), (0..<width).contains(column) else { continue }
                for c in 0..<depth {
                  sum +=
                    x[((sample * height + row) * width + column) * channels + start + c]
                    * kernel[((a * size[1] + b) * depth + c) * filters + filter]
                }
              }
            }
            y.append(sum)
          }
        }
      }
    }
    return y
  }

  /// Without bias: every input adds its kernel to the outputs that start at its place times the stride. kernel: `[size...,
  /// filters, channels]`; with `same`, what a convolution of the outputs would pad is cut off.
  static func convolveTransposed(
    _ x: [Double], shape: [Int], kernel: [Double], size: [Int], filters: Int, strides: [Int], same: Bool
  ) -> [Double] {
    let (height, width, channels) = (shape[0], shape[1], shape[2])
    let extents = (0..<2).map { shape[$0] * strides[$0] + (same ? 0 : max(size[$0] - strides[$0], 0)) }
    let cut = (0..<2).map { same ? max(size[$0] - strides[$0], 0) / 2 : 0 }
    let samples = x.count / (height * width * channels)
    var y = Array(repeating: 0.0, count: samples * extents[0] * extents[1] * filters)
    for sample in 0..<samples {
      for i in 0..<height {
        for j in 0..<width {
          for a in 0..<size[0] {
            for b in 0..<size[1] {
              let (row, column) = (i * strides[0] + a - cut[0], j * strides[1] + b - cut[1])
              guard (0..<extents[0]).contains(row), (0..<extents[1]).contains(column) else { continue }
              for filter in 0..<filters {
                for c in 0..<channels {
                  y[((sample * extents[0] + row) * extents[1] + column) * filters + filter] +=
                    x[((sample * height + i) * width + j) * channels + c]
                    * kernel[((a * size[1] + b) * filters + filter) * channels + c]
                }
              }
            }
          }
        }
      }
    }
    return y
  }
}
