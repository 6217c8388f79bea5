internal import ArgumentParser
internal import Files
internal import Glibc
internal import Recipes
internal import Reports

struct Report: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Makes a page with the figures of a run, of several runs side by side, or of a sweep.",
    discussion: """
      One HTML file that needs nothing else: summary, diagnosis, loss, every layer's gradients, weights and updates over
      the steps, what happened when, and the recipe. Several runs are drawn over each other, with what their recipes say
      differently. It is made from the newest checkpoint of each run, finished or not.

      Of a sweep: its draws, best first, parallel coordinates, the objective against each varied key, learning curves.

      Example:
        cairn report moons-sigmoid --output moons-sigmoid.html
        cairn report moons-sigmoid moons-relu --output both.html
        cairn report digits --figures figures/
        cairn report moons-search --output search.html
      """)

  @Argument(
    help: ArgumentHelp(
      "Runs' directories or names, or checkpoint files; or one sweep.", valueName: "run|checkpoint|sweep"))
  var targets: [String]

  @Option(help: ArgumentHelp("The page to write.", valueName: "file.html"))
  var output: String?

  @Option(
    help: ArgumentHelp(
      "A folder that gets each figure as SVG, and as PNG where `rsvg-convert` is installed.", valueName: "dir"))
  var figures: String?

  @OptionGroup var overwriting: OverwriteOptions

  @Option(help: "The folder that holds the runs.")
  var checkpoints: String = RunDirectory.defaultParent

  func validate() throws {
    if output == nil && figures == nil {
      throw ValidationError("Nothing to write: give --output FILE.html, --figures DIR, or both.")
    }
  }

  func run() throws {
    if let sweep = targets.lazy.compactMap({ SweepFolder(naming: $0, parent: checkpoints) }).first {
      return try report(sweep)
    }
    guard Quarantine.isChild else { return try Quarantine.rerun(targets.joined(separator: ", ")) }
    Quarantine.limit(
      reading: targets.map { FilePath.isFolder("\(checkpoints)/\($0)") ? "\(checkpoints)/\($0)" : $0 })
    let sources = try targets.map { target in
      let reference = try RunReference(target, parent: checkpoints)
      for line in reference.rejected { printError("rejected: \(line)") }
      return reference
    }
    let inputs = sources.flatMap { source in
      source.files(try? source.recipe(files: .none).configuration)
    }
    if let output {
      try OutputFile(path: output, .html).check(
        inputs: inputs, of: sources.first?.directory, isForced: overwriting.force)
    }
    var runs = try sources.map { try ReportedRun(reading: $0) }
    // Runs of one name, from different folders, are told apart by what they were asked for as.
    let names = runs.map(\.name)
    for at in runs.indices where names.filter({ $0 == names[at] }).count > 1 { runs[at].name = targets[at] }

    let report = RunReport(runs, differences: RecipeRow.differences(of: sources.map(\.checkpoint)))
    if let output { try FileContents.publish(Array(report.html().utf8), at: output) }
    if let figures { try write(report.figureFiles(), to: figures, inputs) }
  }

  /// Of a sweep only its own small files are read.
  private func report(_ sweep: SweepFolder) throws {
    if targets.count > 1 {
      throw CommandError(.usage, "\(sweep.path): is a sweep, which has a page of its own; give it alone")
    }
    let inputs = [sweep.recipePath, sweep.tablePath, sweep.bestPath, sweep.toldPath]
    if let output { try OutputFile(path: output, .html).check(inputs: inputs, isForced: overwriting.force) }
    let report = SweepReport(try SweepWatch.open(sweep).state)
    if let output { try FileContents.publish(Array(report.html().utf8), at: output) }
    if let figures { try write(report.figureFiles(), to: figures, inputs) }
  }

  private func write(_ files: [(name: String, svg: String)], to folder: String, _ inputs: [String]) throws {
    try FileContents.makeFolders(folder)
    for file in files {
      for kind in [OutputFile.Kind.svg, .png] {
        try OutputFile(path: "\(folder)/\(file.name).\(kind.rawValue.lowercased())", kind)
          .check(inputs: inputs, isForced: overwriting.force)
      }
    }
    var problem: String?
    for file in files {
      let path = "\(folder)/\(file.name)"
      try FileContents.publish(Array(file.svg.utf8), at: path + ".svg")
      if problem == nil { problem = Report.convert(path + ".svg", to: path + ".png") }
    }
    if let problem { printError("no PNG files: \(problem)") }
  }

  /// - Returns: why it could not be done; nil: it is.
  private static func convert(_ svg: String, to png: String) -> String? {
    // A leading `-` would be taken for an option.
    func safe(_ path: String) -> String { path.hasPrefix("-") ? "./" + path : path }
    let words = ["rsvg-convert", "--zoom", "2", "--output", safe(png), safe(svg)]
    var arguments: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) } + [nil]
    defer { for argument in arguments { free(argument) } }
    var process = pid_t()
    let code = posix_spawnp(&process, "rsvg-convert", nil, nil, &arguments, environ)
    if code == ENOENT { return "rsvg-convert is not installed" }
    if code != 0 { return "rsvg-convert: \(String(cString: strerror(code)))" }
    var status: Int32 = 0
    while waitpid(process, &status, 0) < 0 && errno == EINTR {}
    return status == 0 ? nil : "rsvg-convert failed on \(svg)"
  }
}
