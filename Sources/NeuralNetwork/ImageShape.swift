internal import Kernels

extension Shape {
  /// As an image.
  ///
  /// - Throws: `NetworkError` for samples of other than three axes.
  func image(for kind: String) throws -> Images.Shape {
    guard extents.count == 3 else { throw PoolingPlan.wrongAxes(self, axes: 2, kind) }
    return Images.Shape(height: extents[0], width: extents[1], channels: extents[2])
  }
}

extension TrainingPass {
  /// Four random words for row `row` of the shard, which depend on its number in the batch alone.
  func words(layer: Int, row: Int) -> SIMD4<UInt32> {
    Philox.block(
      counter: SIMD4(0, firstRow &+ UInt32(row), step, UInt32(layer)),
      key: SIMD2(UInt32(truncatingIfNeeded: key), UInt32(truncatingIfNeeded: key >> 32)))
  }
}
