import Datasets
import Foundation
import Kernels
import Testing

/// A folder of its own for a test; gone when the test ends.
final class Workbench {
  let folder: String

  init() throws {
    folder = NSTemporaryDirectory() + "/cairn-data-" + UUID().uuidString
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: folder) }

  func path(_ name: String) -> String { folder + "/" + name }

  func file(_ name: String, _ text: String) throws -> String {
    try Data(text.utf8).write(to: URL(fileURLWithPath: path(name)))
    return path(name)
  }
}

/// A file of the repository, by its path from the top.
func repository(_ path: String) -> String {
  var folder = URL(fileURLWithPath: #filePath)
  for _ in 0..<3 { folder.deleteLastPathComponent() }
  return folder.appendingPathComponent(path).path
}

/// The error that `body` throws, or a failed test.
func datasetError(_ body: () throws -> Void) -> DatasetError? {
  do {
    try body()
    Issue.record("nothing was thrown")
  } catch let error as DatasetError {
    return error
  } catch {
    Issue.record("another error: \(error)")
  }
  return nil
}

extension SampleSource {
  /// What `gather` writes for these rows, into memory that was NaN before.
  func gathered(_ rows: [Int32]) -> (features: [Float], targets: [Float]) {
    let columns = sampleShape.reduce(1, *)
    let features = AlignedBuffer(count: rows.count * columns)
    let targets = AlignedBuffer(count: rows.count * targetColumns)
    features.mutable.fill(.nan)
    targets.mutable.fill(.nan)
    let views = BatchViews(schema, workers: 1)
    let batch = views.batch(
      worker: 0, rows: rows.count,
      inputs: { _ in MutableMatrix(base: features.mutable.base, rows: rows.count, columns: columns) },
      targets: { _ in MutableMatrix(base: targets.mutable.base, rows: rows.count, columns: targetColumns) })
    withExtendedLifetime(views) { rows.withUnsafeBufferPointer { gather($0, into: batch) } }
    return (features.vector.array, targets.vector.array)
  }
}
