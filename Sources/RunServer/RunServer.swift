internal import Reports

/// Answers requests: the table, a page a run, their feeds. Only reads, and only what `ServedRuns` lets through.
struct RunServer: Sendable {
  let runs: ServedRuns
  let policy: AccessPolicy
  private let feeds: Feeds

  init(_ runs: ServedRuns, policy: AccessPolicy) {
    self.runs = runs
    self.policy = policy
    feeds = Feeds(runs)
    // Of a hundred thousand runs the first look takes seconds: begun before anybody asks.
    Task.detached { [feeds] in _ = await feeds.table(TableView([:])).page() }
  }

  func respond(to request: HTTPRequest) async -> HTTPResponse {
    guard request.method == "GET" || request.method == "HEAD" else {
      return answer(
        405, "Only looking", "This server answers GET and HEAD only.", more: [("Allow", "GET, HEAD")])
    }
    guard policy.accepts(authority: request["host"]) else {
      return answer(403, "Not here", "No server of that name: use the address that `cairn serve` printed.")
    }
    let (path, query) = RunServer.split(request.target)
    if policy.token != nil, !policy.accepts(token: token(of: request)) {
      guard let given = query["token"], policy.accepts(token: given) else {
        return answer(401, "A token is needed", "Open the address that `cairn serve` printed, token and all.")
      }
      // From here on the browser brings it as a cookie, and it stands in no address that is copied or kept.
      let cookie = "\(RunServer.cookie)=\(Page.percentEncoded(given)); HttpOnly; SameSite=Strict; Path=/"
      return HTTPResponse(
        status: 303,
        fields: [("Location", RunServer.local(path)), ("Set-Cookie", cookie), ("Cache-Control", "no-store")])
    }
    let response = await route(path, query)
    return request.method == "HEAD" ? response.head : response
  }

  private func route(_ path: String, _ query: [String: String]) async -> HTTPResponse {
    let parts = path.split(separator: "/", omittingEmptySubsequences: false).dropFirst().map(Page.percentDecoded)
    switch parts.count {
    case 1 where parts[0] == "":
      guard let html = await feeds.table(TableView(query)).page() else { break }
      return page(html)
    case 1 where parts[0] == "events": return stream(await feeds.table(TableView(query)))
    case 2 where parts[0] == "assets":
      guard let name = parts[1], let asset = Assets.named(name) else { break }
      return HTTPResponse(status: 200, fields: RunServer.fields(asset.type), body: .bytes(Array(asset.text.utf8)))
    case 2 where parts[0] == "runs":
      guard let name = parts[1], let html = await feeds.run(name)?.page() else { break }
      return page(html)
    case 3 where parts[0] == "runs" && parts[2] == "events":
      guard let name = parts[1], let feed = await feeds.run(name) else { break }
      return stream(feed)
    case 3 where parts[0] == "runs":
      guard let sweep = parts[1], let name = parts[2], let html = await feeds.run(name, of: sweep)?.page() else {
        break
      }
      return page(html)
    case 4 where parts[0] == "runs" && parts[3] == "events":
      guard let sweep = parts[1], let name = parts[2], let feed = await feeds.run(name, of: sweep) else { break }
      return stream(feed)
    case 2 where parts[0] == "sweeps":
      guard let name = parts[1], let html = await feeds.sweep(name)?.page() else { break }
      return page(html)
    case 3 where parts[0] == "sweeps" && parts[2] == "events":
      guard let name = parts[1], let feed = await feeds.sweep(name) else { break }
      return stream(feed)
    default: break
    }
    return answer(404, "Nothing here", "There is no such page or run.")
  }

  private func page(_ html: String) -> HTTPResponse {
    HTTPResponse(
      status: 200, fields: RunServer.fields("text/html; charset=utf-8"), body: .bytes(Array(html.utf8)))
  }

  private func stream(_ feed: Feed) -> HTTPResponse {
    HTTPResponse(
      status: 200, fields: RunServer.fields("text/event-stream"), body: .stream { await feed.listen() })
  }

  private func answer(
    _ status: Int, _ title: String, _ message: String, more: [(name: String, value: String)] = []
  ) -> HTTPResponse {
    let policy =
      "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'; "
      + "frame-ancestors 'none'"
    // Those who may not look, or came by a wrong name, have no list of runs to go to.
    let isHome = status == 404 || status == 405
    let html = Page.refusal(title, Markup.prose(message), isHome: isHome)
    return HTTPResponse(
      status: status, fields: RunServer.fields("text/html; charset=utf-8", policy: policy) + more,
      body: .bytes(Array(html.utf8)))
  }

  private static func fields(_ type: String, policy: String? = nil) -> [(name: String, value: String)] {
    [
      ("Content-Type", type), ("Cache-Control", "no-store"), ("X-Content-Type-Options", "nosniff"),
      (
        "Content-Security-Policy",
        policy
          ?? "default-src 'none'; script-src 'self'; style-src 'self'; img-src data:; connect-src 'self'; "
          + "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
      ),
      ("Referrer-Policy", "no-referrer"), ("Cross-Origin-Resource-Policy", "same-origin"),
    ]
  }

  // MARK: Token and address

  static let cookie = "cairn_token"

  /// What a request brings, by cookie or as a bearer.
  private func token(of request: HTTPRequest) -> String? {
    if let authorization = request["authorization"], authorization.hasPrefix("Bearer ") {
      return String(authorization.dropFirst("Bearer ".count))
    }
    for cookie in (request["cookie"] ?? "").split(separator: ";") {
      let parts = cookie.split(separator: "=", maxSplits: 1).map { $0.trimmingPrefix(while: { $0 == " " }) }
      if parts.count == 2, parts[0] == RunServer.cookie { return Page.percentDecoded(parts[1]) }
    }
    return nil
  }

  /// A path of this server for a redirection: `//name` and `/\name` would be another one's address.
  static func local(_ path: String) -> String { "/" + path.drop { $0 == "/" || $0 == "\\" } }

  /// Path, still encoded, and decoded query.
  static func split(_ target: String) -> (path: String, query: [String: String]) {
    let parts = target.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
    var query: [String: String] = [:]
    for pair in (parts.count > 1 ? parts[1] : "").split(separator: "&") {
      let sides = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      guard let name = Page.percentDecoded(sides[0]) else { continue }
      query[name] = sides.count > 1 ? Page.percentDecoded(sides[1]) : ""
    }
    return (String(parts.first ?? "/"), query)
  }
}
