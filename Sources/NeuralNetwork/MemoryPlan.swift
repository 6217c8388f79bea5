internal import Kernels

/// Where buffers stand in memory, such that two share a place only if they are never in use at the same time.
///
/// A pure function of the requests: the largest first, of equals the first; each into the smallest gap among those in
/// use at the same time that holds it, of equals the lowest. [Pisarchyk, Lee: Efficient memory management for deep neural
/// net inference, 2020, greedy by size]
public struct MemoryPlan: Sendable, Hashable {
  public enum Region: Sendable, Hashable, CaseIterable {
    /// Memory of a worker, used again for its next shard.
    case worker
    /// Memory of a shard, kept until the gradients are summed.
    case shard
  }

  public struct Request: Sendable, Hashable {
    public var size: MemorySize
    /// First and last moment of use, both included.
    public var use: ClosedRange<Int>
    public var region: Region

    public init(_ size: MemorySize, use: ClosedRange<Int>, region: Region = .worker) {
      self.size = size
      self.use = use
      self.region = region
    }
  }

  /// Floats from the region's beginning, one for each request; starts are multiples of a cache line.
  public let ranges: [Range<Int>]
  /// Floats that each region takes.
  public let workerCount: Int
  public let shardCount: Int

  /// - Parameters:
  ///   - rows: that the memory is for.
  ///   - separate: each request gets a place of its own: reading what is no longer in use then shows.
  public init(_ requests: [Request], rows: Int, separate: Bool = false) {
    let counts = requests.map { $0.size.count(rows: rows) }
    let padded = counts.map(AlignedBuffer.padded)
    var starts = Array(repeating: 0, count: requests.count)
    var (workerEnd, shardEnd) = (0, 0)
    for region in Region.allCases {
      let own = requests.indices.filter { requests[$0].region == region && counts[$0] > 0 }
        .sorted { (padded[$1], $0) < (padded[$0], $1) }
      var placed: [Int] = []  // by start
      var end = 0
      for request in own {
        var best: (start: Int, room: Int)?
        var free = 0
        if separate {
          free = end
        } else {
          for other in placed where requests[other].use.overlaps(requests[request].use) {
            let room = starts[other] - free
            if room >= padded[request], room < best?.room ?? .max { best = (free, room) }
            free = max(free, starts[other] + padded[other])
          }
        }
        let start = best?.start ?? free
        starts[request] = start
        end = max(end, start + padded[request])
        let place = placed.firstIndex { starts[$0] > start } ?? placed.count
        placed.insert(request, at: place)
      }
      if region == .worker { workerEnd = end } else { shardEnd = end }
    }
    ranges = requests.indices.map { starts[$0]..<starts[$0] + counts[$0] }
    workerCount = workerEnd
    shardCount = shardEnd
  }
}
