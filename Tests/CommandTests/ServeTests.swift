import Foundation
import Glibc
import Testing

/// `cairn serve`, asked over the network as a browser and as an attacker would.
struct ServeTests {
  private static let name = #"<script>alert("1")<script> & 'x' é"#
  private static let encoded = "%3Cscript%3Ealert%28%221%22%29%3Cscript%3E%20%26%20%27x%27%20%C3%A9"

  /// A folder with a run of a nasty name and text, one beside the folder, and links out of it.
  private func place() throws -> Workplace {
    let place = try Workplace()
    for folder in ["runs/\(ServeTests.name)", "outside", "runs/partly", "runs/empty"] {
      try FileManager.default.createDirectory(atPath: place.path(folder), withIntermediateDirectories: true)
    }
    let nasty = RunTableTests.started.replacingOccurrences(of: "by hand", with: "<img src=x onerror=alert(2)>")
      .replacingOccurrences(of: "[\"hand\"]", with: "[\"</td><b>\"]")
    let log = nasty + RunTableTests.epoch(1, loss: "0.5", accuracy: 0.6)
    try place.write(log, to: "runs/\(ServeTests.name)/events.jsonl")
    try place.write(RunTableTests.started + "secret", to: "outside/events.jsonl")
    symlink("../outside", place.path("runs/linked"))
    symlink("../../outside/events.jsonl", place.path("runs/partly/events.jsonl"))
    symlink(place.path("runs/\(ServeTests.name)"), place.path("runs/inside"))
    return place
  }

  @Test func showsRunsAndEscapesWhatTheyAreCalled() throws {
    let place = try place()
    let server = try HTTPProbe("runs", in: place)
    let table = try server.get("/")
    #expect(table.status == 200 && table.header("Content-Type") == "text/html; charset=utf-8")
    #expect(table.body.contains("&lt;script&gt;alert(&quot;1&quot;)") && table.body.contains(ServeTests.encoded))
    #expect(!table.body.contains("<script>alert") && !table.body.contains("</td><b>"))
    #expect(table.header("Content-Security-Policy")?.contains("default-src 'none'; script-src 'self'") ?? false)
    let page = try server.get("/runs/\(ServeTests.encoded)")
    #expect(page.status == 200 && page.body.contains("&lt;img src=x onerror=alert(2)&gt;"))
    #expect(!page.body.contains("<script>alert") && !page.body.contains("<img src=x"))
    #expect(try server.get("/runs/inside").status == 200)
    for asset in ["live.css", "run.js", "table.js"] { #expect(try server.get("/assets/\(asset)").status == 200) }
    let head = try server.get("/", method: "HEAD")
    #expect(head.status == 200 && head.body.isEmpty && head.header("Content-Length") == table.header("Content-Length"))
    let rows = try server.listen("/events") { $0.contains("\n\ndata") || $0.contains("\"gone\"") }
    let data = try #require(rows.split(separator: "\n").first { $0.hasPrefix("data: ") })
    let message = try JSONSerialization.jsonObject(with: Data(data.dropFirst(6).utf8)) as? [String: Any]
    let html = try #require(message?["set"] as? [[String]]).map { $0[1] }.joined()
    #expect(html.contains("&lt;script&gt;") && !html.contains("<script") && !html.contains("</td><b>"))
    #expect(try server.stop(SIGINT).code == 0)
  }

  @Test func refusesPathsBeyondTheFolder() throws {
    let place = try place()
    let server = try HTTPProbe("runs", in: place)
    let targets = [
      "/runs/linked", "/runs/linked/events", "/runs/partly", "/runs/partly/events", "/runs/empty", "/runs/nobody",
      "/runs/..", "/runs/../outside", "/runs/%2e%2e", "/runs/%2e%2e/events", "/runs/%2e%2e%2foutside",
      "/runs/..%2foutside/events", "/runs/.%2e/outside/events", "/../outside/events", "/runs/", "/runs//events",
      "/runs/%00", "/runs/inside%00", "/runs/%2fetc", "/runs/%zz", "/runs/%ff", "/runs/inside/events.jsonl",
      "/runs/inside/../../outside/events", "/assets/../events", "/assets/%2e%2e/live.css", "//etc/passwd",
      "/etc/passwd",
      "/runs/inside/events/", "/favicon.ico", "/%2e%2e%2f%2e%2e%2fetc%2fpasswd",
    ]
    for target in targets {
      let answer = try server.get(target)
      #expect(answer.status == 404, "\(target): \(answer.status)")
      #expect(!answer.body.contains("secret"), "\(target)")
    }
    let table = try server.get("/")
    #expect(!table.body.contains("linked") && !table.body.contains("partly") && table.body.contains("inside"))
    #expect(try server.stop().code == 0)
  }

  @Test func refusesWritesAndForeignHosts() throws {
    let place = try place()
    let server = try HTTPProbe("runs", in: place)
    for method in ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "PROPFIND"] {
      let answer = try server.get("/", method: method)
      #expect(answer.status == 405 && answer.header("Allow") == "GET, HEAD", "\(method)")
    }
    for host in [
      "evil.example", "127.0.0.1.evil.example", "localhost.evil.example", "192.168.0.1", "", "localhost:x", "[::1",
    ] {
      #expect(try server.get("/", host: host).status == 403, "\(host)")
    }
    for host in ["localhost", "LOCALHOST:\(server.port)", "127.0.0.1:\(server.port)", "[::1]:80", "localhost:9000"] {
      #expect(try server.get("/", host: host).status == 200, "\(host)")
    }
    #expect([400, 403].contains(try server.get("/", host: nil).status))
    #expect([400, 403].contains(try server.send("GET / HTTP/1.0\r\nConnection: close\r\n\r\n").status))
    #expect(try server.send("nonsense\r\n\r\n").status == 400)
    #expect(try server.get("/").status == 200)
    #expect(try server.stop().code == 0)
  }

