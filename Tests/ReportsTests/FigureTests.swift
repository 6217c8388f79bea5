import Foundation
import FoundationXML
import Testing

@testable import Reports

/// What the pictures say, read back out of their SVG.
@Suite struct FigureTests {
  private func series(_ values: [Double], _ name: String = "loss", _ color: FigureColor = .category(0)) -> FigureSeries
  {
    FigureSeries(name, color: color, steps: values.indices.map { Double($0 + 1) }, values: values)
  }

  /// Every SVG is well-formed XML.
  private func document(_ svg: String) throws -> Elements {
    let parser = XMLParser(data: Data(svg.utf8))
    let elements = Elements()
    parser.delegate = elements
    try #require(parser.parse(), "\(String(describing: parser.parserError)) \(svg.prefix(300))")
    return elements
  }

  final class Elements: NSObject, XMLParserDelegate {
    var found: [(name: String, attributes: [String: String])] = []
    var text = ""
    func parser(
      _ parser: XMLParser, didStartElement name: String, namespaceURI: String?, qualifiedName: String?,
      attributes: [String: String] = [:]
    ) { found.append((name, attributes)) }
    func parser(_ parser: XMLParser, foundCharacters string: String) { text += string + "\n" }

    func paths(_ cssClass: String) -> [String] {
      found.filter { $0.name == "path" && $0.attributes["class"] == cssClass }.compactMap { $0.attributes["d"] }
    }
  }

  /// Points of a path of `M x y l dx dy dx dy ...`.
  private func points(_ path: String) -> [(x: Int, y: Int)] {
    var points: [(x: Int, y: Int)] = []
    var numbers: [Int] = []
    var text = ""
    var relative = false
    func end() {
      if let number = Int(text) { numbers.append(number) }
      text = ""
      if numbers.count == 2 {
        let last: (x: Int, y: Int) = relative ? points.last ?? (0, 0) : (0, 0)
        points.append((last.x + numbers[0], last.y + numbers[1]))
        numbers = []
      }
    }
    for letter in path {
      if letter.isLetter || letter == " " || letter == "-" { end() }
      if letter.isLetter { relative = letter == "l" } else if letter != " " { text.append(letter) }
    }
    end()
    return points
  }

