import Foundation
import HDF5Storage
import Testing

@Suite struct RoundTripTests {
  @Test func programIsBuilt() throws {
    let place = try Workplace()
    let outcome = try Command.run("--version", in: place.folder)
    #expect(outcome.code == 0 && outcome.output.hasPrefix("0."))
  }
}
