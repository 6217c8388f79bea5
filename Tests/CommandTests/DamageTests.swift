import Checkpointing
import Foundation
import Testing

/// Checkpoints whose bytes are not those that were written.
@Suite struct DamageTests {
  /// A place with a finished run, and its last checkpoint's path and bytes.
  static func trained() throws -> (Workplace, path: String, bytes: [UInt8]) {
    let place = try Workplace()
    try BrokenInput.writeSound(in: place)
    #expect(try Command.run("train", "recipe.yaml", in: place.folder).code == 0)
    let path = try #require(place.checkpoints("sound").last)
    return (place, path, try place.bytes(path))
  }

  static func write(_ bytes: some Sequence<UInt8>, to name: String, in place: Workplace) throws {
    try Data(bytes).write(to: URL(filePath: place.path(name)))
  }

  @Test(arguments: [0, 100, 2000, -1, -128, -500]) func aShortenedFileIsNone(_ length: Int) throws {
    let (place, _, bytes) = try DamageTests.trained()
    try DamageTests.write(bytes.prefix(length > 0 ? length : bytes.count + length), to: "short.h5", in: place)
    if length == 0 { try DamageTests.write([], to: "short.h5", in: place) }
    for command in ["inspect", "evaluate"] {
      let outcome = try Command.run(command, "short.h5", in: place.folder)
      #expect(outcome.code == 65 && outcome.output.isEmpty)
      #expect(outcome.errors.contains("short.h5"), "\(outcome.errors)")
    }
  }

  @Test func aFlippedByteAnywhereIsFound() throws {
    let (place, _, bytes) = try DamageTests.trained()
    // In the superblock, in weights and history, in the recipe, in the digest, in the trailer's CRC and magic.
    let places = [0, 9, 700, bytes.count / 3, bytes.count / 2, bytes.count - 200, bytes.count - 90, bytes.count - 2]
    for position in places + [bytes.count - 128] {
      var damaged = bytes
      damaged[position] ^= 0x10
      try DamageTests.write(damaged, to: "flipped.h5", in: place)
      let outcome = try Command.run("inspect", "flipped.h5", "--json", in: place.folder)
      #expect(outcome.code == 65 && outcome.output.isEmpty, "byte \(position)")
      #expect(outcome.errors.contains("flipped.h5"), "\(outcome.errors)")
    }
    try DamageTests.write(bytes, to: "whole.h5", in: place)
    #expect(try Command.run("inspect", "whole.h5", "--json", in: place.folder).code == 0)
  }

  @Test func aRunFallsBackToTheCheckpointBefore() throws {
    let (place, newest, bytes) = try DamageTests.trained()
    let older = try #require(place.checkpoints("sound").dropLast().last)
    try DamageTests.write(bytes.prefix(bytes.count / 2), to: newest, in: place)
    let outcome = try Command.run("inspect", "sound", "--json", in: place.folder)
    #expect(outcome.code == 0)
    #expect(outcome.errors.contains(newest), "\(outcome.errors)")
    #expect(try outcome.json()["path"] as? String == older)

    for path in place.checkpoints("sound") { try DamageTests.write(bytes.prefix(300), to: path, in: place) }
    let none = try Command.run("inspect", "sound", in: place.folder)
    #expect(none.code == 65 || none.code == 66)
    #expect(none.errors.contains("no checkpoint that verifies"), "\(none.errors)")
  }

  /// The image with -1 for the number of attempts: nothing that a run writes, under a digest that is right.
  static func forged(_ bytes: [UInt8], step: Int) throws -> [UInt8] {
    var image = Array(bytes.dropLast(CheckpointTrailer.size))
    let name = Array("attempt\0".utf8)
    let start = try #require(image.indices.dropLast(64).first { image[$0..<$0 + name.count].elementsEqual(name) })
    // The message's type and space stand between name and value: type 8 + 4 bytes padded, a scalar's space 8.
    let value = try #require(
      (start + name.count..<start + 64).first { place in
        image[place - 8..<place].elementsEqual([1, 0, 0, 0, 0, 0, 0, 0])
          && image[place..<place + 8].allSatisfy { $0 == 0 }
      })
    for place in value..<value + 8 { image[place] = 0xff }
    return image + CheckpointTrailer(image: image, step: step, isHealthy: true).bytes
  }

  @Test func aForgedCheckpointIsPassedOver() throws {
    let (place, newest, bytes) = try DamageTests.trained()
    let step = try #require(Int(newest.dropLast(3).suffix(9)))
    try DamageTests.write(try DamageTests.forged(bytes, step: step), to: newest, in: place)
    let verify = try Command.run("verify", newest, in: place.folder)
    #expect(verify.code == 4 && verify.output.contains("attempt"), "\(verify.output)")
    for arguments in [["evaluate", newest], ["inspect", newest], ["diff", newest, newest]] {
      let outcome = try Command(Command.cairn, arguments, in: place.folder).wait(limit: 60)
      #expect(outcome.code == 65 && outcome.errors.contains(newest), "\(arguments): \(outcome.errors)")
    }
    let resume = try Command.run("resume", "sound", "--epochs", "9", "--progress", "plain", in: place.folder)
    #expect(resume.code == 0 && (resume.output + resume.errors).contains("rejected checkpoint"), "\(resume.errors)")
    #expect(try Command.run("verify", "sound", in: place.folder).code == 0)
  }

  /// Files that crash libhdf5, or that it does not come to an end with.
  @Test(arguments: ["segv.h5", "hang.h5"]) func aHostileFileHarmsNobody(_ name: String) throws {
    let (place, _, _) = try DamageTests.trained()
    let path = repository("Tests/Fixtures/hostile/\(name)")
    var commands = [["dataset", "describe", path]]
    if name == "segv.h5" {
      commands += [
        ["dataset", "convert", path, "out.h5"], ["evaluate", "sound", "--data", path],
        ["predict", "sound", "--data", path, "--output", "p.h5"],
        ["train", "recipe.yaml", "--name", "a", "--set", "data.train={hdf5: {path: \(path)}}"],
        ["train", "recipe.yaml", "--name", "b", "--set", "data.validation={hdf5: {path: \(path)}}"],
        ["train", "recipe.yaml", "--name", "c", "--set", "model.initial_weights=\(path)"],
      ]
    }
    for arguments in commands {
      let outcome = try Command(Command.cairn, arguments, in: place.folder).wait(limit: 60)
      #expect(outcome.code == 65 && outcome.errors.contains(name), "\(arguments): \(outcome.code) \(outcome.errors)")
    }
  }
}
