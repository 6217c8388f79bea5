/// What differs between two block YAML documents, with the keys that lead there.
enum YAMLDiff {
  /// Lines that only the first has after `- `, that only the second has after `+ `; the lines that these stand under,
  /// each once, after two spaces.
  static func text(from before: String, to after: String) -> String {
    let (old, new) = (lines(before), lines(after))
    let difference = new.difference(from: old)
    var (removed, added) = (Set<Int>(), Set<Int>())
    for change in difference {
      switch change {
      case .remove(let offset, _, _): removed.insert(offset)
      case .insert(let offset, _, _): added.insert(offset)
      }
    }
    var text: [String] = []
    var shown = Set<Int>()
    /// Parents of a line of the new document that have not been shown.
    func context(of line: Int) {
      var indent = depth(new[line])
      var parents: [Int] = []
      for above in new[..<line].indices.reversed() where depth(new[above]) < indent {
        indent = depth(new[above])
        parents.append(above)
      }
      for parent in parents.reversed() where !added.contains(parent) && shown.insert(parent).inserted {
        text.append("  " + new[parent])
      }
    }
    var (i, j) = (0, 0)
    while i < old.count || j < new.count {
      if i < old.count, removed.contains(i) {
        // Where it stood: what follows in the new document, or precedes, has the same parents.
        if let place = neighbour(of: old[i], at: j, in: new) { context(of: place) }
        text.append("- " + old[i])
        i += 1
      } else if j < new.count, added.contains(j) {
        context(of: j)
        text.append("+ " + new[j])
        j += 1
      } else {
        i += 1
        j += 1
      }
    }
    return text.joined(separator: "\n")
  }

  private static func lines(_ text: String) -> [String] {
    text.split(separator: "\n", omittingEmptySubsequences: true).map(String.init)
  }

  /// Where the text of a line starts; a list's dash belongs to the line above its element.
  private static func depth(_ line: String) -> Int { line.prefix { $0 == " " }.count }

  /// A line near a place that stands as deep as this one.
  private static func neighbour(of line: String, at place: Int, in lines: [String]) -> Int? {
    if lines.indices.contains(place), depth(lines[place]) == depth(line) { return place }
    for above in lines[..<min(place, lines.count)].indices.reversed() {
      if depth(lines[above]) == depth(line) { return above }
      if depth(lines[above]) < depth(line) {
        // It was the first below this one: its parents, and this.
        return lines.indices.contains(above + 1) ? above + 1 : above
      }
    }
    return nil
  }
}
