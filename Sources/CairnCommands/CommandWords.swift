internal import ArgumentParser
internal import Recipes

/// The words of the command line, made ready for ArgumentParser: what it would refuse without help is said here, and
/// negative numbers are tied to their options.
enum CommandWords {
  /// - Parameter root: the command of which the words are arguments.
  /// - Throws: `CommandError` where a command is meant that there is not.
  static func prepared(_ words: [String], for root: any ParsableCommand.Type) throws -> [String] {
    if words.count == 1, ["version", "-v", "-V"].contains(words[0]) { return ["--version"] }
    try checkCommands(words, of: root)
    return withNegativeNumbersJoined(words)
  }

  private static func checkCommands(_ words: [String], of root: any ParsableCommand.Type) throws {
    var command = root
    var path = root._commandName
    for word in words {
      let below = command.configuration.subcommands
      if below.isEmpty || word.hasPrefix("-") || word == "help" && command == root { return }
      if command.configuration.defaultSubcommand != nil, !below.contains(where: { $0._commandName == word }) { return }
      guard let next = below.first(where: { $0._commandName == word }) else {
        let names = below.filter { $0.configuration.shouldDisplay }.map { $0._commandName }
        throw CommandError(
          .usage,
          "unknown command `\(word)`\(NearestName.hint(for: word, among: names))\nSee `\(path) --help` for more.")
      }
      command = next
      path += " \(word)"
    }
  }

  /// `--bias -2` as `--bias=-2`: ArgumentParser takes what begins with a dash for an option.
  private static func withNegativeNumbersJoined(_ words: [String]) -> [String] {
    var result: [String] = []
    let end = words.firstIndex(of: "--") ?? words.endIndex
    for (index, word) in words.enumerated() {
      if index < end, isNegativeNumber(word), let option = result.last, option.hasPrefix("--"), !option.contains("=") {
        result[result.count - 1] = "\(option)=\(word)"
      } else {
        result.append(word)
      }
    }
    return result
  }

  /// A number, or what was meant for one (`-1,5`): a message on its value is of more use than one on an unknown option.
  private static func isNegativeNumber(_ word: String) -> Bool {
    guard word.hasPrefix("-"), let first = word.dropFirst().first else { return false }
    return first.isASCII && first.isNumber || first == "." || Double(word) != nil
  }
}
