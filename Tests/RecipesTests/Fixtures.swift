import Foundation
import Recipes

/// The folder of this repository.
let repository = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
  .deletingLastPathComponent().path

/// Every recipe that comes with the package.
let shippedRecipes: [String] = {
  let folder = repository + "/Recipes"
  let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
  return names.filter { $0.hasSuffix(".yaml") }.sorted().map { "\(folder)/\($0)" }
}()

/// A complete recipe of few lines; the line numbers matter to tests.
let smallRecipe = """
  name: small
  data:
    train:
      make_moons: {samples: 100}
  model:
    layers:
      - dense: {units: 4, activation: tanh}
      - dense: {units: 1, activation: sigmoid}
  loss: binary_crossentropy
  optimizer:
    adam: {learning_rate: 0.01}
  """

/// `smallRecipe` with one piece replaced, and more lines at its end.
func small(_ piece: String = "", _ replacement: String = "", more: String = "") -> String {
  (piece.isEmpty ? smallRecipe : smallRecipe.replacing(piece, with: replacement)) + "\n" + more
}

func parse(_ text: String, overrides: [String] = [], files: Recipe.FileCheck = .mustExist) throws -> Recipe {
  try Recipe.parse(text, file: "recipe.yaml", folder: nil, overrides: overrides, files: files)
}

/// The error's lines; empty if the recipe is accepted.
func problems(_ text: String, overrides: [String] = []) -> [String] {
  do {
    _ = try parse(text, overrides: overrides)
    return []
  } catch {
    return "\(error)".split(separator: "\n").map(String.init)
  }
}

/// A folder that exists while `body` runs.
func withTemporaryFolder<Result>(_ body: (String) throws -> Result) throws -> Result {
  let folder = FileManager.default.temporaryDirectory.appending(path: "recipes-\(UUID().uuidString)")
  try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  defer { try? FileManager.default.removeItem(at: folder) }
  return try body(folder.resolvingSymlinksInPath().path)
}
