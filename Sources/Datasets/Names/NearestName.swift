/// The name that was probably meant: the one fewest edits away, if those are at most two fifths of its letters.
public func nearestName(to name: String, in names: [String]) -> String? {
  names.map { (name: $0, edits: editDistance(name.lowercased(), $0.lowercased())) }
    .filter { $0.edits <= max(name.count, $0.name.count) * 2 / 5 }
    .min { $0.edits < $1.edits }?.name
}
