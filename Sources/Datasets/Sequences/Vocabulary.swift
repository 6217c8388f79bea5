/// The tokens of a text, by number: all bytes, or its characters.
///
/// Characters are Unicode scalars (code points), numbered in ascending order, as nanoGPT's character level has them. They are
/// the classes of the next-token targets, so that they stand in checkpoints where names of classes stand.
public struct Vocabulary: Sendable, Equatable {
  /// Ascending; empty: tokens are bytes.
  public let characters: [Unicode.Scalar]
  /// Number of each scalar up to the largest; -1: it is none.
  private let numbers: [Int32]

  /// All 256 bytes.
  public static let bytes = Vocabulary([])

  /// - Parameter characters: ascending; empty: tokens are bytes.
  init(_ characters: [Unicode.Scalar]) {
    self.characters = characters
    var numbers = [Int32](repeating: -1, count: characters.last.map { Int($0.value) + 1 } ?? 0)
    for (number, character) in characters.enumerated() { numbers[Int(character.value)] = Int32(number) }
    self.numbers = numbers
  }

  /// As a checkpoint holds it.
  ///
  /// - Parameter names: of the run's classes; empty: tokens are bytes.
  /// - Returns: nil where they are not characters in ascending order.
  public init?(names: [String]) {
    let scalars = names.map { Array($0.unicodeScalars) }
    guard scalars.allSatisfy({ $0.count == 1 }) else { return nil }
    let characters = scalars.map { $0[0] }
    guard zip(characters, characters.dropFirst()).allSatisfy({ $0 < $1 }) else { return nil }
    self.init(characters)
  }

  public var isBytes: Bool { characters.isEmpty }
  /// Tokens.
  public var count: Int { isBytes ? 256 : characters.count }
  /// What a checkpoint holds; empty: tokens are bytes.
  public var names: [String] { characters.map { String($0) } }
  /// How numbers are held.
  var storage: FieldValues.Storage { count <= 256 ? .bytes : .integers }

  /// The number of a scalar; nil: it is no token.
  @inline(__always)
  func number(of scalar: UInt32) -> Int32? {
    guard Int(scalar) < numbers.count, numbers[Int(scalar)] >= 0 else { return nil }
    return numbers[Int(scalar)]
  }

  /// The tokens of a text.
  ///
  /// - Parameter place: what messages call the text.
  /// - Throws: `DatasetError` at the first character that is none.
  public func tokens(of text: String, at place: String) throws -> [Int32] {
    let bytes = Array(text.utf8)
    if isBytes { return bytes.map { Int32($0) } }
    return try bytes.withUnsafeBufferPointer { bytes in
      var tokens: [Int32] = []
      try encode(bytes, at: place) { tokens.append($0) }
      return tokens
    }
  }

  /// The UTF-8 bytes of a token, or the byte that it is.
  ///
  /// - Precondition: `0 <= token < count`.
  public func bytes(of token: Int) -> [UInt8] {
    precondition(token >= 0 && token < count, "token \(token) of \(count)")
    return isBytes ? [UInt8(token)] : Array(String(characters[token]).utf8)
  }

  /// Calls `body` with the tokens of a text, one by one.
  ///
  /// - Throws: `DatasetError` at the first character that is none, and where the bytes are no UTF-8.
  func encode(_ bytes: UnsafeBufferPointer<UInt8>, at path: String, _ body: (Int32) -> Void) throws {
    var unknown: (scalar: UInt32, place: Int)?
    let bad = UTF8Scalars.each(bytes) { scalar, place in
      guard let number = number(of: scalar) else {
        unknown = (scalar, place)
        return false
      }
      body(number)
      return true
    }
    try UTF8Scalars.require(bad, bytes, at: path)
    guard let unknown else { return }
    throw DatasetError(
      .labels, at: UTF8Scalars.place(of: unknown.place, in: bytes, at: path),
      "the character \(Vocabulary.shown(unknown.scalar)) is none of the run's vocabulary",
      expected: "the \(counted(characters.count, "character")) of the training text",
      remedy: "leave it out, or train on a text that has it (`tokens: bytes` knows every text)")
  }

  /// `é` (U+00E9)
  private static func shown(_ scalar: UInt32) -> String {
    let digits = String(scalar, radix: 16, uppercase: true)
    let number = "U+" + String(repeating: "0", count: max(0, 4 - digits.count)) + digits
    guard let scalar = Unicode.Scalar(scalar), scalar.properties.isGraphemeBase || scalar.properties.isAlphabetic else {
      return number
    }
    return "`\(scalar)` (\(number))"
  }

  private func counted(_ count: Int, _ noun: String) -> String { "\(count) \(noun)\(count == 1 ? "" : "s")" }
}

/// Which scalars occur in texts.
struct ScalarSet {
  private var isThere = [Bool](repeating: false, count: 0x11_0000)

  /// - Throws: `DatasetError` where the bytes are no UTF-8, or hold a zero character, which names cannot.
  mutating func add(_ bytes: UnsafeBufferPointer<UInt8>, at path: String) throws {
    let bad = isThere.withUnsafeMutableBufferPointer { isThere in
      UTF8Scalars.each(bytes) { scalar, _ in
        isThere[Int(scalar)] = true
        return true
      }
    }
    try UTF8Scalars.require(bad, bytes, at: path)
    if isThere[0], let zero = bytes.firstIndex(of: 0) {
      throw DatasetError(
        .damagedFile, at: UTF8Scalars.place(of: zero, in: bytes, at: path), "a zero byte: this is no text",
        expected: "text in UTF-8", remedy: "say `tokens: bytes`, which takes any file")
    }
  }

  var vocabulary: Vocabulary {
    Vocabulary(isThere.indices.filter { isThere[$0] }.compactMap { Unicode.Scalar(UInt32($0)) })
  }
}