  @Test func aCurveRunsFromTheFirstToTheLastStepAndHigherIsFurtherUp() throws {
    let figure = LineFigure(id: "loss", title: "Loss", label: "loss", series: [series([3, 2, 1])], choice: .linear)
    let curve = points(try #require(try document(figure.svg()).paths("l").first))
    #expect(curve.map(\.x) == [0, 2200, 4400])
    #expect(curve[0].y < curve[1].y && curve[1].y < curve[2].y)
    #expect(abs((curve[1].y - curve[0].y) - (curve[2].y - curve[1].y)) <= 1)
  }

  @Test func aSpikeReachesTheTopOfItsBand() throws {
    var values = [Double](repeating: 1, count: 100_000)
    values[50_000] = 100
    let figure = LineFigure(id: "a", title: "A", label: "a", series: [series(values)], choice: .linear)
    let band = points(try #require(try document(figure.svg()).paths("e").first))
    let top = try #require(band.map(\.y).min())
    let height = figure.frame.height * 10
    #expect(Double(top) == ((1 - figure.valueAxis.fraction(100)) * Double(height)).rounded())
    #expect(band.filter { $0.y < height / 2 }.map(\.x) == [2200])
  }

  @Test func nanLeavesAGapAndAMark() throws {
    let figure = LineFigure(id: "a", title: "A", label: "a", series: [series([1, 2, .nan, 2, 1])])
    let parts = try document(figure.svg())
    #expect(parts.paths("l")[0].filter { $0 == "M" }.count == 2)
    #expect(parts.paths("g").count == 1)
    let none = LineFigure(id: "a", title: "A", label: "a", series: [series([.nan, .nan])])
    #expect(none.isEmpty && none.svg().contains("no finite value"))
  }

  @Test func fewElementsHoweverManySteps() throws {
    let values = (0..<20_000).map { Double(($0 * 7919) % 1000) + 1 }
    let many = (0..<20).map { series(values, "layer \($0)", .depth($0, of: 20)) }
    let marks = (0..<5000).map { FigureMark(step: Double($0 * 4), kind: .finding, number: $0, sentence: "s") }
    let figure = LineFigure(id: "a", title: "A", label: "a", series: many, choice: .logarithmic, marks: marks)
    let svg = figure.svg(.script(rows: 500))
    #expect(try document(svg).found.count < 400)
    #expect(svg.utf8.count < 600_000)
    // So many that lines over the whole height would hide the curves.
    #expect(!svg.contains("class=\"marknumber\"") && svg.contains("of this kind"))
  }

  @Test func marksAtOnePlaceAreAllToBeSeen() throws {
    var figure = LineFigure(id: "a", title: "A", label: "a", series: [series((0..<1000).map(Double.init))])
    figure.marks = [
      FigureMark(step: 4, kind: .blowup, number: 1, sentence: "up"),
      FigureMark(step: 4, kind: .rollback, number: 2, sentence: "`back`"),
      FigureMark(step: 5, kind: .finding, number: 3, sentence: "f"),
      FigureMark(step: 900, kind: .note, number: 4, sentence: "n"),
    ]
    let svg = figure.svg()
    #expect(svg.contains(">1, 2, 3</text>") && svg.contains(">4</text>") && svg.contains("2: back<"))
    let lines = try document(svg).paths("mark").compactMap { Double($0.dropFirst().prefix { $0 != " " }) }
    #expect(lines.count == 4 && zip(lines, lines.dropFirst()).allSatisfy { $1 - $0 >= 3 }, "\(lines)")
  }

  @Test func numbersAndSentencesReadAlikeEverywhere() {
    #expect(short(1e-5) == "1e-5" && short(1.5e-7) == "1.5e-7" && short(13763) == "13763" && short(0.0001) == "0.0001")
    #expect(Markup.prose("as `a_b` does <").text == "as <code>a_b</code> does &lt;")
    #expect(Markup.prose("a ` alone").text == "a ` alone")
    #expect(Markup.name("sparse_categorical").text == "sparse_<wbr>categorical")
    #expect(Markup.name("layers.0.dense 0.5").text == "layers.0.<wbr>dense 0.5")
  }

  @Test func layersHaveDifferentColours() {
    for count in [1, 2, 6, 7, 20, 24] {
      #expect(Set((0..<count).map { FigureColor.depth($0, of: count).cssClass }).count == count)
    }
    #expect(FigureColor.depth(99, of: 100).cssClass == "r23")
  }

  @Test func namesAreTextAndNeverTags() throws {
    let evil = "<script>alert(\"1\")</script>&'\u{0}"
    var line = LineFigure(id: "a", title: evil, label: evil, series: [series([1, 2], evil), series([1, 2], "b")])
    line.marks = [FigureMark(step: 1, kind: .blowup, number: 1, sentence: evil)]
    line.rules = [FigureRule(value: 1.5, label: evil)]
    let heat = HeatMap(
      id: "b", title: evil, label: evil, layers: [evil], steps: [1, 2], values: [[1, 2]], marks: line.marks)
    let network = NetworkFigure(
      id: "c", title: evil, label: evil, nodes: [.init(name: evil, type: evil, shape: [1], inputs: [], value: 1)])
    for form in [FigureForm.file, .page, .script(rows: 10)] {
      for svg in [line.svg(form), heat.svg(form), network.svg(form), line.legend.text] {
        #expect(!svg.contains("<script") && !svg.contains("\u{0}"))
        #expect(try document(svg).found.allSatisfy { $0.name != "script" })
      }
    }
    let title = line.svg()
    #expect(title.contains("&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;&amp;&#39;\u{FFFD}"))
  }

  @Test func aHeatMapKeepsTheLargestAndMarksNaN() {
    var values = [Double](repeating: 1, count: 10_000)
    values[3000] = 50
    values[7000] = .nan
    let map = HeatMap(
      id: "h", title: "H", label: "h", layers: ["a"], steps: values.indices.map { Double($0 + 1) }, values: [values])
    let columns = map.columns(0, map.frame)
    #expect(columns.allSatisfy { $0 != nil })
    #expect(columns.filter { $0 == 50 }.count >= 1 && columns.filter { $0 == 50 }.count <= 2)
    #expect(columns.filter { $0?.isNaN == true }.count >= 1)
  }

  @Test func aRowOfAHeatMapStandsForTheStepsBeforeIt() {
    // Two merged rows: steps 1 to 512 and 513 to 1024.
    let map = HeatMap(
      id: "h", title: "H", label: "h", layers: ["a"], steps: [512, 1024], values: [[1, 2]], range: 1...1024)
    let columns = map.columns(0, map.frame)
    #expect(columns.filter { $0 == 2 }.count >= columns.count / 2 - 1)
  }

  @Test func aHeatMapsPictureIsAPNGFile() throws {
    let image = PNGImage(
      width: 300, height: 300, pixels: (0..<90_000).map { UInt8($0 % 4) },
      palette: [(255, 0, 0), (0, 255, 0), (0, 0, 255), (9, 9, 9)], transparentFrom: 3)
    let bytes = image.bytes
    var at = 8
    var kinds: [String] = []
    while at < bytes.count {
      let length = bytes[at..<at + 4].reduce(0) { $0 << 8 | Int($1) }
      kinds.append(String(decoding: bytes[at + 4..<at + 8], as: UTF8.self))
      at += 12 + length
    }
    #expect(at == bytes.count && kinds == ["IHDR", "PLTE", "tRNS", "IDAT", "IEND"])
    // The checksum of an empty IEND is known to everybody.
    #expect(Array(bytes.suffix(4)) == [0xae, 0x42, 0x60, 0x82])
  }

  @Test func noStepsNoLayersAndOneStepAreDrawn() throws {
    for values in [[], [1], [.nan], [0]] as [[Double]] {
      let steps = values.indices.map { Double($0 + 1) }
      let line = LineFigure(
        id: "a", title: "A", label: "a", series: [series(values)], choice: .logarithmic)
      let heat = HeatMap(id: "b", title: "B", label: "b", layers: ["x"], steps: steps, values: [values])
      let empty = HeatMap(id: "c", title: "C", label: "c", layers: [], steps: steps, values: [])
      for form in [FigureForm.file, .page, .script(rows: 10)] {
        for svg in [line.svg(form), heat.svg(form), empty.svg(form)] { _ = try document(svg) }
      }
    }
  }

  @Test func theScriptsValuesKeepSpikesAndGaps() throws {
    var values = [Double](repeating: 1, count: 1000)
    values[500] = 10
    values[700] = .nan
    let all = series(values)
    let axis = Axis(scale: .linear, lower: 0, upper: 10)
    let merged = SeriesData(all, axis: axis, rows: 100).attributes.text
    func codes(_ name: String) throws -> [UInt16] {
      let text = try #require(
        merged.components(separatedBy: "data-\(name)=\"").last?.components(separatedBy: "\"").first)
      let bytes = Array(try #require(Data(base64Encoded: text)))
      return stride(from: 0, to: bytes.count, by: 2).map { UInt16(bytes[$0]) | UInt16(bytes[$0 + 1]) << 8 }
    }
    #expect(try codes("values").count == 100)
    #expect(try codes("values")[70] == 65535 && codes("lows")[70] == 6500)
    #expect(try codes("highs")[50] == 65000 && codes("lows")[50] == 6500)
    #expect(SeriesData.steps(all.steps, rows: 1000) == "1x1000")
    #expect(SeriesData.steps([5, 10, 15, 16], rows: 10) == "5x3,1")
  }
}
