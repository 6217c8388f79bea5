internal import ArgumentParser
internal import Checkpointing
internal import Datasets
internal import JSON
internal import Recipes
internal import Training

struct Generate: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Goes on with a text, by a network that was trained on `text`.",
    discussion: """
      Prints the prompt and what the network makes of it, token by token as it comes. Each token is drawn from the network's
      probabilities: the lower the temperature, the likelier the likeliest; at 0 it is always taken. The same seed gives the
      same text. Without a prompt the text begins as behind a line end.

      Example:
        cairn generate shakespeare --prompt "ROMEO:" --length 400 --temperature 0.8 --top-k 40 --seed 1
      """)

  @Argument(help: ArgumentHelp("A run's directory or name, or a checkpoint file.", valueName: "run|checkpoint"))
  var target: String

  @Option(help: ArgumentHelp("The text to go on with.", valueName: "text"))
  var prompt = ""

  @Option(help: "Tokens to make: characters, or bytes.")
  var length = 400

  @Option(help: "What logits are divided by; 0: the likeliest token is taken.")
  var temperature = 0.8

  @Option(
    name: .customLong("top-k"), help: ArgumentHelp("Only the likeliest so many tokens are drawn from.", valueName: "k"))
  var topK: Int?

  @Option(help: "Every draw follows from it.")
  var seed: UInt64 = 0

  @Option(help: "The folder that holds the runs.")
  var checkpoints: String = RunDirectory.defaultParent

  @Flag(help: "Prints one JSON document, when all is done.")
  var json = false

  func validate() throws {
    if length < 1 { throw ValidationError("--length \(length): expected 1 or more") }
    guard temperature >= 0, temperature.isFinite else {
      throw ValidationError("--temperature \(temperature): expected a number >= 0")
    }
    if let topK, topK < 1 { throw ValidationError("--top-k \(topK): expected 1 or more") }
  }

  func run() throws {
    let reference = try RunReference(target, parent: checkpoints)
    for line in reference.rejected { printError("rejected: \(line)") }
    let configuration = try reference.recipe(files: .none).configuration
    let generator = try TextGenerator(
      configuration, checkpoint: reference.checkpoint, sampling: Sampling(temperature: temperature, topK: topK),
      seed: seed)
    try generator.begin(prompt, called: "--prompt")
    var repair = UTF8Repair()
    var text = prompt
    if !json { try StandardOutput.write(prompt) }
    for _ in 0..<length where !StandardOutput.isAbandoned {
      let piece = repair.add(generator.vocabulary.bytes(of: try generator.next()))
      if json { text += piece } else if !piece.isEmpty { try StandardOutput.write(piece) }
    }
    let rest = repair.finish()
    if !json { return try StandardOutput.line(rest) }
    let progress = reference.checkpoint.progress
    let document: JSONValue = [
      "run": .string(progress.run), "checkpoint": .string(reference.checkpoint.path), "step": .integer(progress.step),
      "prompt": .string(prompt), "text": .string(text + rest), "tokens": .integer(length),
      "temperature": .number(temperature), "top_k": topK.map { .integer($0) } ?? .null, "seed": .unsigned(seed),
    ]
    try StandardOutput.line(document.text)
  }
}

/// Bytes that come one by one, as text: what is no UTF-8 becomes U+FFFD, and a character is held back until it is whole.
struct UTF8Repair {
  private var held: [UInt8] = []

  /// The text that is complete now.
  mutating func add(_ bytes: [UInt8]) -> String {
    held += bytes
    let whole = held.count - UTF8Repair.open(held)
    let text = String(decoding: held[..<whole], as: UTF8.self)
    held.removeFirst(whole)
    return text
  }

  /// What was held back.
  mutating func finish() -> String {
    defer { held = [] }
    return String(decoding: held, as: UTF8.self)
  }

  /// Bytes at the end that may be the beginning of a character.
  private static func open(_ bytes: [UInt8]) -> Int {
    for back in 1...3 where back <= bytes.count {
      let byte = bytes[bytes.count - back]
      if byte & 0xC0 == 0x80 { continue }
      let length =
        byte >= 0xF0 && byte < 0xF5 ? 4 : byte >= 0xE0 && byte < 0xF0 ? 3 : byte >= 0xC2 && byte < 0xE0 ? 2 : 1
      return length > back ? back : 0
    }
    return 0
  }
}
