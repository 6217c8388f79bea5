internal import ArgumentParser
internal import Checkpointing
internal import Datasets
internal import Glibc
internal import HDF5Storage
internal import Training

/// HDF5 files without a digest that a command is about to read: data, and weights of other programs.
///
/// A child process reads them first, by the same calls, with bounded memory and time. If libhdf5 crashes on one, hangs or
/// asks for all memory, the child is lost and the command ends with 65 and the file's name. `FileStamp` notices a streamed
/// file that is written to afterwards.
struct UntrustedFiles {
  /// What the child is told, three words a file: `weights PATH ""`, `data PATH DATASET`, or `names PATH DATASET`, which need
  /// not be there.
  private var words: [String] = []
  private var paths: [String] = []

  /// - Parameter sources: those that libhdf5 does not read are left out.
  init(_ sources: [DataSource] = [], weights: String? = nil) {
    for source in sources {
      let reads = source.kind.libraryReads
      for read in reads { words += [read.isOptional ? "names" : "data", read.path, read.dataset] }
      for path in Set(reads.map(\.path)).sorted() { paths.append(path) }
    }
    if let weights {
      words += ["weights", weights, ""]
      paths.append(weights)
    }
  }

  /// What a run reads.
  ///
  /// - Parameter startsAnew: whether its initial weights are read.
  init(of configuration: TrainingConfiguration, startsAnew: Bool) {
    var sources = [configuration.data.train]
    if case .source(let source) = configuration.data.validation { sources.append(source) }
    self.init(sources, weights: startsAnew ? configuration.initialWeights : nil)
  }

  /// Reads the files in a child process.
  ///
  /// - Throws: `CommandError` with the child's exit code and words, or 65 where it was ended by a signal; `EndOfRun` where
  ///   that was a signal to stop.
  func screen() throws {
    // What is not there, or no file, cannot harm, and its reader says so best.
    if Quarantine.isChild || paths.allSatisfy({ !UntrustedFiles.isRegular($0) }) { return }
    try Quarantine.screen(words, size: Quarantine.size(of: paths))
  }

  static func isRegular(_ path: String) -> Bool {
    var status = stat()
    return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
  }
}

/// The hidden command that the child runs.
struct ScreenFiles: ParsableCommand {
  static let configuration = CommandConfiguration(commandName: "screen-files", shouldDisplay: false)

  @Argument(help: "Three words a file.")
  var words: [String]

  func run() throws {
    let items = stride(from: 0, to: words.count - 2, by: 3).map { (words[$0], words[$0 + 1], words[$0 + 2]) }
    Quarantine.limit(processorSeconds: 3, reading: Array(Set(items.map(\.1))))
    for (kind, path, dataset) in items where UntrustedFiles.isRegular(path) {
      // Should this process be ended, its parent knows by which file.
      try StandardOutput.line(path)
      do {
        if kind == "weights" {
          try HDF5Survey.read(WeightFile.open(path))
          continue
        }
        let file = try HDF5File(readingAt: path)
        if kind == "data" || (try? file.root.contains(dataset)) == true { try HDF5Survey.read(dataset, in: file) }
      } catch let error as HDF5Error where kind != "weights" {
        throw DatasetError(error)
      }
    }
  }
}
