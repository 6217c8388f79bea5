import Foundation
import Reports
import Sweeps
import Testing

@testable import RunServer

/// Which sweeps and members are served: nothing outside the folder, by whatever name or link.
@Suite final class ServedSweepTests {
  private let folder = FileManager.default.temporaryDirectory.appending(path: "cairn-\(UUID().uuidString)").path

  deinit { try? FileManager.default.removeItem(atPath: folder) }

  private func write(_ text: String, _ path: String) throws {
    let whole = URL(filePath: "\(folder)/\(path)")
    try FileManager.default.createDirectory(at: whole.deletingLastPathComponent(), withIntermediateDirectories: true)
    try Data(text.utf8).write(to: whole)
  }

  private func link(_ target: String, _ path: String) throws {
    try FileManager.default.createSymbolicLink(atPath: "\(folder)/\(path)", withDestinationPath: target)
  }

  private static func outline(_ path: String) -> SweepOutline {
    SweepOutline(
      name: "s", keys: [], draws: [Draw(DrawID(1), []), Draw(DrawID(2), []), Draw(DrawID(3), [])],
      repetition: Repetition(seeds: 1, folds: nil), objective: Objective(monitor: "loss", lowerIsBetter: true),
      epochs: 1)
  }

  private func served() throws -> ServedRuns {
    try write("", "runs/s/sweep.yaml")
    try write("", "runs/s/d001/recipe.yaml")
    try write("", "runs/plain/recipe.yaml")
    try write("", "runs/box/d001/recipe.yaml")
    try write("", "outside/d001/recipe.yaml")
    try write("", "outside/sweep.yaml")
    try link("../outside", "runs/linked")
    try link("../../outside/d001", "runs/s/d002")
    try link("../plain", "runs/s/inside")
    try write("", "runs/s/d003/recipe.yaml")
    try link("../../../outside/d001/recipe.yaml", "runs/s/d003/events.jsonl")
    try write("", "runs/t/d001/recipe.yaml")
    try link("../../outside/sweep.yaml", "runs/t/sweep.yaml")
    let runs = ServedRuns(directory: "\(folder)/runs", recipe: { _ in nil }) { Self.outline($0) }
    return try #require(runs)
  }

  @Test func membersAreFoundBelowSweepsAlone() throws {
    let runs = try served()
    #expect(runs.path(ofSweep: "s")?.hasSuffix("/runs/s") == true)
    #expect(runs.path(ofMember: "d001", in: "s")?.hasSuffix("/runs/s/d001") == true)
    #expect(runs.path(ofMember: "inside", in: "s") != nil)
    for name in ["plain", "box", "linked", "t", "..", ".", "", "s/d001", "nobody", "../outside", "s\0"] {
      #expect(runs.path(ofSweep: name) == nil, "\(name)")
      #expect(runs.path(ofMember: "d001", in: name) == nil, "\(name)")
    }
    for name in ["d002", "d003", "..", ".", "", "../plain", "d001/", "nobody", "d001\0"] {
      #expect(runs.path(ofMember: name, in: "s") == nil, "\(name)")
    }
  }

  @Test func aSweepDoesNotReadWhatLinksLeadTo() throws {
    let runs = try served()
    let record = #"{"state": "finished", "epoch": 1, "objective": 0.5, "message": "secret"}"# + "\n"
    try write(record, "runs/s/d001/member.json")
    try write(record, "outside/d001/member.json")
    try write("", "runs/s/d003/unused")
    try link("../../../outside/d001/member.json", "runs/s/d003/member.json")
    let path = try #require(runs.path(ofSweep: "s"))
    let watch = try #require(runs.watch(sweepAt: path))
    #expect(watch.look())
    #expect(watch.state.records.map { $0 != nil } == [true, false, false])
    #expect(!watch.look(), "nothing is new")
    try write(record.replacingOccurrences(of: "finished", with: "diverged"), "runs/s/d001/member.json")
    #expect(!watch.look(), "what has ended is not read again")
  }
}
