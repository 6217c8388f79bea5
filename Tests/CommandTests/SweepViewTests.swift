import Foundation
import Glibc
import Testing

/// Looking at sweeps: `runs`, `report`, `watch`, `serve`.
struct SweepViewTests {
  private static let sweep = """
    name: search
    recipe:
      data: {train: {make_moons: {samples: 60, noise: 0.2, random_state: 3}}, validation: {fraction: 0.25}}
      model: {layers: [{dense: {units: 3, activation: tanh}}, {dense: {units: 1, activation: sigmoid}}]}
      loss: binary_crossentropy
      optimizer: {sgd: {learning_rate: 0.1}}
      training: {epochs: 6, batch_size: 15}
      tensorboard: false
    vary:
      optimizer.sgd.learning_rate: [1.0, 0.001, 0.01]
      model.layers.0.dense.units: [2, 3]
    draw: grid
    seeds: 2
    prune: {median: {warm_up_epochs: 2, start_up_draws: 1}}

    """

  /// A sweep that has been trained.
  private func place() throws -> Workplace {
    let place = try Workplace()
    try place.write(SweepViewTests.sweep, to: "search.yaml")
    let outcome = try Command.run("sweep", "search.yaml", "--jobs", "2", "--progress", "none", in: place.folder)
    try #require(outcome.code == 0, "\(outcome.errors)")
    return place
  }

  @Test func runsListsSweepsAndTheirMembers() throws {
    let place = try place()
    let parent = try Command.run("runs", in: place.folder)
    #expect(parent.code == 0 && parent.output.contains("sweep search: 12 of 12 members done; best d0"))
    #expect(parent.output.contains("`cairn runs Checkpoints/search`"))
    let members = try Command.run("runs", "Checkpoints/search", in: place.folder)
    #expect(members.code == 0 && members.output.contains("d001-s1") && members.output.contains("finished"))
    let pruned = try Command.run("runs", "Checkpoints/search", "--where", "ending = pruned", in: place.folder)
    let count = pruned.output.split(separator: "\n").count { $0.contains(" pruned ") }
    #expect(count > 0 && count < 12 && !pruned.output.contains("interrupted"), "\(pruned.output)")
    // For programs all is as it was.
    let json = try Command.run("runs", "--json", in: place.folder)
    #expect(json.code == 0 && json.output == "[]\n", "\(json.output)")
    for command in [
      ["inspect", "search/d001-s1"], ["compare", "search/d001-s1", "search/d001-s2"], ["diagnose", "search/d001-s1"],
    ] {
      let outcome = try Command(Command.cairn, command, in: place.folder).wait(limit: 60)
      #expect(outcome.code == 0 || command[0] == "diagnose" && outcome.code != 66, "\(command): \(outcome.errors)")
    }
  }

  @Test func reportsWatchesAndServesASweep() throws {
    let place = try place()
    let report = try Command.run(
      "report", "search", "--output", "search.html", "--figures", "figures", in: place.folder)
    #expect(report.code == 0, "\(report.errors)")
    let html = String(decoding: try place.bytes("search.html"), as: UTF8.self)
    for id in ["figure-parallel", "figure-curves", "figure-against-1", "figure-against-2"] {
      #expect(html.contains(id))
    }
    #expect(place.list("figures").filter { $0.hasSuffix(".svg") }.count == 4)
    // Once more, over its own page; never over the sweep's files.
    #expect(try Command.run("report", "Checkpoints/search", "--output", "search.html", in: place.folder).code == 0)
    let both = try Command.run("report", "search", "search/d001-s1", "--output", "x.html", in: place.folder)
    #expect(both.code == 64 && both.errors.contains("give it alone"))

    let once = try Command.run("watch", "search", "--once", in: place.folder)
    #expect(once.code == 0 && once.output.contains("12/12 members done"), "\(once.output)")
    let watched = try Command.run("watch", "search", in: place.folder, limit: 30)
    #expect(watched.code == 0 && watched.output.hasPrefix("search finished: 12 of 12"), "\(watched.output)")

    let server = try HTTPProbe(in: place)
    let table = try server.get("/")
    #expect(table.body.contains("href=\"/sweeps/search\"") && table.body.contains(">12/12<"))
    let page = try server.get("/sweeps/search")
    #expect(page.status == 200 && page.body.contains("/runs/search/d001-s1") && page.body.contains("figure-parallel"))
    // Nothing that the page's policy would refuse.
    #expect(!page.body.contains("style=\"") && !page.body.contains("<script>"))
    let member = try server.get("/runs/search/d001-s1")
    #expect(member.status == 200 && member.body.contains("data-feed=\"/runs/search/d001-s1/events\""))
    #expect(try server.listen("/runs/search/d001-s1/events") { $0.contains("snapshot") }.contains("search/d001-s1"))
    #expect(try server.listen("/sweeps/search/events") { $0.contains("event: parts") }.contains("figure-curves"))
    for asset in ["sweep.css", "sweep.js"] { #expect(try server.get("/assets/\(asset)").status == 200) }
    for target in [
      "/sweeps/", "/sweeps/nobody", "/sweeps/..", "/sweeps/%2e%2e", "/sweeps/search%2f..", "/sweeps/search/d001-s1",
      "/runs/search", "/runs/search/", "/runs/search/nobody", "/runs/search/..", "/runs/search/%2e%2e",
      "/runs/search/%2e%2e/events", "/runs/search/..%2fsearch", "/runs/nobody/d001-s1", "/runs/../search/d001-s1",
      "/runs/search/d001-s1/member.json", "/runs/search/d001-s1/events/",
    ] {
      #expect(try server.get(target).status == 404, "\(target)")
    }
    #expect(try server.stop().code == 0)
    // The folder of a sweep is a folder of runs.
    let members = try HTTPProbe("Checkpoints/search", in: place)
    #expect(try members.get("/").body.contains("href=\"/runs/d001-s1\""))
    #expect(try members.get("/runs/d001-s1").status == 200)
    #expect(try members.stop().code == 0)
  }

  /// A sweep's file may come from anywhere: it makes the server read no other file, and asks for no memory.
  @Test func aSweepThatCannotBeReadIsPassedOver() throws {
    let place = try Workplace()
    let texts = [
      "file": "recipe: ../../secret.yaml\nvary: {training.batch_size: [1, 2]}\n",
      "many": SweepViewTests.sweep.replacingOccurrences(
        of: "draw: grid", with: "draw: {random: 900000000000}"),
      "broken": "name: [",
    ]
    for (name, text) in texts {
      try FileManager.default.createDirectory(
        atPath: place.path("Checkpoints/\(name)"), withIntermediateDirectories: true)
      try place.write(text, to: "Checkpoints/\(name)/sweep.yaml")
    }
    try place.write("model: {}\n", to: "secret.yaml")
    let server = try HTTPProbe(in: place)
    for name in texts.keys { #expect(try server.get("/sweeps/\(name)").status == 404, "\(name)") }
    #expect(try server.get("/").status == 200)
    #expect(try server.stop().code == 0)
    #expect(try Command.run("runs", in: place.folder).code == 0)
    let report = try Command.run("report", "broken", "--output", "x.html", in: place.folder)
    #expect(report.code == 65 && report.errors.contains("sweep.yaml"), "\(report.errors)")
  }
}