  @Test func otherAddressesNeedATokenAndKeepItOutOfTheAddress() throws {
    let place = try place()
    let server = try HTTPProbe("runs", "--host", "0.0.0.0", in: place)
    let token = try #require(server.greeting.split(separator: "token=").last?.prefix { $0.isHexDigit })
    #expect(token.count == 32)
    for target in [
      "/", "/runs/inside", "/events", "/assets/live.css", "/?token=", "/?token=\(token)0",
      "/?token=\(token.dropLast())",
    ] {
      #expect(try server.get(target).status == 401, "\(target)")
    }
    #expect(try server.get("/", headers: ["Cookie: cairn_token=0"]).status == 401)
    #expect(try server.get("/", host: "evil.example", headers: ["Authorization: Bearer \(token)"]).status == 403)
    let welcome = try server.get("/runs/inside?token=\(token)")
    #expect(welcome.status == 303 && welcome.header("Location") == "/runs/inside")
    let cookie = try #require(welcome.header("Set-Cookie"))
    #expect(cookie.contains("HttpOnly") && cookie.contains("SameSite=Strict"))
    let pair = try #require(cookie.split(separator: ";").first)
    #expect(try server.get("/", headers: ["Cookie: other=1; \(pair)"]).status == 200)
    #expect(try server.get("/", host: "192.168.0.7", headers: ["Authorization: Bearer \(token)"]).status == 200)
    #expect(try server.stop().code == 0)
    #expect(try Command.run("serve", "--token", "short", in: place.folder).code == 64)
  }

  @Test func saysWhyItCannotListen() throws {
    let place = try place()
    let server = try HTTPProbe("runs", in: place)
    let second = try Command.run("serve", "runs", "--port", "\(server.port)", in: place.folder, limit: 30)
    #expect(second.code == 71 && second.errors.contains("--port 0"), "\(second.errors)")
    #expect(try Command.run("serve", "nowhere", in: place.folder).code == 66)
    #expect(try Command.run("serve", "--port", "70000", in: place.folder).code == 64)
    #expect(try server.stop().code == 0)
  }

  @Test func theFeedGrowsWhileARunTrainsAndEndsWithTheServer() throws {
    let place = try Workplace()
    try place.write(RunTableTests.recipe, to: "run.yaml")
    let training = try Command(
      Command.cairn, ["train", "run.yaml", "--set", "training.epochs=100000000", "--progress", "none"],
      in: place.folder)
    #expect(training.wait { (try? place.bytes("Checkpoints/run/events.jsonl"))?.count ?? 0 > 1000 })
    let server = try HTTPProbe(in: place)
    let text = try server.listen("/runs/run/events") { $0.components(separatedBy: "event: update").count > 3 }
    #expect(text.contains("event: snapshot"))
    let steps = text.split(separator: "\n").filter { $0.hasPrefix("data: ") }.compactMap { line -> Int? in
      let message = try? JSONSerialization.jsonObject(with: Data(line.dropFirst(6).utf8)) as? [String: Any]
      return (message?["run"] as? [String: Any])?["step"] as? Int
    }
    #expect(steps.count >= 3 && steps == steps.sorted() && steps[0] < steps[steps.count - 1], "\(steps)")
    training.send(signal: SIGKILL)
    _ = try training.wait(limit: 60)
    let after = try server.listen("/runs/run/events") { $0.contains("\"events\"") }
    #expect(after.contains("\"state\": \"interrupted\""))
    // A listener that hangs on does not keep the server up.
    let hanging = try server.hold("/runs/run/events")
    defer { close(hanging) }
    usleep(200_000)
    let began = ContinuousClock.now
    #expect(try server.stop().code == 0)
    #expect(ContinuousClock.now - began < .seconds(5))
  }
}
