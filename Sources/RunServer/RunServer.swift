internal import HTTPTypes
internal import Hummingbird
internal import Reports

/// Answers requests: the table, a page a run, their feeds. Only reads, and only what `ServedRuns` lets through.
struct RunServer: HTTPResponder {
  typealias Context = BasicRequestContext

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

  func respond(to request: Request, context: BasicRequestContext) async throws -> Response {
    guard request.method == .get || request.method == .head else {
      return answer(
        .methodNotAllowed, "Only looking", "This server answers GET and HEAD only.", more: [.allow: "GET, HEAD"])
    }
    guard policy.accepts(authority: request.head.authority) else {
      return answer(.forbidden, "Not here", "No server of that name: use the address that `cairn serve` printed.")
    }
    let (path, query) = RunServer.split(request.head.path ?? "/")
    if policy.token != nil, !policy.accepts(token: token(of: request)) {
      guard let given = query["token"], policy.accepts(token: given) else {
        return answer(.unauthorized, "A token is needed", "Open the address that `cairn serve` printed, token and all.")
      }
      // From here on the browser brings it as a cookie, and it stands in no address that is copied or kept.
      let cookie = "\(RunServer.cookie)=\(Page.percentEncoded(given)); HttpOnly; SameSite=Strict; Path=/"
      return Response(
        status: .seeOther,
        headers: [.location: RunServer.local(path), .setCookie: cookie, .cacheControl: "no-store"])
    }
    let response = await route(path, query)
    return request.method == .head ? head(of: response) : response
  }

  private func route(_ path: String, _ query: [String: String]) async -> Response {
    let parts = path.split(separator: "/", omittingEmptySubsequences: false).dropFirst().map(Page.percentDecoded)
    switch parts.count {
    case 1 where parts[0] == "":
      guard let html = await feeds.table(TableView(query)).page() else { break }
      return page(html)
    case 1 where parts[0] == "events": return stream(await feeds.table(TableView(query)))
    case 2 where parts[0] == "assets":
      guard let name = parts[1], let asset = Assets.named(name) else { break }
      return Response(
        status: .ok, headers: RunServer.headers(asset.type),
        body: ResponseBody(byteBuffer: ByteBuffer(string: asset.text)))
    case 2 where parts[0] == "runs":
      guard let name = parts[1], let html = await feeds.run(name)?.page() else { break }
      return page(html)
    case 3 where parts[0] == "runs" && parts[2] == "events":
      guard let name = parts[1], let feed = await feeds.run(name) else { break }
      return stream(feed)
    default: break
    }
    return answer(.notFound, "Nothing here", "There is no such page or run.")
  }

  private func page(_ html: String) -> Response {
    Response(
      status: .ok, headers: RunServer.headers("text/html; charset=utf-8"),
      body: RunServer.pieces(ByteBuffer(string: html)))
  }

  private func stream(_ feed: Feed) -> Response {
    Response(
      status: .ok, headers: RunServer.headers("text/event-stream"),
      body: ResponseBody { writer in
        for await bytes in await feed.listen() { try await RunServer.write(bytes, to: &writer) }
        try await writer.finish(nil)
      })
  }

  /// So many bytes have to be taken by a client before its time for a piece begins anew.
  private static let piece = 64 << 10

  private static func pieces(_ bytes: ByteBuffer) -> ResponseBody {
    ResponseBody(contentLength: bytes.readableBytes) { writer in
      try await write(bytes, to: &writer)
      try await writer.finish(nil)
    }
  }

  private static func write(_ bytes: ByteBuffer, to writer: inout any ResponseBodyWriter) async throws {
    var rest = bytes
    while let part = rest.readSlice(length: min(piece, rest.readableBytes)), part.readableBytes > 0 {
      try await writer.write(part)
    }
  }

  /// The same without its body, which is not even begun.
  private func head(of response: Response) -> Response {
    Response(status: response.status, headers: response.headers)
  }

  private func answer(
    _ status: HTTPResponse.Status, _ title: String, _ message: String, more: HTTPFields = [:]
  ) -> Response {
    var headers = RunServer.headers("text/html; charset=utf-8")
    for field in more { headers[field.name] = field.value }
    headers[.contentSecurityPolicy] =
      "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'; "
      + "frame-ancestors 'none'"
    // Those who may not look, or came by a wrong name, have no list of runs to go to.
    let isHome = status == .notFound || status == .methodNotAllowed
    return Response(
      status: status, headers: headers,
      body: ResponseBody(byteBuffer: ByteBuffer(string: Page.refusal(title, Markup.prose(message), isHome: isHome))))
  }

  private static func headers(_ type: String) -> HTTPFields {
    var headers: HTTPFields = [
      .contentType: type, .cacheControl: "no-store", .xContentTypeOptions: "nosniff",
      .contentSecurityPolicy:
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src data:; connect-src 'self'; "
        + "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    ]
    for (name, value) in [("Referrer-Policy", "no-referrer"), ("Cross-Origin-Resource-Policy", "same-origin")] {
      if let name = HTTPField.Name(name) { headers[name] = value }
    }
    return headers
  }

  // MARK: Token and address

  static let cookie = "cairn_token"

  /// What a request brings, by cookie or as a bearer.
  private func token(of request: Request) -> String? {
    if let authorization = request.headers[.authorization], authorization.hasPrefix("Bearer ") {
      return String(authorization.dropFirst("Bearer ".count))
    }
    for cookie in (request.headers[.cookie] ?? "").split(separator: ";") {
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
