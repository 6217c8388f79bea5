import Foundation
import FoundationXML
import Testing

@testable import Reports

@Suite struct NetworkFigureTests {
  /// Blocks of `inner` boxes, an add and an activation each, with a path around the boxes.
  private func residual(blocks: Int, inner: Int, hasActivation: Bool = true) -> [[Int]] {
    var reads: [[Int]] = [[]]
    for _ in 0..<blocks {
      let start = reads.count - 1
      for _ in 0..<inner { reads.append([reads.count - 1]) }
      reads.append([start, reads.count - 1])
      if hasActivation { reads.append([reads.count - 1]) }
    }
    return reads
  }

  @Test func aChainIsOneColumnOfArrows() {
    let layout = NetworkLayout((0..<10).map { $0 == 0 ? [] : [$0 - 1] })
    #expect(layout.columns == 1 && layout.rows == 10 && layout.steps.count == 9)
    #expect(layout.sides.isEmpty && layout.crossings.isEmpty)
  }

  @Test func pathsAroundLayersGoByTheSide() {
    // 0 -> 1 -> 2 -> 3, with 0 -> 2, 0 -> 3 and 1 -> 3 besides.
    let layout = NetworkLayout([[], [0], [0, 1], [0, 1, 2]])
    #expect(Set(layout.sides.map { [$0.from, $0.to] }) == [[0, 2], [1, 3], [0, 3]])
    // All three are beside the second box at least in part.
    #expect(Set(layout.sides.map(\.lane)).count == 3 && layout.lanes == [3])
    #expect(layout.steps.map { [$0.from, $0.to] } == [[0, 1], [1, 2], [2, 3]])
  }

  @Test(arguments: [(27, 5), (9, 2), (50, 3)])
  func deepNetworksAreCutBetweenBlocks(_ blocks: Int, _ inner: Int) {
    let reads = residual(blocks: blocks, inner: inner)
    let layout = NetworkLayout(reads)
    #expect(layout.columns > 1 && layout.columns <= 4)
    #expect(layout.rows <= reads.count / layout.columns * 3 / 2)
    // No short cut goes from one column to another.
    #expect(layout.crossings.count == layout.columns - 1)
    #expect(layout.crossings.allSatisfy { $0.to == $0.from + 1 })
    #expect(layout.sides.count == blocks && layout.sides.allSatisfy { $0.lane == 0 })
    #expect(Set(layout.places).count == reads.count)
  }

  /// Where the next short cut begins at the sum, one of them goes over each cut.
  @Test func blocksOnTheHeelsOfEachOther() {
    let layout = NetworkLayout(residual(blocks: 27, inner: 5, hasActivation: false))
    #expect(layout.columns == 4 && layout.crossings.count == 6 && layout.sides.count == 24)
  }

  private func figure(_ values: [Double?]) -> NetworkFigure {
    NetworkFigure(
      id: "network", title: "The network", label: "rms",
      nodes: values.enumerated().map { number, value in
        .init(
          name: "layer <\(number)>", type: "Dense", shape: [8, 8, 16], inputs: number == 0 ? [] : [number - 1],
          weights: 7, value: value)
      })
  }

  @Test func coloursAreOfALogarithmicScale() throws {
    let svg = figure([nil, 1e-6, 1e-3, 1, .nan]).svg()
    #expect(XMLParser(data: Data(svg.utf8)).parse())
    let fills = svg.matches(of: #/class="(\w+(?: \w+)?)"><title>layer &lt;(\d)&gt;.*?rx="4"(?: fill="(#\w+)")?/#)
    #expect(fills.map { String($0.1) } == ["plain", "ondark", "ondark", "onbright", "plain broken"])
    // Dark to bright along viridis; in the middle what lies in the middle of the logarithms.
    let middle = FigureStyle.viridis(0.5)
    #expect(fills[2].3.map(String.init) == FigureStyle.hex(middle))
    #expect(svg.contains("layer &lt;1&gt;: Dense, output 8×8×16, 7 weights; rms: 1e-6"))
    #expect(svg.contains("NaN or Inf"))
  }

  @Test func aNetworkWithoutFiguresHasNoColours() {
    let svg = figure([nil, nil]).svg(.page)
    #expect(XMLParser(data: Data(svg.utf8)).parse() && !svg.contains("linearGradient"))
  }
}
