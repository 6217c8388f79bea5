internal import ArgumentParser
internal import Files
internal import Glibc
internal import JSON
internal import Recipes
internal import Sweeps
internal import Training

extension SweepCommand {
  struct Next: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Prints the next draw of a sweep that has not begun, as a line of JSON.",
      discussion: """
        Nothing is changed. Where all have begun, nothing is printed.

        Example:
          cairn sweep next Recipes/sweeps/digits-search.yaml
        """)

    @Argument(help: "The sweep, a YAML file.")
    var sweep: String

    @Option(help: "The folder that holds the runs.")
    var checkpoints: String = RunDirectory.defaultParent

    func run() throws {
      let (sweep, folder) = try SweepCommand.open(self.sweep, checkpoints)
      for draw in try folder.draws(sweep) {
        let members = sweep.repetition.members(of: draw.id)
        if members.contains(where: { FilePath.exists(folder.directory(of: $0).recipePath) }) { continue }
        let settings = draw.settings.map { ($0.key, JSONValue(yaml: $0.value)) }
        let line: JSONValue = ["draw": .string(draw.id.description), "settings": .object(settings)]
        return try StandardOutput.line(line.text)
      }
    }
  }

  struct Tell: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Adds a draw to a sweep, with settings that another program has found.",
      discussion: """
        Prints what the draw is called: t001, t002, ... It is trained by `cairn sweep SWEEP --resume`, or by a process that
        works on the sweep already. `draw: told` makes a sweep of such draws alone. Pruning leaves them alone.

        Example:
          cairn sweep tell Recipes/sweeps/digits-search.yaml '{"optimizer.adam.learning_rate": 0.003}'
        """)

    @Argument(help: "The sweep, a YAML file.")
    var sweep: String

    @Argument(help: "Settings by the recipe's keys, in JSON.")
    var settings: String

    @Option(help: "The folder that holds the runs.")
    var checkpoints: String = RunDirectory.defaultParent

    func run() throws {
      var (sweep, folder) = try SweepCommand.open(self.sweep, checkpoints)
      let settings = try sweep.told(settings)
      try folder.create()
      let number = try SweepLock(folder: folder).settingUp { hasOthers in
        if sweep.shards == nil, sweep.base.configuration.shards == nil { sweep.shards = 1 }
        if FilePath.exists(folder.recipePath) { sweep.shards = try folder.stored().shards }
        _ = try folder.adopt(sweep, mayGoOn: true, hasOthers: hasOthers)
        let told = try folder.told(sweep).count
        let line: JSONValue = .object(settings.map { ($0.key, JSONValue(yaml: $0.value)) })
        try LineFile(path: folder.toldPath).append(line.text)
        return told + 1
      }
      try StandardOutput.line(DrawID(number, isTold: true).description)
    }
  }
}
