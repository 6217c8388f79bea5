/// How a source that is too large for memory is gone through: rows in chunks that are read at once, chunks in windows that
/// are in memory at once. An epoch's order shuffles the chunks, and the rows across each window.
public struct WindowPlan: Sendable, Equatable {
  /// Where each chunk begins among the source's rows, and behind the last their number; some may be empty.
  let starts: [Int32]
  /// Windows of an epoch. They differ by one chunk at most.
  public let windows: Int

  public var chunks: Int { starts.count - 1 }

  /// - Parameters:
  ///   - chunkRows: rows of a file's chunk.
  ///   - fileRows: rows of the file.
  ///   - selection: those of them, in ascending order, that the source has; nil: all.
  ///   - windowRows: rows of the file that a window may have at most, in whole chunks but at least one.
  /// - Precondition: `chunkRows > 0`.
  init(chunkRows: Int, fileRows: Int, selection: [Int32]?, windowRows: Int) {
    precondition(chunkRows > 0, "chunks of \(chunkRows) rows")
    let chunks = (fileRows + chunkRows - 1) / chunkRows
    let edges = (0...chunks).map { min($0 * chunkRows, fileRows) }
    if let selection {
      var starts: [Int32] = []
      starts.reserveCapacity(edges.count)
      var place = 0
      for edge in edges {
        while place < selection.count, selection[place] < edge { place += 1 }
        starts.append(Int32(place))
      }
      self.starts = starts
    } else {
      starts = edges.map { Int32($0) }
    }
    let chunksToWindow = max(1, windowRows / chunkRows)
    windows = max(1, (chunks + chunksToWindow - 1) / chunksToWindow)
  }

  /// Windows of chunks in the order given.
  func schedule(_ order: [Int32]) -> [ReadWindow] {
    var position = 0
    return (0..<windows).map { window in
      let chunks = Array(order[(window * order.count / windows)..<((window + 1) * order.count / windows)])
      let first = position
      for chunk in chunks { position += rows(ofChunk: chunk).count }
      return ReadWindow(positions: first..<position, chunks: chunks.filter { !rows(ofChunk: $0).isEmpty })
    }
  }

  func rows(ofChunk chunk: Int32) -> Range<Int32> { starts[Int(chunk)]..<starts[Int(chunk) + 1] }

  /// Windows of the rows as they stand.
  public var inOrder: [ReadWindow] { schedule((0..<Int32(chunks)).map { $0 }) }
}

/// Positions of an order, and the chunks that hold their rows.
public struct ReadWindow: Sendable, Equatable {
  public let positions: Range<Int>
  let chunks: [Int32]
}
