internal import Reports

/// The files that pages ask for.
enum Assets {
  struct Asset {
    let type: String
    let text: String
  }

  /// nil: there is none of that name.
  static func named(_ name: String) -> Asset? {
    switch name {
    case "live.css": Asset(type: "text/css; charset=utf-8", text: Stylesheet.css)
    case "sweep.css": Asset(type: "text/css; charset=utf-8", text: SweepPage.css)
    case "sweep.js":
      Asset(type: "text/javascript; charset=utf-8", text: SweepScript.javascript + SweepPage.javascript)
    case "table.js": Asset(type: "text/javascript; charset=utf-8", text: TableScript.javascript)
    case "run.js":
      Asset(
        type: "text/javascript; charset=utf-8",
        text: ChartScript.javascript + TimeMapScript.javascript + RunScript.javascript)
    default: nil
    }
  }
}
