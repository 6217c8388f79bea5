package import Reports

/// A run's page: a frame that its script fills from the feed.
package enum RunPage {
  package static func html(_ run: RunRecord) -> String {
    // A member is called by its sweep and its own name.
    let parts = run.name.split(separator: "/").map { Page.percentEncoded(String($0)) }
    let sweep: Markup =
      parts.count > 1 ? " · <a href=\"/sweeps/\(parts[0])\">\(String(run.name.prefix { $0 != "/" }))</a>" : .empty
    let body: Markup = """
      <header><p class=soft><a href="/">All runs</a>\(sweep)</p>
      <h1>\(run.name) <span id=state class="state \(run.state.rawValue)">\(run.stateText)</span></h1>
      <p class=soft>\(run.description)</p><ul class=tags>\(run.tags.map { Markup("<li>\($0)</li>") })</ul></header>
      <div id=progress hidden><div></div></div>
      <p id=link class=soft></p>
      <dl id=facts class=facts></dl>
      <section id=figures class=figures></section>
      <h2>Settings and circumstances</h2><dl id=more class=facts></dl>
      <h2>Layers</h2><p class=soft>Of the newest steps.</p><div class=wide><table id=layers></table></div>
      <h2>Events</h2><ol id=events class=events></ol>
      <noscript><p>This page draws itself by a script. Without one: <code>cairn watch</code> and <code>cairn report</code>.</p></noscript>
      """
    return Page.html(
      title: run.name, body: body, script: "run.js", feed: "/runs/\(parts.joined(separator: "/"))/events")
  }
}

/// The frame of all pages.
package enum Page {
  static func html(
    title: String, body: Markup, script: String, style: String? = nil, feed: String = "/events"
  ) -> String {
    let more: Markup = style.map { "<link rel=stylesheet href=\"/assets/\($0)\">" } ?? .empty
    let page: Markup = """
      <!doctype html>
      <html lang=en><head><meta charset=utf-8><meta name=viewport content="width=device-width,initial-scale=1">
      <meta name=color-scheme content="light dark"><title>\(title) · Cairn</title>
      <link rel=icon href="data:,"><link rel=stylesheet href="/assets/live.css">\(more)
      <script src="/assets/\(script)" defer></script></head>
      <body data-feed="\(feed)"><main>
      \(body)
      </main></body></html>
      """
    return page.text
  }

  /// A page that says why there is no other. It brings its own few lines of style: who has no token gets no style sheet.
  static func refusal(_ title: String, _ message: Markup, isHome: Bool = true) -> String {
    let home: Markup = isHome ? "<p><a href=\"/\">All runs</a></p>" : .empty
    let page: Markup = """
      <!doctype html>
      <html lang=en><head><meta charset=utf-8><meta name=viewport content="width=device-width,initial-scale=1">
      <meta name=color-scheme content="light dark"><title>\(title) · Cairn</title><link rel=icon href="data:,">
      <style>\(Markup(trusted: Stylesheet.refusal))</style></head>
      <body><main><h1>\(title)</h1><p>\(message)</p>\(home)</main></body></html>
      """
    return page.text
  }

  package static func percentEncoded(_ text: String) -> String {
    text.utf8.map { byte in
      let isPlain =
        (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte) || "-_.~".utf8.contains(byte)
      if isPlain { return String(UnicodeScalar(byte)) }
      return "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
    }.joined()
  }

  /// nil: not encoded as it should be, or no UTF-8.
  package static func percentDecoded(_ text: some StringProtocol) -> String? {
    var bytes: [UInt8] = []
    var rest = Array(text.utf8)[...]
    while let byte = rest.popFirst() {
      guard byte == UInt8(ascii: "%") else {
        bytes.append(byte)
        continue
      }
      let digits = String(decoding: rest.prefix(2), as: UTF8.self)
      guard digits.utf8.count == 2, digits.allSatisfy(\.isHexDigit), let value = UInt8(digits, radix: 16) else {
        return nil
      }
      bytes.append(value)
      rest = rest.dropFirst(2)
    }
    return String(validating: bytes, as: UTF8.self)
  }
}
