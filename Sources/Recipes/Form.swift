/// What may stand at a place of a recipe. One description serves the reader, the defaults and the JSON Schema.
indirect enum Form: Sendable {
  case boolean
  case integer(ClosedRange<Int>)
  /// 0 ... 2^64 - 1.
  case unsigned
  case number(NumberRange)
  case text(TextRule)
  /// One of these words; the second list maps other spellings to them.
  case word([String], aliases: [String: String] = [:])
  case list(Form, atLeast: Int)
  /// A list of two.
  case pair(Form)
  /// A list of one or more; one alone is read as a list of it.
  case oneOrMore(Form)
  case map(MapForm)
  /// A word such as `auto`, or the form.
  case wordOr(String, Form)
  /// The form, or 0 or null for "never", which is kept as 0.
  case offOr(Form)
  /// The first for scalars, the second for maps.
  case scalarOr(Form, MapForm)
  /// A text, or a map from names of layers to such texts, at least one.
  case textOrNamed(TextRule)
  /// Free keys with text values.
  case texts
  /// Free keys with values of one form, at least one.
  case named(Form)
  /// Whatever YAML can say; kept as its text, on one line.
  case anything
  /// Free keys with numbers, at least one.
  case numbers(NumberRange)
  /// A list of layers, repetitions, residuals, inputs of the data and such lists, which stand for their elements.
  case layers

  /// One of an enumeration's raw values.
  static func word<Word: RawRepresentable<String> & CaseIterable>(of words: Word.Type) -> Form {
    .word(words.allCases.map(\.rawValue))
  }
}

/// A range of finite numbers. Numbers must stay in it after rounding to single precision, in which training computes.
struct NumberRange: Sendable {
  var lower: Double?
  var includesLower = true
  var upper: Double?
  var includesUpper = true

  static let any = NumberRange()
  static let positive = NumberRange(lower: 0, includesLower: false)
  static let notNegative = NumberRange(lower: 0)
  /// 0 <= x < 1.
  static let belowOne = NumberRange(lower: 0, upper: 1, includesUpper: false)
  /// 0 <= x <= 1.
  static let unit = NumberRange(lower: 0, upper: 1)
  /// 0 < x < 1.
  static let inside = NumberRange(lower: 0, includesLower: false, upper: 1, includesUpper: false)

  func contains(_ number: Double) -> Bool {
    [number, Double(Float(number))].allSatisfy { value in
      value.isFinite && lower.map { includesLower ? value >= $0 : value > $0 } ?? true
        && upper.map { includesUpper ? value <= $0 : value < $0 } ?? true
    }
  }

  var expected: String {
    let bounds = [
      lower.map { "\(includesLower ? ">=" : ">") \(Int($0))" },
      upper.map { "\(includesUpper ? "<=" : "<") \(Int($0))" },
    ].compactMap(\.self)
    return bounds.isEmpty ? "a number" : "a number \(bounds.joined(separator: " and "))"
  }
}

enum TextRule: Sendable {
  case any
  case notEmpty
  /// Of a file that the recipe names, relative to the recipe's folder.
  case path
  /// Of a folder, likewise.
  case folder
  /// Of a file or a folder.
  case fileOrFolder
  /// Usable as a directory's name.
  case runName
  /// Usable as an HDF5 group's name.
  case layerName
  /// A column's name, or its number.
  case column
  /// Of a cell of a table: whatever is written, numbers too.
  case cell
  /// One character.
  case delimiter
}

/// A map with known keys.
struct MapForm: Sendable {
  /// What it describes, for messages: "an optimizer".
  var what: String
  var keys: [Key]
  /// Exactly one of these keys must be given.
  var choices: [String] = []
  /// A choice without arguments may be written as its name alone.
  var allowsBareNames = false
  /// At most one of these keys may be given.
  var exclusive: [String] = []
  var aliases: [String: String] = [:]
  /// Names that are understood, but not accepted, and why.
  var refused: [String: String] = [:]
  /// The key whose value may stand for the map: `activation: relu` for `activation: {function: relu}`.
  var shorthand: String?
  /// What the JSON Schema calls a form that several keys share.
  var definition: String?

  /// `name`, or `{name: {arguments}}`.
  static func oneOf(
    _ what: String, _ choices: [(name: String, arguments: [Key], shorthand: String?)], aliases: [String: String] = [:],
    refused: [String: String] = [:], definition: String? = nil
  ) -> MapForm {
    MapForm(
      what: what,
      keys: choices.map { choice in
        var form = MapForm(what: "arguments of `\(choice.name)`", keys: choice.arguments)
        form.shorthand = choice.shorthand
        return Key(choice.name, .map(form), .absent, "")
      }, choices: choices.map(\.name), allowsBareNames: true, aliases: aliases, refused: refused,
      definition: definition)
  }

  /// The choices that take arguments, for where the others are written as words.
  var ofArguments: MapForm {
    var form = self
    form.allowsBareNames = false
    form.keys = keys.filter { if case .map(let arguments) = $0.form { !arguments.keys.isEmpty } else { false } }
    form.choices = form.keys.map(\.name)
    for name in choices where !form.choices.contains(name) {
      let reason = "`\(name)` takes no arguments: write its name alone"
      form.refused[name] = reason
      for alias in aliases where alias.value == name { form.refused[alias.key] = reason }
    }
    form.aliases = aliases.filter { form.choices.contains($0.value) }
    return form
  }

  func key(_ name: String) -> Key? { keys.first { $0.name == name } }

  /// Keys for people to write, for suggestions.
  var names: [String] {
    keys.filter { if case .texts = $0.form { false } else { true } }.map(\.name)
  }

  /// Choices that need no arguments.
  var bareNames: [String] {
    guard allowsBareNames else { return [] }
    return choices.filter { name in
      guard case .map(let arguments)? = key(name)?.form else { return false }
      return !arguments.keys.contains { $0.preset.isRequired } && arguments.choices.isEmpty
    }
  }
}

struct Key: Sendable {
  enum Preset: Sendable, ExpressibleByStringLiteral {
    case required
    /// May be left out, or be null.
    case absent
    /// YAML that stands in for a key that is left out.
    case value(String)

    init(stringLiteral value: String) { self = .value(value) }

    var isRequired: Bool {
      if case .required = self { return true }
      return false
    }
  }

  var name: String
  var form: Form
  var preset: Preset
  /// One sentence for the JSON Schema.
  var summary: String

  init(_ name: String, _ form: Form, _ preset: Preset, _ summary: String) {
    self.name = name
    self.form = form
    self.preset = preset
    self.summary = summary
  }
}
