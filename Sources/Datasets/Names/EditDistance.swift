/// Insertions, deletions, replacements and swaps of neighbours between two words, of at most 64 letters each.
///
/// Source: Frederick Damerau, "A technique for computer detection and correction of spelling errors", 1964 (optimal
/// string alignment).
package func editDistance(_ first: some StringProtocol, _ second: some StringProtocol) -> Int {
  let (a, b) = (Array(first.prefix(64)), Array(second.prefix(64)))
  var rows = [Array(0...b.count)]
  for i in 0..<a.count {
    var row = [i + 1]
    for j in 0..<b.count {
      var best = min(rows[i][j + 1] + 1, row[j] + 1, rows[i][j] + (a[i] == b[j] ? 0 : 1))
      if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] { best = min(best, rows[i - 1][j - 1] + 1) }
      row.append(best)
    }
    rows.append(row)
  }
  return rows[a.count][b.count]
}
