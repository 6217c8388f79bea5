import Files
import Foundation
import HDF5Storage

/// A folder of its own for a test; gone when the test ends.
final class Workplace {
  let folder: String

  init() throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "cairn-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    self.folder = folder.resolvingSymlinksInPath().path
  }

  deinit { try? FileManager.default.removeItem(atPath: folder) }

  func path(_ name: String) -> String { "\(folder)/\(name)" }

  func write(_ text: String, to name: String) throws { try Data(text.utf8).write(to: URL(filePath: path(name))) }

  func bytes(_ name: String) throws -> [UInt8] { try FileContents.read(path(name)) }

  func list(_ name: String = "") -> [String] {
    ((try? FileManager.default.contentsOfDirectory(atPath: path(name))) ?? []).sorted()
  }

  /// Every file below the folder, by its path in it.
  func everything() -> Set<String> {
    Set((try? FileManager.default.subpathsOfDirectory(atPath: folder)) ?? [])
  }

  /// Writes `/data/x` and `/data/y`.
  func writeData<Target: HDF5Element>(
    _ name: String, x: [Float], shape: [Int], y: [Target], targetShape: [Int]? = nil
  ) throws {
    try HDF5File.publish(at: path(name)) { file in
      let data = try file.root.createGroup("data")
      try data.write(x, shape: shape, to: "x")
      try data.write(y, shape: targetShape ?? [y.count], to: "y")
    }
  }

  /// Checkpoints of a run, oldest first.
  func checkpoints(_ run: String) -> [String] {
    list("Checkpoints/\(run)").filter { $0.hasPrefix("step-") }.map { "Checkpoints/\(run)/\($0)" }
  }
}

/// A file of the repository, by its path from the top.
func repository(_ path: String) -> String {
  URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    .appending(path: path).path
}
