/// Where the boxes of a network stand: in the order in which they run, down one column after the other.
///
/// A box's first place below is that of the layer that mostly reads it; what is read from elsewhere goes by the side, in
/// lanes so that no two lines lie on each other.
struct NetworkLayout {
  static let (boxWidth, boxHeight, rowHeight) = (212, 22, 32)
  static let (laneWidth, gutter) = (10, 26)

  struct Place: Hashable {
    let column: Int
    let row: Int
  }

  /// A path between boxes of one column that are no neighbours; its lane is counted from the boxes.
  struct Side: Hashable {
    let from: Int
    let to: Int
    let lane: Int
  }

  let places: [Place]
  /// Straight down to the next box, within a column.
  let steps: [(from: Int, to: Int)]
  let sides: [Side]
  /// From one column to another.
  let crossings: [(from: Int, to: Int)]
  let columns: Int
  let rows: Int
  /// Lanes beside each column.
  let lanes: [Int]

  /// - Parameter reads: of each box, the numbers of those before it that it reads.
  init(_ reads: [[Int]]) {
    let count = reads.count
    let starts = NetworkLayout.starts(reads)
    var places: [Place] = []
    for (column, start) in starts.enumerated() {
      let end = column + 1 < starts.count ? starts[column + 1] : count
      places += (start..<end).map { Place(column: column, row: $0 - start) }
    }
    var steps: [(from: Int, to: Int)] = []
    var crossings: [(from: Int, to: Int)] = []
    var wanted: [(from: Int, to: Int)] = []
    for (to, sources) in reads.enumerated() {
      for from in sources {
        if places[from].column != places[to].column {
          crossings.append((from, to))
        } else if to == from + 1 {
          steps.append((from, to))
        } else {
          wanted.append((from, to))
        }
      }
    }
    // Short ones next to the boxes, longer ones around them.
    var sides: [Side] = []
    var lanes = [Int](repeating: 0, count: starts.count)
    for path in wanted.sorted(by: { ($0.to - $0.from, $0.from) < ($1.to - $1.from, $1.from) }) {
      let taken = Set(sides.filter { $0.from < path.to && path.from < $0.to }.map(\.lane))
      let lane = (0...sides.count).first { !taken.contains($0) } ?? 0
      sides.append(Side(from: path.from, to: path.to, lane: lane))
      let column = places[path.from].column
      lanes[column] = max(lanes[column], lane + 1)
    }
    self.places = places
    self.steps = steps
    self.sides = sides
    self.crossings = crossings
    self.lanes = lanes
    columns = starts.count
    rows = (places.map(\.row).max() ?? -1) + 1
  }

  /// The first box of each column: about as many in each, cut where the fewest paths are, so that a block with its short
  /// cut stays whole.
  private static func starts(_ reads: [[Int]]) -> [Int] {
    let count = reads.count
    let columns = count <= 14 ? 1 : count <= 30 ? 2 : count <= 60 ? 3 : 4
    var paths = [Int](repeating: 0, count: count + 1)
    for (to, sources) in reads.enumerated() {
      for from in sources where from + 1 < to { for cut in from + 1...to { paths[cut] += 1 } }
    }
    var starts = [0]
    while starts.count < columns {
      let start = starts[starts.count - 1]
      let share = (count - start) / (columns - starts.count + 1)
      let slack = max(1, share / 4)
      let candidates = (start + max(1, share - slack))...(start + share + slack)
      guard
        let best = candidates.filter({ $0 < count })
          .min(by: { (paths[$0], abs($0 - start - share)) < (paths[$1], abs($1 - start - share)) })
      else { break }
      starts.append(best)
    }
    return starts
  }

  var width: Int { x(columns - 1) + NetworkLayout.boxWidth + lanes[columns - 1] * NetworkLayout.laneWidth + 12 }

  /// Left edge of a column's boxes.
  func x(_ column: Int) -> Int {
    lanes.prefix(column).reduce(8) {
      $0 + NetworkLayout.boxWidth + $1 * NetworkLayout.laneWidth + NetworkLayout.gutter
    }
  }

  /// Upper edge of a box, from the first one's.
  func y(_ row: Int) -> Int { row * NetworkLayout.rowHeight }

  var height: Int { rows * NetworkLayout.rowHeight }
}
