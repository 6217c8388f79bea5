import Foundation
import Testing

/// Runs that cannot start say why, in words that a stranger can act on, and leave nothing behind.
@Suite struct BrokenInputTests {
  @Test func theSoundRecipeTrains() throws {
    let place = try Workplace()
    try BrokenInput.writeSound(in: place)
    let outcome = try Command.run("train", "recipe.yaml", in: place.folder)
    #expect(outcome.code == 0, "\(outcome.errors)")
  }

  @Test(arguments: BrokenInput.recipes + BrokenInput.files + BrokenInput.fits)
  func refuses(_ broken: BrokenInput) throws {
    let place = try Workplace()
    try BrokenInput.writeSound(in: place)
    if !broken.replacing.isEmpty {
      try #require(BrokenInput.recipe.contains(broken.replacing))
      try place.write(BrokenInput.recipe.replacing(broken.replacing, with: broken.with), to: "recipe.yaml")
    }
    try broken.prepare(place)
    let before = place.everything()

    let outcome = try Command(Command.cairn, ["train", "recipe.yaml"] + broken.arguments, in: place.folder).wait(
      limit: 120)
    #expect(outcome.code == broken.code, "\(outcome.errors)")
    for piece in broken.says { #expect(outcome.errors.contains(piece), "\(outcome.errors)") }
    #expect(outcome.output.isEmpty)
    #expect(outcome.errors.hasPrefix("cairn: "), "\(outcome.errors)")
    #expect(place.everything() == before)
  }
}
