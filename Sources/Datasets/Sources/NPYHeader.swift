/// The head of NumPy's array format, versions 1 to 3: type, order and shape, written as a Python dictionary.
/// Source: NumPy, "numpy.lib.format".
struct NPYHeader {
  let type: NumberType
  let isColumnMajor: Bool
  let shape: [Int]
  /// Bytes before the first number.
  let length: Int

  /// - Parameter stream: at its beginning; stands at the first number afterwards.
  /// - Throws: `DatasetError`: `damagedFile`, `type`.
  init(_ stream: ByteStream, at place: String) throws {
    func damaged(_ problem: String) -> DatasetError {
      DatasetError(.damagedFile, at: place, problem, expected: "an array as numpy.save writes it")
    }
    let magic = try stream.read(8)
    guard magic.starts(with: [0x93] + Array("NUMPY".utf8)) else { throw damaged("this is no NumPy array") }
    guard (1...3).contains(magic[6]) else {
      throw damaged("version \(magic[6]).\(magic[7]) of the format is not known")
    }
    let sizeBytes = magic[6] == 1 ? 2 : 4
    let size = try stream.read(sizeBytes).reversed().reduce(0) { $0 << 8 | Int($1) }
    // NumPy itself refuses to evaluate more than 10,000 characters.
    guard size <= 1 << 16 else { throw damaged("a header of \(size) bytes") }
    let text = String(decoding: try stream.read(size), as: UTF8.self)
    guard let descr = NPYHeader.value("descr", in: text) else { throw damaged("the header names no `descr`") }
    guard let order = NPYHeader.value("fortran_order", in: text), order.hasPrefix("True") || order.hasPrefix("False")
    else { throw damaged("the header names no `fortran_order`") }
    guard let extents = NPYHeader.value("shape", in: text), let shape = NPYHeader.shape(extents) else {
      throw damaged("the header names no `shape`")
    }
    type = try NPYHeader.type(descr, at: place)
    isColumnMajor = order.hasPrefix("True")
    self.shape = shape
    length = 8 + sizeBytes + size
  }

  /// What follows `'key':` in the dictionary.
  private static func value(_ key: String, in text: String) -> Substring? {
    for quote in ["'", "\""] {
      let name = Array("\(quote)\(key)\(quote)")
      let characters = Array(text)
      guard characters.count > name.count else { continue }
      for start in 0...(characters.count - name.count) where characters[start..<start + name.count].elementsEqual(name)
      {
        let rest = characters[(start + name.count)...].drop { $0 == " " }
        if rest.first == ":" { return Substring(String(rest.dropFirst().drop { $0 == " " })) }
      }
    }
    return nil
  }

  /// `(3, 4)`, `(3,)`, `()`; Python 2 wrote `(3L,)`.
  private static func shape(_ text: Substring) -> [Int]? {
    guard text.first == "(", let end = text.firstIndex(of: ")") else { return nil }
    let inside = text[text.index(after: text.startIndex)..<end].filter { $0 != " " }
    var extents: [Int] = []
    for part in inside.split(separator: ",", omittingEmptySubsequences: true) {
      guard let extent = Int(part.hasSuffix("L") ? part.dropLast() : part), extent >= 0 else { return nil }
      extents.append(extent)
    }
    return extents
  }

  /// `'<f4'` and the like.
  private static func type(_ descr: Substring, at place: String) throws -> NumberType {
    func refused(_ found: String, remedy: String? = nil) -> DatasetError {
      DatasetError(
        .type, at: place, "not numbers", expected: "booleans, integers or floats of 16, 32 or 64 bits", found: found,
        remedy: remedy)
    }
    guard let quote = descr.first, quote == "'" || quote == "\"" else {
      throw refused("records with fields", remedy: "save each field as an array of its own")
    }
    let text = descr.dropFirst().prefix { $0 != quote }
    let order = text.first ?? " "
    let code = "<>|=".contains(order) ? text.dropFirst() : text
    switch code.first {
    case "O": throw refused("Python objects", remedy: "convert the array to numbers before saving it")
    case "U", "S", "a": throw refused("strings", remedy: "save class numbers")
    case "c": throw refused("complex numbers")
    default: break
    }
    let kinds: [Character: NumberType.Kind] = ["b": .boolean, "i": .signed, "u": .unsigned, "f": .float]
    guard let kind = code.first.flatMap({ kinds[$0] }), let size = Int(code.dropFirst()),
      kind == .boolean ? size == 1 : [2, 4, 8].contains(size) || size == 1 && kind != .float
    else { throw refused("`\(text)`") }
    return NumberType(kind: kind, size: size, isBigEndian: order == ">")
  }
}
