import Testing

@testable import Reports

struct RunFilterTests {
  private static func run(
    _ name: String = "r", tags: [String] = [], loss: Double? = nil, workers: Int? = nil,
    recipe: [String: RunValue]? = nil
  ) -> RunRecord {
    var run = RunRecord(name: name, path: name)
    run.tags = tags
    run.workers = workers
    run.recipe = recipe
    if let loss { run.figures = [.init(name: "loss", last: loss, best: loss)] }
    return run
  }

  @Test(arguments: [
    ("tag = vanishing and loss < 0.3 or workers >= 8", true),
    ("tag = vanishing and (loss < 0.3 or workers >= 8)", true),
    ("tag = other and loss < 0.3 or workers >= 8", false),
    ("tag = other and (loss < 0.3 or workers >= 8)", false),
    ("workers >= 8 or tag = vanishing and loss < 0.3", true),
    ("not tag = vanishing", false), ("not not tag = vanishing", true), ("not (tag = vanishing and workers = 8)", true),
    ("tag != vanishing", false), ("tag != other", true), ("tag ~ VANISH", true), ("tag ~ x", false),
    ("loss = .25", true), ("loss == 2.5e-1", true), ("loss != 0.25", false), ("loss <= 0.25", true),
    ("loss > 0.25", false), ("loss = nan", false), ("loss < inf", true),
    ("validation_loss < 1", false), ("validation_loss != 1", true), ("not validation_loss = 1", true),
    ("state = interrupted", true), ("name = \"a \\\"b\\\"\"", true), ("name = 'a \"b\"'", true), ("name < b", true),
    ("optimizer.sgd.learning_rate = 0.1", true), ("optimizer.sgd.learning_rate >= 0.2", false),
    ("model.layers.0.dense.activation = relu", true), ("AND = 1 or \"and\" != 1", true),
  ])
  func decides(expression: String, expected: Bool) throws {
    let run = RunFilterTests.run(
      "a \"b\"", tags: ["moons", "vanishing"], loss: 0.25, workers: 4,
      recipe: ["optimizer.sgd.learning_rate": .number(0.1), "model.layers.0.dense.activation": .text("relu")])
    if expression.hasPrefix("AND") {
      #expect(throws: RunFilterError.self) { try RunFilter(expression) }
    } else {
      #expect(try RunFilter(expression).matches(run) == expected)
    }
  }

  @Test func aLossThatIsNaNIsNeitherSmallNorLarge() throws {
    let run = RunFilterTests.run(loss: .nan)
    for expression in ["loss < 1", "loss > 1", "loss = 1"] { #expect(try !RunFilter(expression).matches(run)) }
    #expect(try RunFilter("loss = nan").matches(run))
  }

  @Test(arguments: [
    ("", 0, "expected a field"), ("loss", 4, "comparison"), ("loss <", 6, "expected a value after `<`, found the end"),
    ("loss < 0.3 and", 14, "expected a field"), ("(loss < 1", 9, "to close the one at character 1"),
    ("loss < 1)", 8, "expected `and`, `or` or the end, found `)`"), ("loss < 1 workers > 2", 9, "found `workers`"),
    ("name = \"x", 7, "another \""), ("loss < many", 7, "is a number"), ("state = runing", 8, "interrupted, diverged"),
    ("a \\ b", 2, "found `\\`"), ("lss < 1", 0, "did you mean `loss`?"), ("not or", 4, "found `or`"),
  ])
  func saysWhereItsTroubleIs(expression: String, offset: Int, message: String) throws {
    do {
      _ = try RunFilter(expression, fields: ["loss", "workers", "name", "state", "a"])
      Issue.record("read \(expression)")
    } catch {
      #expect(error.offset == offset && error.message.contains(message), "\(error)")
      #expect(error.description.split(separator: "\n").last == "  \(String(repeating: " ", count: offset))^")
    }
  }

  @Test func nestsOnlySoDeep() {
    let deep = String(repeating: "(", count: 5000)
    #expect(throws: RunFilterError.self) { try RunFilter(deep + "a = 1") }
    #expect(throws: RunFilterError.self) { try RunFilter(String(repeating: "not ", count: 5000) + "a = 1") }
    #expect(throws: RunFilterError.self) {
      try RunFilter("a = 1" + String(repeating: " or a = 1", count: 5000))
    }
    #expect(throws: Never.self) { try RunFilter("a = 1" + String(repeating: " or a = 1", count: 500)) }
  }

  /// Random strings of the grammar's own pieces are read or refused with a place inside the text, and never crash.
  @Test func survivesAnything() {
    var random = SplitMix(seed: 20_260_131)
    let pieces = [
      "loss", "tag", "and", "or", "not", "(", ")", "=", "!=", "<", "<=", ">", ">=", "~", "\"", "'", "\\", "0.3", "-1",
      "nan", " ", "  ", "\n", "\t", "é", "🪨", "\u{0}", "e\u{301}", "!", "==", "a.b.0", "\"x y\"", "\u{202E}",
    ]
    var read = 0
    for _ in 0..<20_000 {
      let text = (0..<random.below(14)).map { _ in
        pieces[random.below(pieces.count)] + (random.below(2) == 0 ? " " : "")
      }
      .joined()
      do {
        let filter = try RunFilter(text)
        read += 1
        #expect((try? RunFilter(filter.description)) == filter, "\(text) -> \(filter)")
        _ = filter.matches(RunFilterTests.run(loss: 1))
      } catch {
        #expect((0...text.count).contains(error.offset), "\(text)")
      }
    }
    #expect(read > 30)
  }

  /// What is printed reads back as what was meant.
  @Test func printsWhatReadsBack() throws {
    var random = SplitMix(seed: 7)
    let fields = ["loss", "tags", "name", "a.b", "not", "x.y z"]
    let words = ["1", "0.25", "nan", "two words", "and", "\"q\"", "back\\slash", "", "plain-word"]
    func filter(_ depth: Int) -> RunFilter {
      switch depth == 0 ? 3 : random.below(4) {
      case 0: return .not(filter(depth - 1))
      case 1: return .and(filter(depth - 1), filter(depth - 1))
      case 2: return .or(filter(depth - 1), filter(depth - 1))
      default:
        let field = fields[random.below(fields.count)]
        let word = field == "loss" || field == "not" ? "0.5" : words[random.below(words.count)]
        let isPlain = RunFilter.word(word) == word
        let operand = RunFilter.Operand(word, isQuoted: word != "0.5" && (!isPlain || random.below(2) == 0))
        return .comparison(field: field, RunFilter.Comparison.allCases[random.below(7)], operand)
      }
    }
    for _ in 0..<2000 {
      let made = filter(random.below(5))
      #expect(try RunFilter(made.description) == made, "\(made)")
    }
  }
}

/// Repeatable random numbers. Source: Guy Steele et al., Fast Splittable Pseudorandom Number Generators, 2014.
struct SplitMix {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func below(_ limit: Int) -> Int {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return Int((z ^ (z >> 31)) % UInt64(limit))
  }
}
