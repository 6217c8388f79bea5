import NeuralNetwork
import Testing

@Suite struct GraphPathTests {
  private func bypassed(_ list: [ListedLayer], inputs: [String] = []) throws -> Set<String> {
    let graph = try Graph(list, inputs: inputs)
    return Set(zip(graph.nodes, graph.bypassed).filter(\.1).map(\.0.name))
  }

  private func dense(_ name: String, _ inputs: [String]? = nil) -> ListedLayer {
    ListedLayer(Dense(units: 4, name: name), inputs: inputs)
  }

  private func add(_ name: String, _ inputs: [String]) -> ListedLayer { ListedLayer(Add(name: name), inputs: inputs) }

  @Test func nothingGoesAroundLayersOfAChain() throws {
    #expect(try bypassed([dense("a"), dense("b"), dense("c")]).isEmpty)
  }

  @Test func aShortcutGoesAroundItsBlock() throws {
    let list = [dense("a"), dense("b"), dense("c"), add("sum", ["a", "c"]), dense("d")]
    #expect(try bypassed(list) == ["b", "c"])
  }

  @Test func branchesGoAroundEachOther() throws {
    // What stands on the short cut is gone around, too.
    let list = [
      dense("a"), dense("b", ["a"]), dense("c"), dense("short", ["a"]), add("sum", ["c", "short"]), dense("d"),
    ]
    #expect(try bypassed(list) == ["b", "c", "short"])
  }

  @Test func nestedBlocks() throws {
    let list = [
      dense("a"), dense("b"), dense("c"), add("inner", ["b", "c"]), dense("d"), add("outer", ["a", "d"]), dense("e"),
    ]
    #expect(try bypassed(list) == ["b", "c", "inner", "d"])
  }

  @Test func theInputMayBeTheShortcut() throws {
    #expect(try bypassed([dense("a"), dense("b"), add("sum", ["x", "b"]), dense("c")], inputs: ["x"]) == ["a", "b"])
  }

  /// What hangs on another input is no way around.
  @Test func otherInputsAreNoPathsAround() throws {
    let towers = [dense("a", ["x"]), dense("b"), dense("c", ["y"]), dense("d"), add("sum", ["b", "d"]), dense("e")]
    #expect(try bypassed(towers, inputs: ["x", "y"]).isEmpty)
    // Of two towers on one input each is a way around the other.
    let same = [dense("a", ["x"]), dense("b"), dense("c", ["x"]), dense("d"), add("sum", ["b", "d"]), dense("e")]
    #expect(try bypassed(same, inputs: ["x", "y"].dropLast()) == ["a", "b", "c", "d"])
  }
}
