/// Cells as text, and what is said of those that hold no number.
extension CSVReader {
  /// The cell's text, of which names are made.
  ///
  /// - Throws: `DatasetError` `damagedFile` where its bytes are no UTF-8: replaced by a sign for "unknown", different texts
  ///   would become one.
  func text(_ cell: Cell) throws -> String {
    guard let text = String(validating: bytes[cell.range], as: UTF8.self) else { throw undecodable(cell) }
    return cell.isEscaped ? unescaped(text) : text
  }

  /// The cell's text for a message: cut where it is long, what cannot be decoded replaced.
  func shown(_ cell: Cell) -> String {
    let most = 60
    let text = String(decoding: bytes[cell.range].prefix(4 * most), as: UTF8.self)
    return text.count > most || cell.range.count > 4 * most ? text.prefix(most) + "..." : text
  }

  func isBlank(_ cell: Cell) -> Bool { bytes[cell.range].allSatisfy { $0 == 0x20 || $0 == 0x09 } }

  private func unescaped(_ text: String) -> String {
    var result = ""
    var afterQuote = false
    for character in text.unicodeScalars {
      afterQuote = character == "\"" && !afterQuote
      if !afterQuote { result.unicodeScalars.append(character) }
    }
    return result
  }

  private func undecodable(_ cell: Cell) -> DatasetError {
    let wrong = bytes[cell.range].first { $0 >= 0x80 } ?? 0
    let codes = bytes[cell.range].filter { $0 >= 0x80 }.prefix(4)
      .map { "0x" + String($0, radix: 16, uppercase: true) }.joined(separator: " ")
    // A letter of Windows-1252 or Latin-1 stands alone among ASCII.
    let isLatin =
      wrong >= 0xC0 || [0x80, 0x8A, 0x8C, 0x8E, 0x91, 0x92, 0x93, 0x94, 0x96, 0x9A, 0x9C, 0x9E, 0xA0].contains(wrong)
    return DatasetError(
      .damagedFile, at: place(cell), "the text is no UTF-8", found: "bytes \(codes) in `\(shown(cell))`",
      remedy: isLatin
        ? "if the file is Windows-1252 or Latin-1: iconv -f WINDOWS-1252 -t UTF-8 FILE > NEW" : "save it as UTF-8")
  }

  /// - Parameter value: what the cell says: NaN where it says nothing.
  func nonFinite(_ cell: Cell, _ value: Double, row: Int, column: Int) -> DatasetError {
    let text = shown(cell)
    if value.isFinite {
      return DatasetError(
        .nonFinite(row: row, column: column), at: place(cell), "no finite number in float32",
        expected: FeatureOrigins.range,
        found: "`\(text)`", remedy: FeatureOrigins.rangeRemedy)
    }
    return DatasetError(
      .nonFinite(row: row, column: column), at: place(cell), "no finite number",
      found: isBlank(cell) ? "nothing" : "`\(text)`",
      remedy: "remove the row or fill the gap, or say on_bad_row: skip in the recipe's data")
  }

  /// A cell of the features that holds a text.
  func noFeature(_ cell: Cell, name: String, mayBeHeading: Bool) -> DatasetError {
    let text = shown(cell)
    let way =
      remedy(text)
      ?? "features are numbers: leave the column out of the file, or write a column of 0 and 1 for each of its words"
    return DatasetError(
      .textFeature, at: place(cell), "\(name) is no number", found: "`\(text)`",
      remedy: mayBeHeading ? "is this a header? then say header: true" : way)
  }
}

extension CSVReader {
  /// A cell of a column that is numbers, and holds a text.
  func noNumber(_ cell: Cell, name: String) -> DatasetError {
    let text = shown(cell)
    return DatasetError(
      .unparsable, at: place(cell), "\(name) is no number", expected: "numbers, which the column holds",
      found: "`\(text)`",
      remedy: remedy(text) ?? "if the text means that nothing is known, add it to the csv's missing_values")
  }
}

extension CSVNumber {
  /// How to write a number that is written in a way that is not read; nil: the text looks like none.
  static func remedy(_ text: String) -> String? {
    let bare = text.filter { !$0.isWhitespace }
    let digits = bare.count { $0.isASCII && $0.isNumber }
    let letters = bare.count { $0.isLetter }
    guard digits > 0, letters <= 3, letters <= digits || bare.contains(where: { $0.isCurrencySymbol }) else {
      return nil
    }
    if bare.unicodeScalars.contains(where: { "\u{2212}\u{2012}\u{2013}\u{2014}\u{FF0D}".unicodeScalars.contains($0) }) {
      return "write the minus sign as `-`"
    }
    if bare.contains(",") {
      let parts = bare.split(separator: ",", omittingEmptySubsequences: false)
      return parts.count == 2 && !bare.contains(".")
        ? "write a decimal point, and no comma" : "write the number without commas between its digits"
    }
    if bare.contains(where: { $0.isCurrencySymbol || $0 == "%" }) { return "write the number without a unit" }
    if bare.count < text.trimmingBlanks.count || bare.contains("'") || bare.contains("_") {
      return "write the number without gaps between its digits"
    }
    return letters > 0 ? "write the number without letters" : nil
  }
}

extension String {
  /// Without blanks and tabs at its ends.
  var trimmingBlanks: String {
    let isBlank: (Character) -> Bool = { $0 == " " || $0 == "\t" }
    return String(String(drop(while: isBlank)).reversed().drop(while: isBlank).reversed())
  }
}
