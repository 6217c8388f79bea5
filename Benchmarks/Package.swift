// swift-tools-version: 6.1
// Times parts of Cairn. A package of its own, so that nobody who uses Cairn builds a benchmark library.
import PackageDescription

let package = Package(
  name: "cairn-benchmarks",
  dependencies: [
    .package(name: "cairn", path: ".."),
    // Without traits: no malloc library of its own; its counts of allocations then read 0 and are not asked for.
    .package(url: "https://github.com/ordo-one/benchmark", from: "1.38.1", traits: []),
  ],
  targets: [
    .executableTarget(
      name: "CairnBenchmarks",
      dependencies: [
        .product(name: "Benchmark", package: "benchmark"),
        .product(name: "Cairn", package: "cairn"),
        .product(name: "CairnKernels", package: "cairn"),
      ],
      path: "Benchmarks/CairnBenchmarks",
      swiftSettings: [.swiftLanguageMode(.v6), .enableUpcomingFeature("ExistentialAny")],
      plugins: [.plugin(name: "BenchmarkPlugin", package: "benchmark")])
  ]
)
