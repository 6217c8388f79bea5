// swift-tools-version: 6.1
import PackageDescription

let package = Package(
  name: "TrainWithoutYAML",
  dependencies: [.package(name: "cairn", path: "../..")],
  targets: [
    .executableTarget(name: "TrainWithoutYAML", dependencies: [.product(name: "Cairn", package: "cairn")])
  ]
)
