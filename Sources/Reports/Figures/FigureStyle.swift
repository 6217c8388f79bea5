/// The style sheet of all figures: classes with plain colours, since not every reader of SVG knows variables.
///
/// Categories after Okabe and Ito, "Color Universal Design", 2008, darker on light ground and lighter on dark ground;
/// the ramp and the heat map are viridis (Smith and van der Walt, 2015).
package enum FigureStyle {
  struct Pair: Sendable {
    let light: String
    let dark: String
  }

  static let categories = [
    Pair(light: "#0072b2", dark: "#56b4e9"), Pair(light: "#d55e00", dark: "#ff8c42"),
    Pair(light: "#008a66", dark: "#33d6a6"), Pair(light: "#aa3f86", dark: "#f29bc9"),
    Pair(light: "#8a6d00", dark: "#f0e442"), Pair(light: "#444444", dark: "#d8d8d8"),
  ]

  static let rampColors = 24

  /// Anchors of viridis, dark to light.
  static let viridis: [(red: Int, green: Int, blue: Int)] = [
    (0x44, 0x01, 0x54), (0x48, 0x28, 0x78), (0x3e, 0x49, 0x89), (0x31, 0x68, 0x8e), (0x26, 0x82, 0x8e),
    (0x1f, 0x9e, 0x89), (0x35, 0xb7, 0x79), (0x6e, 0xce, 0x58), (0xb5, 0xde, 0x2b), (0xfd, 0xe7, 0x25),
  ]

  /// Viridis at a fraction of its length.
  static func viridis(_ fraction: Double) -> (red: Int, green: Int, blue: Int) {
    let place = min(max(fraction, 0), 1) * Double(viridis.count - 1)
    let number = min(Int(place), viridis.count - 2)
    let (low, high, part) = (viridis[number], viridis[number + 1], place - Double(number))
    func between(_ low: Int, _ high: Int) -> Int { low + Int((Double(high - low) * part).rounded()) }
    return (between(low.red, high.red), between(low.green, high.green), between(low.blue, high.blue))
  }

  /// The part of viridis that stands out: from the dark end on light ground, from the light end on dark ground.
  private static func ramp(_ number: Int) -> Pair {
    let fraction = Double(number) / Double(rampColors - 1)
    return Pair(light: hex(viridis(fraction * 0.8)), dark: hex(viridis(0.3 + 0.7 * fraction)))
  }

  static func hex(_ color: (red: Int, green: Int, blue: Int)) -> String {
    func two(_ value: Int) -> String { (value < 16 ? "0" : "") + String(value, radix: 16) }
    return "#" + two(color.red) + two(color.green) + two(color.blue)
  }

  /// For a page; an SVG file carries it itself. Dark where the reader prefers it, light on paper.
  package static let css: String = {
    var light = ""
    var dark = ""
    func add(_ name: String, _ color: Pair) {
      light += ".\(name) .l,.\(name) .g{stroke:\(color.light)}.\(name) .e{fill:\(color.light);stroke:\(color.light)}"
      dark += ".\(name) .l,.\(name) .g{stroke:\(color.dark)}.\(name) .e{fill:\(color.dark);stroke:\(color.dark)}"
    }
    for (number, color) in categories.enumerated() { add("c\(number)", color) }
    for number in 0..<rampColors { add("r\(number)", ramp(number)) }
    add("muted", Pair(light: "#777777", dark: "#999999"))
    return base + light + "@media screen and (prefers-color-scheme:dark){" + darkBase + dark + "}"
  }()

  private static let base = """
    .figure text{font:12px system-ui,-apple-system,"Segoe UI",Roboto,"DejaVu Sans",sans-serif;fill:#444}\
    .figure .title{font-weight:600;font-size:15px;fill:#111}\
    .figure .ground{fill:#fff}.figure .frame{fill:none;stroke:#999;stroke-width:1}\
    .figure .grid{fill:none;stroke:#000;stroke-opacity:.1;stroke-width:1}\
    .l,.g,.e{stroke-linejoin:round;stroke-linecap:round}\
    .l{fill:none;stroke-width:15}.g{fill:none;stroke-width:12}.e{fill-opacity:.22;stroke-width:5;stroke-opacity:.45}\
    .many .e{fill-opacity:.12;stroke-opacity:.28}\
    .d1 .l{stroke-dasharray:60 40}.d2 .l{stroke-dasharray:15 35}.d3 .l{stroke-dasharray:90 35 15 35}\
    .rule{fill:none;stroke:#111;stroke-width:1.2;stroke-dasharray:7 3}\
    .figure .rulename{fill:#111;font-size:11px}.figure .marknumber{font-size:11px;font-weight:600;text-anchor:middle}\
    .mark{fill:none;stroke-width:1.2}\
    .blowup .mark{stroke:#c1121f;stroke-width:1.6}.figure .blowup text{fill:#c1121f}\
    .rollback .mark{stroke:#6a3d9a;stroke-dasharray:5 3}.figure .rollback text{fill:#6a3d9a}\
    .finding .mark{stroke:#9a6700;stroke-dasharray:2 3}.figure .finding text{fill:#9a6700}\
    .note .mark{stroke:#777;stroke-dasharray:1 4}.figure .note text{fill:#777}\
    .crowd .mark{stroke-dasharray:none;stroke-width:1}.hatch{fill:#c1121f}.hatchground{fill:#f3d9dc}\
    .box{stroke:#999;stroke-width:1}.plain .box{fill:#f4f5f7}.broken .box{stroke:#c1121f;stroke-width:2.5}\
    .figure .shape{font-size:10.5px}.figure .onbright text{fill:#111}.figure .ondark text{fill:#fff}\
    .arrow{fill:none;stroke:#777;stroke-width:1.3}.head{fill:#777}\
    .side .arrow{stroke:#d55e00;stroke-width:1.8}.side .head{fill:#d55e00}

    """

  private static let darkBase = """
    .figure text{fill:#c8c8c8}.figure .title{fill:#f2f2f2}.figure .ground{fill:#16181d}.figure .frame{stroke:#777}\
    .figure .grid{stroke:#fff;stroke-opacity:.13}.rule{stroke:#f2f2f2}.figure .rulename{fill:#f2f2f2}\
    .blowup .mark{stroke:#ff6b6b}.figure .blowup text{fill:#ff6b6b}\
    .rollback .mark{stroke:#c4a5ff}.figure .rollback text{fill:#c4a5ff}\
    .finding .mark{stroke:#e8b339}.figure .finding text{fill:#e8b339}\
    .note .mark{stroke:#aaa}.figure .note text{fill:#aaa}.hatch{fill:#ff6b6b}.hatchground{fill:#3a2024}\
    .box{stroke:#777}.plain .box{fill:#24272e}.broken .box{stroke:#ff6b6b}\
    .arrow{stroke:#999}.head{fill:#999}.side .arrow{stroke:#ff8c42}.side .head{fill:#ff8c42}
    """
}
