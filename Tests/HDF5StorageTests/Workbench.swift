import Foundation
import HDF5Storage
import Testing

/// A folder of its own for a test; gone when the test ends.
final class Workbench {
  let folder: String

  init() throws {
    folder = NSTemporaryDirectory() + "/cairn-storage-" + UUID().uuidString
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: folder) }

  func path(_ name: String) -> String { folder + "/" + name }

  func names() throws -> [String] { try FileManager.default.contentsOfDirectory(atPath: folder).sorted() }

  /// What a program prints, both streams; the test fails if it does not end with 0.
  func run(_ arguments: String...) throws -> String {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = arguments
    let pipe = Pipe()
    process.standardOutput = pipe
    process.standardError = pipe
    try process.run()
    let output = try pipe.fileHandleForReading.readToEnd() ?? Data()
    process.waitUntilExit()
    #expect(process.terminationStatus == 0, "\(arguments)")
    return String(decoding: output, as: UTF8.self)
  }
}

/// The error that `body` throws, or a failed test.
func storageError(_ body: () throws -> Void) -> HDF5Error? {
  do {
    try body()
    Issue.record("nothing was thrown")
  } catch let error as HDF5Error {
    return error
  } catch {
    Issue.record("another error: \(error)")
  }
  return nil
}

/// A file with one of everything.
func fillSample(_ file: HDF5File) throws {
  let root = file.root
  try root.write([1.5, -2, 3, 4, 5, 6] as [Float], shape: [3, 2], to: "numbers/float")
  try root.write([0.1, 0.2] as [Double], shape: [2], to: "numbers/double")
  try root.write([1, -2, 3] as [Int32], shape: [3, 1], to: "numbers/int32")
  try root.write([Int64.max, Int64.min] as [Int64], shape: [2], to: "numbers/int64")
  try root.write(7 as Int64, to: "numbers/scalar")
  try root.write([] as [Float], shape: [0, 4], to: "numbers/empty")
  try root.write("epochs: 3\nname: Mönch", to: "recipe")
  try root.write(["a", "", "längste"], to: "strings")
  try root.setAttribute("format", "cairn.checkpoint")
  try root.setAttribute("step", 12 as Int64)
  try root.setAttribute("loss", 0.25)
  try root.setAttribute("rate", 0.5 as Float)
  try root.group("numbers").setAttribute("layer_names", ["dense", "dense_1", "out"])
  try root.group("numbers").setAttribute("none", [] as [String])
  try root.dataset("strings").setAttribute("extents", [3, 4] as [Int64])
}
