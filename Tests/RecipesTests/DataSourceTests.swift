import Datasets
import Foundation
import Recipes
import Testing
import Training

/// Sources of data as a recipe says them.
@Suite struct DataSourceTests {
  private func source(_ text: String) throws -> DataSource {
    // Of named inputs each must be read.
    let isNamed = text.contains("ports")
    return try parse(
      small("make_moons: {samples: 100}", text).replacing(
        "- dense: {units: 4, activation: tanh}",
        with: (isNamed ? "- concatenate: {inputs: [ports, numeric]}\n    " : "")
          + "- dense: {units: 4, activation: tanh}"),
      files: .none
    ).configuration.data.train
  }

  @Test func formatsWithTheirDefaults() throws {
    #expect(try source("npz: {path: a.npz}") == .npz(path: "a.npz", features: "x", targets: "y", rows: .all))
    #expect(
      try source("npz: {path: a.npz, features: a, targets: b, rows: {to: 3}}")
        == .npz(path: "a.npz", features: "a", targets: "b", rows: RowRange(to: 3)))
    #expect(
      try source("idx: {features: a, targets: b, rows: {from: 1, to: 3}}")
        == .idx(features: "a", targets: "b", rows: RowRange(from: 1, to: 3)))
    #expect(try source("libsvm: {path: a}") == .libsvm(path: "a", features: nil, zeroBased: nil, rows: .all))
    for (text, value) in [("true", true), ("false", false), ("auto", nil)] as [(String, Bool?)] {
      #expect(
        try source("libsvm: {path: a, features: 5, zero_based: \(text), rows: {from: 2}}")
          == .libsvm(path: "a", features: 5, zeroBased: value, rows: RowRange(from: 2)))
    }
  }

  @Test(arguments: [
    "npz: {path: x.npz, features: a}", "idx: {features: x.npz, targets: y}", "libsvm: {path: y, zero_based: true}",
    "libsvm: {path: y}",
  ])
  func resolvedRecipesFindTheirFilesFromAnywhere(_ text: String) throws {
    try withTemporaryFolder { folder in
      for name in ["x.npz", "y"] { try Data().write(to: URL(filePath: "\(folder)/\(name)")) }
      let recipe = try Recipe.parse(
        small("make_moons: {samples: 100}", text + "\n  validation: {\(text)}"), file: "r.yaml", folder: folder)
      let again = try Recipe.parse(recipe.resolved(.run), file: "recipe.yaml", folder: "/nowhere")
      #expect(again.configuration.data == recipe.configuration.data)
      #expect("\(recipe.configuration.data.train)".contains(folder))
      #expect(
        again.resolved(.checkpoint) == recipe.resolved(.checkpoint) && !recipe.resolved(.checkpoint).contains(folder))
    }
  }

  @Test func inputsByName() throws {
    let inputs = InputArrays(named: [.init("numeric", "/data/n"), .init("ports", "/data/p")])
    for (text, expected) in [
      (
        "hdf5: {path: a.h5, features: {numeric: /data/n, ports: /data/p}, targets: /y}",
        DataSource(HDF5Source(path: "a.h5", inputs: inputs, targets: "/y"))
      ),
      (
        "npz: {path: a.npz, features: {numeric: /data/n, ports: /data/p}}",
        DataSource(NPZSource(path: "a.npz", inputs: inputs))
      ),
    ] {
      let layers = "- concatenate: {inputs: [ports, numeric]}\n    - dense: {units: 4, activation: tanh}"
      let recipe = try parse(
        small("make_moons: {samples: 100}", text).replacing("- dense: {units: 4, activation: tanh}", with: layers),
        files: .none)
      #expect(recipe.configuration.data.train == expected)
      let again = try Recipe.parse(recipe.resolved(.checkpoint), file: "recipe.yaml", folder: nil, files: .none)
      #expect(again.configuration.data == recipe.configuration.data)
    }
    for (features, message) in [
      ("{}", "features: expected text that is not empty"), ("{a/b: x}", "features: expected a layer's name"),
      ("{a: 1}", "features.a: expected text"), ("[a]", "or a map of names"),
    ] {
      let found = problems(small("make_moons: {samples: 100}", "npz: {path: a.npz, features: \(features)}"))
      #expect(found.contains { $0.contains(message) }, "\(found)")
    }
  }

  @Test func foldersOfImages() throws {
    #expect(try source("images: {path: a}") == DataSource(ImageSource(path: "a")))
    #expect(
      try source("images: {path: a, size: [32, 48], color: gray, resize: pad, rows: {to: 3}}")
        == DataSource(
          ImageSource(
            path: "a", size: ImageSize(height: 32, width: 48), color: .gray, fit: .pad, rows: RowRange(to: 3))))
    for size in ["[32]", "32", "[32, 32, 3]", "[0, 4]"] {
      let found = problems(small("make_moons: {samples: 100}", "images: {path: a, size: \(size)}"))
      #expect(found.contains { $0.contains("data.train.images.size") }, "\(found)")
    }
    try withTemporaryFolder { folder in
      try FileManager.default.createDirectory(atPath: "\(folder)/pictures", withIntermediateDirectories: true)
      try Data().write(to: URL(filePath: "\(folder)/file"))
      let recipe = try Recipe.parse(
        small("make_moons: {samples: 100}", "images: {path: pictures/}"), file: "r.yaml", folder: folder)
      #expect(recipe.configuration.data.train.paths == ["\(folder)/pictures"])
      let again = try Recipe.parse(recipe.resolved(.run), file: "recipe.yaml", folder: "/nowhere")
      #expect(again.configuration.data == recipe.configuration.data)
      #expect(!recipe.resolved(.checkpoint).contains(folder))
      #expect(throws: RecipeError.self) {
        try Recipe.parse(small("make_moons: {samples: 100}", "images: {path: file}"), file: "r.yaml", folder: folder)
      }
      let known = DataSource(ImageSource(path: "a", size: ImageSize(height: 2, width: 2), color: .gray))
      #expect(
        try parseDataSource("pictures", folder: folder, like: known)
          == DataSource(
            ImageSource(path: "\(folder)/pictures", size: ImageSize(height: 2, width: 2), color: .gray)))
      let hdf5 = DataSource.hdf5(path: "a.h5", features: "x", targets: "y", rows: .all)
      #expect(
        try parseDataSource("pictures", folder: folder, like: hdf5)
          == DataSource(ImageSource(path: "\(folder)/pictures")))
    }
  }

  @Test func theBuffer() throws {
    func buffer(_ text: String) throws -> Int {
      try parse(small("samples: 100}", "samples: 100}\n  buffer_mb: \(text)")).configuration.data.buffer
    }
    #expect(try buffer("auto") == 2_000_000_000 && buffer("256") == 256_000_000 && buffer("0.5") == 500_000)
    #expect(try parse(smallRecipe).configuration.data.bufferMegabytes == nil)
    #expect(
      problems(small("samples: 100}", "samples: 100}\n  buffer_mb: 0")).first?.contains(
        "data.buffer_mb: expected `auto` or a number > 0, found 0") == true)
  }

  @Test func filesAreToldByTheirNames() throws {
    try withTemporaryFolder { folder in
      for name in ["a.npz", "t-idx3-ubyte.gz", "a.svm", "a.tsv"] {
        try Data().write(to: URL(filePath: "\(folder)/\(name)"))
      }
      func given(_ name: String) throws -> DataSource { try parseDataSource(name, folder: folder) }
      #expect(try given("a.npz") == .npz(path: folder + "/a.npz", features: "x", targets: "y", rows: .all))
      #expect(try given("t-idx3-ubyte.gz") == .idx(features: folder + "/t-idx3-ubyte.gz", targets: nil, rows: .all))
      #expect(try given("a.svm") == .libsvm(path: folder + "/a.svm", features: nil, zeroBased: nil, rows: .all))
      let missing = #expect(throws: RecipeError.self) { try given("{idx: {features: a.npz, targets: gone}}") }
      #expect(missing?.kind == .missingFile)
    }
  }
}
