import Foundation
import Glibc
import Testing

/// Where the program's text goes, and what becomes of it where it cannot go there.
@Suite struct OutputTests {
  /// A folder with a run called `sound`, and `data.h5`.
  private static func workplace() throws -> Workplace {
    let place = try Workplace()
    try BrokenInput.writeSound(in: place)
    #expect(try Command.run("train", "recipe.yaml", "--progress", "none", in: place.folder).code == 0)
    return place
  }

  /// Every command that says something.
  static let commands = [
    "--help", "-v", "help train", "recipe schema", "recipe check recipe.yaml", "--generate-completion-script bash",
    "evaluate sound", "inspect sound --json", "verify Checkpoints/sound/step-000000000.h5", "diagnose sound",
    "history sound --csv", "diff sound sound --json", "diff sound Checkpoints/sound/step-000000000.h5", "runs --csv",
    "compare sound sound", "watch sound", "dataset describe data.h5", "dataset convert data.h5 copy.h5",
    "dataset make-moons --samples 9 --output m.h5",
    "dataset make-regression --samples 9 --features 3 --output r.h5", "predict sound --data data.h5 --output p.h5",
    "resume sound", "train recipe.yaml --overwrite", "train recipe.yaml --overwrite --progress json",
    "bench 2-2-1:relu:4 --json",
  ]

  private func shell(_ script: String, in place: Workplace) throws -> Command.Outcome {
    try Command("bash", ["-c", script, "bash", Command.cairn], in: place.folder).wait(limit: 120)
  }

  @Test func lostOutputIsAnError() throws {
    let place = try OutputTests.workplace()
    for words in OutputTests.commands {
      let full = try shell("\"$1\" \(words) > /dev/full", in: place)
      #expect(full.code == 73, "\(words)")
      #expect(full.errors.contains("standard output: cannot write: No space left"), "\(words): \(full.errors)")
    }
    for words in ["runs", "inspect sound", "diff sound sound", "train recipe.yaml --overwrite"] {
      let closed = try shell("\"$1\" \(words) >&-", in: place)
      #expect(closed.code == 73 && closed.errors.contains("standard output is closed"), "\(words): \(closed.errors)")
    }
  }

  @Test func aReaderThatHasSeenEnoughIsNoError() throws {
    let place = try OutputTests.workplace()
    let different = "diff sound Checkpoints/sound/step-000000000.h5"
    for (words, code) in [("train --help", 0), ("inspect sound", 0), ("runs", 0), (different, 4), ("watch sound", 0)] {
      // `true` reads nothing, and has ended by the time that anything is said.
      let outcome = try shell("(sleep 0.02; \"$1\" \(words)) | true; exit ${PIPESTATUS[0]}", in: place)
      #expect(outcome.code == code, "\(words): \(outcome.errors)")
      #expect(!outcome.errors.contains("cairn:"), "\(words): \(outcome.errors)")
    }
  }

  @Test func noTextEndsWithAnEmptyLine() throws {
    let place = try OutputTests.workplace()
    for words in ["train --help", "--version", "recipe check recipe.yaml", "recipe schema", "runs", "diagnose sound"] {
      let outcome = try shell("\"$1\" \(words)", in: place)
      #expect(outcome.code == 0, "\(words): \(outcome.errors)")
      #expect(outcome.output.hasSuffix("\n") && !outcome.output.hasSuffix("\n\n"), "\(words): \(outcome.output)")
    }
  }

  /// With standard output closed its number is free: a file opened next must not get it, and the text with it.
  @Test func noFileTakesTheTextOfAClosedOutput() throws {
    let place = try OutputTests.workplace()
    #expect(try shell("\"$1\" train recipe.yaml --overwrite >&- 2>&- <&-", in: place).code == 73)
    let verified = try Command.run("verify", "sound", in: place.folder)
    #expect(verified.code == 0, "\(verified.output)")
    for name in ["events.jsonl", "rows.jsonl", "recipe.yaml"] {
      let text = String(decoding: try place.bytes("Checkpoints/sound/\(name)"), as: UTF8.self)
      #expect(!text.contains("finished: ") && !text.contains("weights in"), "\(name)")
    }
  }

  @Test func trainingGoesOnWithoutItsOutput() throws {
    let place = try OutputTests.workplace()
    let undisturbed = try place.checkpoints("sound").map(place.bytes)
    for target in ["> /dev/full", "| true", ">&-"] {
      let outcome = try shell("\"$1\" train recipe.yaml --overwrite --progress json \(target); true", in: place)
      #expect(try place.checkpoints("sound").map(place.bytes) == undisturbed, "\(target): \(outcome.errors)")
    }
    // A code that says more than the loss of some text is not covered up by it.
    let diverged = try shell(
      "\"$1\" train recipe.yaml --overwrite --set health.on_blowup=halt --inject nan-gradient@2:dense > /dev/full",
      in: place)
    #expect(diverged.code == 3, "\(diverged.errors)")
  }

  @Test func resultsAreOutputAndProgressIsNot() throws {
    let place = try OutputTests.workplace()
    let plain = try Command.run("train", "recipe.yaml", "--overwrite", in: place.folder)
    let lines = plain.output.split(separator: "\n")
    #expect(lines.count == 4 && lines[0].hasPrefix("finished: ") && lines[1].hasPrefix("loss "), "\(plain.output)")
    #expect(
      lines[2].hasPrefix("run         Checkpoints/sound") && lines[3].hasPrefix("checkpoint  Checkpoints/sound/step-"))
    #expect(plain.errors.contains("epoch 1/") && !plain.errors.contains("finished"), "\(plain.errors)")

    let json = try Command.run("train", "recipe.yaml", "--overwrite", "--progress", "json", in: place.folder)
    #expect(json.errors.isEmpty)
    let events = try json.output.split(separator: "\n").map { line in
      try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
    }
    #expect(events.first?["event"] as? String == "started" && events.last?["event"] as? String == "finished")
    #expect(events.last?["checkpoint"] as? String == place.checkpoints("sound").last)
    #expect(
      events.contains { $0["event"] as? String == "step" } && events.contains { $0["event"] as? String == "epoch" })

    let again = try Command.run("resume", "sound", "--progress", "json", in: place.folder)
    #expect(again.code == 0 && again.errors.isEmpty && again.output.hasPrefix("{\"event\": \"resumed\""))
    let none = try Command.run("train", "recipe.yaml", "--overwrite", "--progress", "none", in: place.folder)
    #expect(none.output.isEmpty && none.errors.isEmpty)
  }

  /// Swift's `print`, and writing past the one place that looks whether it worked.
  @Test func nothingElseWritesToStandardOutput() throws {
    let folder = repository("Sources")
    let files = try #require(FileManager.default.enumerator(atPath: folder)).compactMap { $0 as? String }
    var read = 0
    for file in files where file.hasSuffix(".swift") {
      let text = try String(contentsOfFile: "\(folder)/\(file)", encoding: .utf8)
      read += 1
      // The display has a function of its own of that name, for standard error.
      if file != "Reports/ProgressDisplay.swift" {
        #expect(text.firstMatch(of: /(^|[^\w.])(print|debugPrint|dump|puts|putchar|printf|fputs)\(/) == nil, "\(file)")
      }
      #expect(text.firstMatch(of: /FileHandle\.standardOutput|[^d]stdout\b/) == nil, "\(file)")
      if file != "CairnCommands/StandardOutput.swift" {
        #expect(text.firstMatch(of: /write\(STDOUT_FILENO/) == nil, "\(file)")
      }
    }
    #expect(read > 200)
  }
}
