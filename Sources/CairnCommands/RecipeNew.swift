internal import ArgumentParser
internal import Datasets
internal import Files
internal import Recipes

struct RecipeNew: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "new", abstract: "Writes a first recipe for a table in a CSV file, ready to train.",
    discussion: """
      The file is read once. The recipe says in comments what each column is and why, and what was left out. Delimiter,
      decimal comma and header are found out.

      Example:
        cairn recipe new --data titanic.csv --target survived --ignore ticket --output titanic.yaml
        cairn train titanic.yaml
      """)

  enum Task: String, CaseIterable, ExpressibleByArgument {
    case classes, values

    var proposed: ProposedTask { self == .classes ? .classes : .values }
  }

  @Option(help: ArgumentHelp("A CSV or TSV file, also in gzip.", valueName: "file"))
  var data: String
  @Option(
    help: ArgumentHelp("Columns to predict, by name or number from 1; commas between several.", valueName: "names"))
  var target: String
  @Option(help: ArgumentHelp("Columns to leave out, likewise.", valueName: "names"))
  var ignore: String?
  @Option(help: "What a target of whole numbers is: classes or values; without it, it is told from the numbers.")
  var task: Task?
  @Option(help: ArgumentHelp("The recipe to write; without it, to standard output.", valueName: "recipe"))
  var output: String?

  @OptionGroup var overwriting: OverwriteOptions

  func run() throws {
    if let format = DataSource.Format(path: data), format != .csv, format != .tsv {
      throw CommandError(
        .usage,
        "\(data): a recipe is made for a table in a CSV or TSV file (.csv, .tsv, .csv.gz): write the data as one, or "
          + "start from a recipe of Recipes/")
    }
    if let output {
      try OutputFile(path: output, .yaml, heading: "-").check(inputs: [data], isForced: overwriting.force)
    }
    let proposal = try RecipeProposal(
      path: data, targets: CSVSource.names(in: target, at: "--target"),
      ignored: ignore.map { try CSVSource.names(in: $0, at: "--ignore") } ?? [], task: task?.proposed,
      folder: output.map { FilePath.split($0).folder })
    guard let output else { return try StandardOutput.write(proposal.recipe) }
    try FileContents.publish(Array(proposal.recipe.utf8), at: output)
    try StandardOutput.line("\(output): `cairn train \(output)` trains it")
  }
}
