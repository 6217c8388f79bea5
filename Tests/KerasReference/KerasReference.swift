internal import Foundation
internal import HDF5Storage

/// A training run as Keras computed it in float64: data, first weights and recipe to repeat it, and what came of it.
public struct KerasReference: Sendable {
  public let path: String
  /// YAML; its paths are relative to `folder`.
  public let recipe: String
  /// The objective of each step, before the update; also as Keras has it in float32.
  public let loss: [Double]
  public let lossInFloat32: [Double]
  /// Global norm of each step's gradient, before clipping.
  public let gradientNorm: [Double]
  /// Layers with trainable weights, and the mean gradient of their kernels (or gammas): `[steps, layers]`.
  public let layers: [String]
  public let gradientMean: [Double]

  public init(_ path: String) throws {
    let root = try HDF5File(readingAt: path).root
    let reference = try root.group("reference")
    self.path = path
    recipe = try root.stringAttribute("recipe")
    loss = try reference.dataset("loss").read()
    lossInFloat32 = try reference.dataset("loss_float32").read()
    gradientNorm = try reference.dataset("gradient_norm").read()
    layers = try reference.dataset("gradient_mean").stringsAttribute("layers")
    gradientMean = try reference.dataset("gradient_mean").read()
  }

  public var folder: String { URL(filePath: path).deletingLastPathComponent().path }
  public var name: String { URL(filePath: path).deletingPathExtension().lastPathComponent }

  /// The first step, from 1, whose loss or gradient is not finite.
  public var firstBlowup: Int? {
    loss.indices.first { !loss[$0].isFinite || !gradientNorm[$0].isFinite }.map { $0 + 1 }
  }

  /// How far float32 alone carries Keras' own losses.
  public var drift: Double { zip(lossInFloat32, loss).map { abs($0 - $1) / abs($1) }.max() ?? 0 }

  /// Relative: 1e-4, or 1e-3 where Keras itself drifts by more than 1e-5.
  public var tolerance: Double { drift > 1e-5 ? 1e-3 : 1e-4 }

  /// The reference files of a folder below `Tests/Fixtures/keras`, by name.
  public static func paths(_ collection: String) -> [String] {
    let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .appending(path: "Fixtures/keras/\(collection)").path
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    return names.filter { $0.hasSuffix(".h5") }.sorted().map { "\(folder)/\($0)" }
  }
}
