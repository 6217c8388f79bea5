// swift-tools-version: 6.1
// The house, bottom-up: a target imports only what is listed above it.
import PackageDescription

let swiftSettings: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
]

func library(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
  .target(name: name, dependencies: dependencies, swiftSettings: swiftSettings)
}

func tests(_ name: String, _ dependencies: [Target.Dependency], resources: [Resource] = []) -> Target {
  .testTarget(
    name: name, dependencies: dependencies, resources: resources, swiftSettings: swiftSettings)
}

let package = Package(
  name: "cairn",
  products: [
    .executable(name: "cairn", targets: ["cairn"]),
    .library(name: "Cairn", targets: ["Cairn"]),
    .library(name: "CairnKernels", targets: ["Kernels"]),
    .library(name: "CairnRecipes", targets: ["Recipes"]),
    .library(name: "GradientHealth", targets: ["GradientHealth"]),
  ],
  traits: [
    .trait(name: "MPI", description: "Training on several machines, over MPI: needs libopenmpi-dev (or libmpich-dev).")
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
  ],
  targets: [
    // System libraries and C.
    .systemLibrary(name: "CEpoll"),
    .systemLibrary(name: "CHDF5", pkgConfig: "hdf5", providers: [.apt(["libhdf5-dev"])]),
    .systemLibrary(name: "CCrypto", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"])]),
    .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
    .systemLibrary(name: "CSPNG", pkgConfig: "spng", providers: [.apt(["libspng-dev"])]),
    .systemLibrary(name: "CTurboJPEG", pkgConfig: "libturbojpeg", providers: [.apt(["libturbojpeg0-dev"])]),
    .systemLibrary(name: "CMPI", pkgConfig: "mpi", providers: [.apt(["libopenmpi-dev"])]),
    .target(name: "CHDF5Image", dependencies: ["CHDF5"]),
    .target(name: "CImages", dependencies: ["CSPNG", "CTurboJPEG"], linkerSettings: [.linkedLibrary("m")]),
    .target(name: "CKernels"),
    .target(name: "COpenBLAS", linkerSettings: [.linkedLibrary("dl")]),
    .target(name: "CThreads"),
    // The manifest is cached, and evaluated anew where this variable changes: git alone would be asked too seldom.
    .target(
      name: "CBuildInfo",
      cSettings: Context.environment["CAIRN_COMMIT"].map { [.define("CAIRN_COMMIT", to: "\"\($0)\"")] } ?? []),

    // Ground floor: numbers, files, threads.
    library("Threads", ["CThreads"]),
    library("Files", ["CThreads"]),
    library("JSON"),
    library("Kernels", ["CKernels", "COpenBLAS", "Files"]),
    library("HDF5Storage", ["CHDF5", "CHDF5Image", "Files"]),
    library("GradientHealth", ["CKernels"]),

    // What is trained, by what rule, on what, by whom.
    library("NeuralNetwork", ["Kernels"]),
    library("Optimizers", ["Kernels"]),
    library("DataParallel", ["CThreads", "Files", "Kernels", "Threads"]),
    // Empty without the trait.
    library("MPIExchange", ["DataParallel", .target(name: "CMPI", condition: .when(traits: ["MPI"]))]),
    library("Datasets", ["CImages", "CZlib", "Files", "HDF5Storage", "Kernels", "Threads"]),

    library(
      "Checkpointing",
      [
        "CCrypto", "Datasets", "Files", "GradientHealth", "HDF5Storage", "JSON", "Kernels", "NeuralNetwork", "Threads",
      ]),
    library(
      "Training",
      [
        "CKernels", "Checkpointing", "DataParallel", "Datasets", "Files", "GradientHealth", "HDF5Storage", "Kernels",
        "NeuralNetwork", "Optimizers",
      ]),
    // One import for those who train from Swift.
    library("Cairn", ["Checkpointing", "Datasets", "NeuralNetwork", "Optimizers", "Training"]),

    // Which runs a sweep is made of, and what came of them: values in, values out.
    library("Sweeps", ["Files", "JSON", "Kernels"]),

    // What a user meets.
    library(
      "Recipes",
      [
        "Datasets", "Files", "GradientHealth", "JSON", "NeuralNetwork", "Optimizers", "Sweeps", "Training",
        .product(name: "Yams", package: "Yams"),
      ]),
    library("TensorBoard", ["Files"]),
    library(
      "Reports",
      [
        "Checkpointing", "Datasets", "Files", "GradientHealth", "HDF5Storage", "JSON", "Kernels", "Sweeps",
        "TensorBoard", "Threads", "Training",
      ]),
    library("RunServer", ["CEpoll", "JSON", "Reports"]),
    library(
      "CairnCommands",
      [
        "CBuildInfo", "CThreads", "Checkpointing", "DataParallel", "Datasets", "Files", "GradientHealth", "HDF5Storage",
        "JSON", "Kernels", "MPIExchange", "NeuralNetwork", "Optimizers", "Recipes", "Reports", "RunServer", "Sweeps",
        "TensorBoard", "Threads", "Training", .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ]),
    .executableTarget(name: "cairn", dependencies: ["CairnCommands"], swiftSettings: swiftSettings),

    // Runs that Keras computed, for the tests to compare with.
    .target(
      name: "KerasReference", dependencies: ["HDF5Storage"], path: "Tests/KerasReference", swiftSettings: swiftSettings),
    tests("FilesTests", ["Files"]),
    tests("JSONTests", ["JSON"]),
    tests("KernelsTests", ["Kernels"]),
    tests("ThreadsTests", ["CThreads", "Threads"]),
    tests("HDF5StorageTests", ["CHDF5", "Files", "HDF5Storage"]),
    tests("DatasetsTests", ["CImages", "Datasets", "Files", "HDF5Storage", "Kernels"]),
    tests(
      "RecipesTests", ["Datasets", "GradientHealth", "NeuralNetwork", "Optimizers", "Recipes", "Sweeps", "Training"]),
    tests("NeuralNetworkTests", ["NeuralNetwork", "Kernels"]),
    tests("OptimizersTests", ["Optimizers", "Kernels"]),
    tests("DataParallelTests", ["DataParallel", "Kernels"]),
    tests("GradientHealthTests", ["GradientHealth"]),
    tests("DiagnosisTests", ["Checkpointing", "GradientHealth", "Recipes", "Training"]),
    tests(
      "TrainingTests",
      [
        "Checkpointing", "DataParallel", "Datasets", "Files", "GradientHealth", "HDF5Storage", "KerasReference",
        "Kernels", "NeuralNetwork", "Recipes", "Training",
      ]),
    tests(
      "CheckpointingTests",
      [
        "CHDF5", "Checkpointing", "Datasets", "Files", "GradientHealth", "HDF5Storage", "JSON", "Kernels",
        "NeuralNetwork",
        "Recipes", "Training",
      ]),
    tests("SweepsTests", ["Files", "Sweeps"]),
    tests("TensorBoardTests", ["Files", "TensorBoard"]),
    tests(
      "ReportsTests", ["Files", "GradientHealth", "JSON", "Recipes", "Reports", "Sweeps", "TensorBoard", "Training"]),
    tests("RunServerTests", ["Reports", "RunServer", "Sweeps"]),
    tests(
      "CommandTests",
      ["cairn", "CairnCommands", "Checkpointing", "Files", "HDF5Storage", "KerasReference", "Training"]),
  ]
)
