internal import ArgumentParser
internal import Datasets

extension DatasetCommand {
  struct MakeAdding: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "The adding problem: sequences of numbers, two of them marked, and their sum.",
      discussion: """
        Each sample is [length, 2]: numbers from 0 to 1 and marks, one in each half. A network that says 1 always has a mean
        squared error of 1/6. Numbers and marks are drawn as NumPy's RandomState draws them.

        Example:
          cairn dataset make-adding --samples 20000 --length 200 --random-state 1 --output adding.h5
        """)

    @Option(help: "Rows.")
    var samples: Int
    @Option(help: "Positions of a row.")
    var length: Int
    @Option(name: .customLong("random-state"), help: "NumPy's seed.")
    var randomState: UInt32 = 0
    @Option(help: "The HDF5 file to write.")
    var output: String

    @OptionGroup var overwriting: OverwriteOptions

    func run() throws {
      try OutputFile(path: output, .hdf5).check(isForced: overwriting.force)
      let data = try makeAdding(samples: samples, length: length, randomState: randomState)
      try data.write(to: output)
      try StandardOutput.line("\(output): /data/x [\(samples), \(length), 2], /data/y [\(samples)]")
    }
  }
}
