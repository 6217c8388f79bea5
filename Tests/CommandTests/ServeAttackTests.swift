import Foundation
import Glibc
import Testing

/// Clients and files that would keep `cairn serve` from serving others. `scripts/check-serve` has more of them, and times.
struct ServeAttackTests {
  private func place() throws -> Workplace {
    let place = try Workplace()
    try FileManager.default.createDirectory(atPath: place.path("runs/run"), withIntermediateDirectories: true)
    try place.write(
      RunTableTests.started + RunTableTests.epoch(1, loss: "0.5", accuracy: 0.6), to: "runs/run/events.jsonl")
    return place
  }

  private func descriptors(_ server: HTTPProbe) throws -> Int {
    try FileManager.default.contentsOfDirectory(atPath: "/proc/\(server.command.process)/fd").count
  }

  /// Whether a server closes a connection within a time; what it says is read and forgotten.
  private func closes(_ socket: Int32, within seconds: Double) -> Bool {
    let end = ContinuousClock.now + .seconds(seconds)
    var bytes = [UInt8](repeating: 0, count: 4096)
    while ContinuousClock.now < end {
      var waiting = pollfd(fd: socket, events: Int16(POLLIN), revents: 0)
      guard poll(&waiting, 1, 100) > 0 else { continue }
      if recv(socket, &bytes, bytes.count, 0) <= 0 { return true }
    }
    return false
  }

  @Test func refusedRequestsLeaveNothingBehind() throws {
    let place = try place()
    let server = try HTTPProbe("runs", in: place)
    #expect(try server.get("/").status == 200)
    let before = try descriptors(server)
    // They are told in the middle of what they send, and go.
    for length in [200_000, 10_000_000] {
      for _ in 0..<6 {
        let socket = try server.connect()
        server.write("GET /" + String(repeating: "a", count: length) + " HTTP/1.1\r\n\r\n", to: socket)
        _ = closes(socket, within: 0.5)
        close(socket)
      }
    }
    // A client that is told and stays.
    let socket = try server.connect()
    server.write("GET /" + String(repeating: "a", count: 100_000), to: socket)
    #expect(closes(socket, within: 8))
    close(socket)
    let isFlat = server.command.wait(limit: 10) { (try? descriptors(server)).map { $0 <= before } ?? false }
    let after = try descriptors(server)
    #expect(isFlat, "\(before) descriptors before, \(after) after")
    #expect(try server.stop().code == 0)
  }

  /// 300 connections that ask for nothing, which is more than one address may have: others get in, a feed stays, and
  /// after a while the idle ones are let go.
  @Test func clientsThatAskForNothingShutNobodyOut() throws {
    let place = try place()
    let server = try HTTPProbe("runs", in: place)
    let feed = try server.hold("/runs/run/events")
    #expect(try server.get("/").status == 200)
    let before = try descriptors(server)
    let texts = [
      "", "GET / HT", "GET / HTTP/1.1\r\nHost: loc", "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\n",
    ]
    var sockets: [Int32] = []
    for number in 0..<300 {
      let socket = try server.connect()
      server.write(texts[number % 4], to: socket)
      sockets.append(socket)
    }
    #expect(try server.get("/").status == 200)
    #expect(try descriptors(server) <= before + 256)
    let areGone = sockets.suffix(8).allSatisfy { closes($0, within: 20) }
    #expect(areGone)
    #expect(!closes(feed, within: 0.3))
    for socket in sockets + [feed] { close(socket) }
    #expect(try server.get("/runs/run").status == 200)
    #expect(try server.stop().code == 0)
  }

  @Test func aRedirectionStaysHere() throws {
    let place = try place()
    let server = try HTTPProbe("runs", "--token", "12345678", in: place)
    for (target, location) in [
      ("//evil.example/x", "/evil.example/x"), ("///evil.example", "/evil.example"),
      ("/\\evil.example", "/evil.example"),
      ("/\\/evil.example", "/evil.example"), ("/runs/run", "/runs/run"), ("/", "/"),
    ] {
      let answer = try server.get("\(target)?token=12345678")
      #expect(answer.status == 303 && answer.header("Location") == location, "\(target): \(answer.head)")
    }
    #expect(try server.stop().code == 0)
  }

  /// Pipes that nobody writes to, where a run's files should be.
  @Test func aRunWhoseFilesHangStopsNoOther() throws {
    let place = try place()
    for (name, file) in [("a", "events.jsonl"), ("b", "rows.jsonl"), ("c", "recipe.yaml"), ("d", ".lock")] {
      try FileManager.default.createDirectory(atPath: place.path("runs/\(name)"), withIntermediateDirectories: true)
      if file != "events.jsonl" { try place.write(RunTableTests.started, to: "runs/\(name)/events.jsonl") }
      mkfifo(place.path("runs/\(name)/\(file)"), 0o600)
    }
    let server = try HTTPProbe("runs", in: place)
    for name in ["a", "b", "c", "d"] {
      let socket = try server.hold("/runs/\(name)/events")
      defer { close(socket) }
      #expect(try server.get("/runs/run").status == 200)
      #expect([200, 404].contains(try server.get("/runs/\(name)").status), "\(name)")
    }
    let table = try server.get("/")
    #expect(table.status == 200 && table.body.contains("/runs/run\""))
    #expect(try server.stop().code == 0)
  }

  @Test func manyRunsComeInPages() throws {
    let place = try place()
    for number in 0..<505 {
      let folder = "runs/r\(1000 + number)"
      try FileManager.default.createDirectory(atPath: place.path(folder), withIntermediateDirectories: true)
      try place.write(RunTableTests.started, to: "\(folder)/events.jsonl")
    }
    let server = try HTTPProbe("runs", in: place)
    func rows(_ target: String) throws -> Int {
      try server.get(target).body.components(separatedBy: "<tr data-run").count - 1
    }
    #expect(try rows("/") == 500 && rows("/?page=2") == 6 && rows("/?page=99999999999999") == 0)
    #expect(try rows("/?find=R1234") == 1 && rows("/?find=HAND") == 500 && rows("/?find=nobody") == 0)
    let page = try server.get("/").body
    #expect(page.contains("Runs 1 to 500 of 506") && page.contains("href=\"/?page=2\""))
    #expect(try server.get("/?find=%3Cb%3E").body.contains("value=\"&lt;b&gt;\""))
    let feed = try server.listen("/events?find=r1234") { $0.contains("\n\ndata") || $0.contains("\"gone\"") }
    #expect(feed.components(separatedBy: "data-run").count == 2)
    #expect(try server.stop().code == 0)
  }

  @Test func refusalsArePagesToo() throws {
    let place = try place()
    let server = try HTTPProbe("runs", in: place)
    let answer = try server.get("/nowhere")
    #expect(answer.status == 404 && answer.body.contains("prefers-color-scheme") && answer.body.contains("href=\"/\""))
    #expect(answer.header("Content-Security-Policy")?.contains("default-src 'none'") ?? false)
    let foreign = try server.get("/", host: "evil.example")
    #expect(foreign.status == 403 && !foreign.body.contains("`") && foreign.body.contains("<code>cairn serve</code>"))
    #expect(try server.stop().code == 0)
  }
}
