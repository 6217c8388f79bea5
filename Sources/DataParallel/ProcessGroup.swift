/// The processes that train one run together, and the way from one to another.
///
/// Messages travel on *lanes*: between two processes, what is sent first on a lane is received first. All of it is
/// called by the thread that made the group. Every process posts the same receives as others post sends: what a process
/// asks for must follow from what all of them know.
public protocol ProcessGroup: AnyObject, Sendable {
  /// This process's number, 0..<count. Process 0 writes files and speaks to the user.
  var rank: Int { get }
  /// Processes.
  var count: Int { get }
  /// Those of them on this machine, this one included.
  var localCount: Int { get }

  /// Posts a message; `memory` must not change until the lane is done.
  func send(_ memory: UnsafeRawBufferPointer, to process: Int, on lane: Int) throws
  /// Posts a receive of a message of exactly this size; `memory` is the group's until the lane is done.
  func receive(_ memory: UnsafeMutableRawBufferPointer, from process: Int, on lane: Int) throws
  /// Moves all messages along. Whether those that this process has posted on `lane` are done.
  func isDone(_ lane: Int) throws -> Bool
  /// Waits until the lane is done.
  ///
  /// - Throws: an error that names the processes waited for, if none of them has shown a sign of life for the group's
  ///   limit.
  func finish(_ lane: Int) throws
  /// Shows the others, at most once a second, that this process works on something long. Cheap.
  func keepAlive() throws

  /// Bytes sent, and seconds spent waiting in `finish`, so far.
  var traffic: ProcessTraffic { get }
}

/// The processes of a group can no longer reach each other, or cannot become a group.
public struct ProcessGroupError: Error, Sendable, CustomStringConvertible {
  public let description: String

  public init(_ description: String) { self.description = description }
}

/// What a process has sent and how long it has waited for others.
public struct ProcessTraffic: Sendable, Hashable {
  public var bytesSent = 0
  public var messagesSent = 0
  public var secondsWaiting = 0.0

  public init() {}
}

/// Lanes of what does not belong to a step's exchange.
enum Lane {
  static let collective = 0
  /// Shards' losses and statistics of a step.
  static let records = 1
  /// The first lane of the gradient's buckets.
  static let buckets = 2
}

extension ProcessGroup {
  public var isFirst: Bool { rank == 0 }

  /// Bitwise or of each word over all processes: everybody ends with the same words.
  public func or(_ words: inout [UInt64]) throws {
    var received = words
    var distance = 1
    // Dissemination: after round k everybody has the words of the 2^k processes before it; or does not mind repetition.
    while distance < count {
      let sent = words
      try sent.withUnsafeBytes { sent in
        try received.withUnsafeMutableBytes { received in
          try receive(received, from: (rank - distance + count) % count, on: Lane.collective)
          try send(sent, to: (rank + distance) % count, on: Lane.collective)
          try finish(Lane.collective)
        }
      }
      for index in words.indices { words[index] |= received[index] }
      distance *= 2
    }
  }

  /// Everybody's bytes, by rank. For what is small.
  public func gather(_ bytes: [UInt8]) throws -> [[UInt8]] {
    let sizes = try gather(words: [UInt64(bytes.count)]).map { Int($0[0]) }
    return try exchange(bytes, sizes: sizes)
  }

  /// Everybody's words, by rank; all give as many.
  public func gather(words: [UInt64]) throws -> [[UInt64]] {
    let bytes = words.withUnsafeBytes { Array($0) }
    return try exchange(bytes, sizes: Array(repeating: bytes.count, count: count)).map { bytes in
      bytes.withUnsafeBytes { $0.withMemoryRebound(to: UInt64.self) { Array($0) } }
    }
  }

  private func exchange(_ bytes: [UInt8], sizes: [Int]) throws -> [[UInt8]] {
    let starts = sizes.reduce(into: [0]) { $0.append(($0.last ?? 0) + $1) }
    var all = [UInt8](repeating: 0, count: starts[count])
    all.replaceSubrange(starts[rank]..<starts[rank + 1], with: bytes)
    try all.withUnsafeMutableBytes { all in
      try shareParts(of: all, bounds: starts, on: Lane.collective)
      try finish(Lane.collective)
    }
    return (0..<count).map { Array(all[starts[$0]..<starts[$0 + 1]]) }
  }

  /// Posts an all-gather in place: part `p` of `memory`, `bounds[p]..<bounds[p + 1]`, is process p's.
  public func shareParts(of memory: UnsafeMutableRawBufferPointer, bounds: [Int], on lane: Int) throws {
    for offset in 1..<max(count, 1) {
      let (from, to) = ((rank - offset + count) % count, (rank + offset) % count)
      let incoming = bounds[from]..<bounds[from + 1]
      let own = bounds[rank]..<bounds[rank + 1]
      if !incoming.isEmpty {
        try receive(UnsafeMutableRawBufferPointer(rebasing: memory[incoming]), from: from, on: lane)
      }
      if !own.isEmpty { try send(UnsafeRawBufferPointer(rebasing: memory[own]), to: to, on: lane) }
    }
  }

  /// Process 0's bytes, at every process.
  ///
  /// - Parameter bytes: looked at on process 0 only.
  public func broadcast(_ bytes: [UInt8]) throws -> [UInt8] {
    var size = [isFirst ? UInt64(bytes.count) : 0]
    try or(&size)
    var bytes = isFirst ? bytes : [UInt8](repeating: 0, count: Int(size[0]))
    // A binomial tree: whoever has them passes them on, twice as many each round. In pieces, for MPI's 31-bit counts.
    var start = 0
    while start < bytes.count {
      let piece = start..<min(start + 1 << 28, bytes.count)
      try bytes.withUnsafeMutableBytes { all in
        let memory = UnsafeMutableRawBufferPointer(rebasing: all[piece])
        var distance = 1
        while distance < count {
          if rank < distance {
            if rank + distance < count {
              try send(UnsafeRawBufferPointer(memory), to: rank + distance, on: Lane.collective)
            }
          } else if rank < 2 * distance {
            try receive(memory, from: rank - distance, on: Lane.collective)
          }
          try finish(Lane.collective)
          distance *= 2
        }
      }
      start = piece.upperBound
    }
    return bytes
  }

  /// Returns when every process has come here.
  public func meet() throws {
    var nothing: [UInt64] = [0]
    try or(&nothing)
  }
}
