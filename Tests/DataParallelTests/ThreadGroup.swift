import DataParallel
import Foundation

/// A process group whose processes are threads of this one: messages are copies in mailboxes.
final class ThreadGroup: ProcessGroup, @unchecked Sendable {
  /// Unchecked: everything is touched under the lock.
  final class Post: @unchecked Sendable {
    struct Place: Hashable {
      let from: Int
      let to: Int
      let lane: Int
    }
    let lock = NSLock()
    var boxes: [Place: [[UInt8]]] = [:]
  }

  struct Receive {
    let memory: UnsafeMutableRawBufferPointer
    let place: Post.Place
  }

  let rank: Int
  let count: Int
  var localCount: Int { count }
  private(set) var traffic = ProcessTraffic()
  private let post: Post
  private var waiting: [Int: [Receive]] = [:]

  init(rank: Int, count: Int, post: Post) {
    self.rank = rank
    self.count = count
    self.post = post
  }

  func send(_ memory: UnsafeRawBufferPointer, to process: Int, on lane: Int) throws {
    traffic.bytesSent += memory.count
    post.lock.withLock {
      post.boxes[.init(from: rank, to: process, lane: lane), default: []].append(Array(memory))
    }
  }

  func receive(_ memory: UnsafeMutableRawBufferPointer, from process: Int, on lane: Int) throws {
    waiting[lane, default: []].append(Receive(memory: memory, place: .init(from: process, to: rank, lane: lane)))
  }

  func isDone(_ lane: Int) throws -> Bool {
    try post.lock.withLock {
      var left: [Receive] = []
      for receive in waiting[lane] ?? [] {
        // In order: a message that is not there keeps those behind it waiting.
        guard !left.contains(where: { $0.place == receive.place }), let message = post.boxes[receive.place]?.first
        else {
          left.append(receive)
          continue
        }
        guard message.count == receive.memory.count else {
          throw ProcessGroupError("\(message.count) bytes for \(receive.memory.count)")
        }
        receive.memory.copyBytes(from: message)
        post.boxes[receive.place]?.removeFirst()
      }
      waiting[lane] = left
      return left.isEmpty
    }
  }

  func finish(_ lane: Int) throws {
    let end = ContinuousClock.now + .seconds(60)
    while try !isDone(lane) {
      if ContinuousClock.now > end { throw ProcessGroupError("process \(rank), lane \(lane): nothing comes") }
      usleep(20)
    }
  }

  func keepAlive() throws {}

  /// Runs `body` as so many processes, and returns what each returned.
  static func run<Value: Sendable>(
    _ count: Int, _ body: @escaping @Sendable (ThreadGroup) throws -> Value
  ) throws -> [Value] {
    let post = Post()
    let results = Results<Value>(count)
    let threads = DispatchGroup()
    for rank in 0..<count {
      let queue = DispatchQueue(label: "process \(rank)")
      queue.async(group: threads) {
        let result = Result { try body(ThreadGroup(rank: rank, count: count, post: post)) }
        results.set(rank, result)
      }
    }
    threads.wait()
    return try results.all()
  }

  /// Unchecked: touched under the lock.
  private final class Results<Value>: @unchecked Sendable {
    private let lock = NSLock()
    private var values: [Result<Value, any Error>?]

    init(_ count: Int) { values = Array(repeating: nil, count: count) }

    func set(_ rank: Int, _ result: Result<Value, any Error>) { lock.withLock { values[rank] = result } }

    func all() throws -> [Value] { try values.compactMap { try $0?.get() } }
  }
}
