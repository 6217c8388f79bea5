/// The name that was probably meant: the one fewest edits away, if those are at most two fifths of its letters.
public func nearestName(to name: String, in names: [String]) -> String? {
  names.map { (name: $0, edits: edits(Array(name.lowercased()), Array($0.lowercased()))) }
    .filter { $0.edits <= max(name.count, $0.name.count) * 2 / 5 }
    .min { $0.edits < $1.edits }?.name
}

/// Insertions, deletions and replacements between two words. Source: Vladimir Levenshtein, 1966.
private func edits(_ first: [Character], _ second: [Character]) -> Int {
  var row = Array(0...second.count)
  for (i, left) in first.enumerated() {
    var diagonal = row[0]
    row[0] = i + 1
    for (j, right) in second.enumerated() {
      let replaced = diagonal + (left == right ? 0 : 1)
      diagonal = row[j + 1]
      row[j + 1] = min(replaced, row[j] + 1, diagonal + 1)
    }
  }
  return row[second.count]
}
