import Foundation
import Kernels
import NeuralNetwork

extension LayerCase {
  static let images: [LayerCase] = paddings + samplings + rescalings + spatialDropouts + noises + flips + translations

  private static let paddings: [LayerCase] = [
    ([[1]], [3, 4, 2], [1, 1, 1, 1]), ([[0]], [1, 2, 3], [0, 0, 0, 0]), ([[2], [1]], [1, 1, 1], [2, 2, 1, 1]),
    ([[1, 0], [0, 3]], [2, 3, 5], [1, 0, 0, 3]), ([[0, 2], [1, 1]], [4, 1, 1], [0, 2, 1, 1]),
  ].map { (padding: [[Int]], extents: [Int], sides: [Int]) in
    LayerCase(
      "zero padding by \(padding) of \(extents)", ZeroPadding2D(padding: padding), input: Shape(extents), rows: 3
    ) {
      Reference.images($0.x, extents, to: [extents[0] + sides[0] + sides[1], extents[1] + sides[2] + sides[3]]) {
        ($0 - sides[0], $1 - sides[2])
      }
    }
  }

  private static let samplings: [LayerCase] = [
    ([2], [2, 3, 4], [2, 2]), ([1], [3, 1, 1], [1, 1]), ([3, 1], [1, 4, 2], [3, 1]), ([2, 3], [2, 2, 1], [2, 3]),
  ].map { (size: [Int], extents: [Int], both: [Int]) in
    LayerCase("up sampling by \(size) of \(extents)", UpSampling2D(size: size), input: Shape(extents), rows: 2) {
      Reference.images($0.x, extents, to: [extents[0] * both[0], extents[1] * both[1]]) { ($0 / both[0], $1 / both[1]) }
    }
  }

  private static let rescalings: [LayerCase] = [[7], [2, 3, 1]].map { extents in
    LayerCase("rescaling of \(extents)", Rescaling(scale: 0.25, offset: -1.5), input: Shape(extents)) {
      $0.x.map { $0 * 0.25 - 1.5 }
    }
  }

  private static let spatialDropouts: [LayerCase] =
    [([5, 7], 3), ([1, 1], 4), ([2, 3, 9], 2), ([1, 4, 1], 5)].flatMap { (extents: [Int], rows: Int) in
      [Float(0), 0.5].map { rate in
        let layer: any Layer =
          extents.count == 3 ? SpatialDropout2D(rate: rate) : SpatialDropout1D(rate: rate)
        return LayerCase(
          "spatial dropout of \(rate) on \(extents)", layer, input: Shape(extents), rows: rows, number: 4
        ) { inputs in
          let channels = inputs.features
          let mask = Reference.dropoutMask(
            rate: rate, training: training, layer: 4, rows: rows, columns: channels)
          let count = inputs.x.count / rows
          return inputs.x.indices.map { inputs.x[$0] * mask[$0 / count * channels + $0 % channels] }
        }
      }
    }

  private static let noises: [LayerCase] = [([1], Float(0.5)), ([19], 2), ([3, 100], 0.1), ([5], 0)].map {
    (extents: [Int], stddev: Float) in
    LayerCase("noise of \(stddev) on \(extents)", GaussianNoise(stddev: stddev), input: Shape(extents), number: 2) {
      inputs in
      let columns = extents.reduce(1, *)
      return inputs.x.indices.map { index in
        let (row, column) = (index / columns, index % columns)
        let words = Reference.words(UInt32(column / 4), row: row, layer: 2)
        let pair = column % 4 / 2 * 2
        let radius = (-2 * log(Double(words[pair] >> 8 + 1) * 0x1p-24)).squareRoot()
        let angle = 2 * Double.pi * Double(words[pair + 1] >> 8) * 0x1p-24
        return inputs.x[index] + Double(stddev) * radius * (column % 2 == 0 ? cos(angle) : sin(angle))
      }
    }
  }

  private static let flips: [LayerCase] = RandomFlip.Mode.allCases.flatMap { mode in
    [[3, 4, 2], [1, 5, 1], [2, 1, 3]].map { extents in
      LayerCase("random flip, \(mode), of \(extents)", RandomFlip(mode: mode), input: Shape(extents), number: 6) {
        inputs in
        Reference.rows(inputs.x, extents.reduce(1, *)).enumerated().flatMap { row, image in
          let words = Reference.words(0, row: row, layer: 6)
          let sideways = mode != .vertical && words[0] < 1 << 31
          let upwards = mode != .horizontal && words[1] < 1 << 31
          return Reference.images(image, extents, to: Array(extents[0..<2])) {
            (upwards ? extents[0] - 1 - $0 : $0, sideways ? extents[1] - 1 - $1 : $1)
          }
        }
      }
    }
  }

  private static let translations: [LayerCase] = [
    ([6, 5, 2], [0.5], [0.4], [-0.5, 0.5], [-0.4, 0.4]), ([1, 4, 1], [1], [1], [-1, 1], [-1, 1]),
    ([4, 4, 3], [0.25, 1], [-1, -0.5], [0.25, 1], [-1, -0.5]), ([3, 3, 1], [0], [0], [0, 0], [0, 0]),
  ].map { (extents: [Int], height: [Double], width: [Double], down: [Double], right: [Double]) in
    LayerCase(
      "random translation by \(height), \(width) of \(extents)",
      RandomTranslation(heightFactor: height, widthFactor: width), input: Shape(extents), rows: 9, number: 5
    ) { inputs in
      Reference.rows(inputs.x, extents.reduce(1, *)).enumerated().flatMap { row, image in
        let words = Reference.words(0, row: row, layer: 5)
        let moves = [(down, words[0], extents[0]), (right, words[1], extents[1])].map { bounds, word, extent in
          let share = bounds[0] + (bounds[1] - bounds[0]) * Double(word) / 0x1p32
          return Int((share * Double(extent)).rounded())
        }
        return Reference.images(image, extents, to: Array(extents[0..<2])) { ($0 - moves[0], $1 - moves[1]) }
      }
    }
  }
}

extension Reference {
  /// Each pixel of images of `extents[0..<2]` from the one that `source` names, 0 where that lies outside.
  static func images(
    _ x: [Double], _ extents: [Int], to outer: [Int], from source: (Int, Int) -> (row: Int, column: Int)
  ) -> [Double] {
    let (height, width, channels) = (extents[0], extents[1], extents[2])
    return rows(x, height * width * channels).flatMap { image in
      (0..<outer[0] * outer[1]).flatMap { place -> [Double] in
        let (row, column) = source(place / outer[1], place % outer[1])
        guard (0..<height).contains(row), (0..<width).contains(column) else {
          return Array(repeating: 0, count: channels)
        }
        let start = (row * width + column) * channels
        return Array(image[start..<start + channels])
      }
    }
  }

  /// A row's random words.
  static func words(_ counter: UInt32, row: Int, layer: UInt32) -> SIMD4<UInt32> {
    let training = LayerCase.training
    return Philox.block(
      counter: SIMD4(counter, training.firstRow + UInt32(row), training.step, layer),
      key: SIMD2(UInt32(truncatingIfNeeded: training.key), UInt32(truncatingIfNeeded: training.key >> 32)))
  }
}
