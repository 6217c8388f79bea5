internal import Glibc

/// The connections that are open, and until when each has to do what it is expected to do next.
///
/// One client cannot shut others out: an address, and all together, may have so many connections. Beyond that the one that
/// has kept the server waiting longest has to go, and only where all of them are being answered is a new one refused.
struct OpenConnections {
  struct Limits: Sendable {
    var perAddress = 256
    /// Fewer where the process may not open many files: runs' files need descriptors too.
    var all = 1024
    /// From the beginning of a connection, or of the first byte that could be a request's, until the request is whole.
    var request = Duration.seconds(10)
    /// Between an answer and the next request.
    var idle = Duration.seconds(30)
    /// Until a client has taken a piece of an answer, of 64 KB at most.
    var write = Duration.seconds(30)
    /// After an answer that is the last: what the client still sends is read and discarded, so that it gets to the answer.
    var farewell = Duration.seconds(2)
  }

  /// What the server waits for.
  enum Wait: Int, Sendable, CaseIterable { case request, write, farewell }

  private struct Entry {
    let address: String
    let number: Int
    /// One a `Wait`; nil: the server does not wait for that.
    var deadlines: [ContinuousClock.Instant?] = [nil, nil, nil]
    /// Whether the client has asked for nothing that is still to be answered.
    var isIdle = true
  }

  let limits: Limits
  private var entries: [Int: Entry] = [:]

  init(_ limits: Limits) { self.limits = limits }

  var count: Int { entries.count }
  var numbers: [Int] { Array(entries.keys) }
  var idle: [Int] { entries.values.filter(\.isIdle).map(\.number) }

  enum Admission: Equatable {
    /// Another connection has to be closed for it, if one is named.
    case admitted(instead: Int?)
    case refused
  }

  /// Takes a connection in.
  ///
  /// - Parameter number: higher than all before.
  mutating func admit(_ number: Int, from address: String, now: ContinuousClock.Instant) -> Admission {
    let own = entries.values.filter { $0.address == address }
    var victim: Entry?
    if own.count >= limits.perAddress {
      victim = OpenConnections.oldestIdle(own)
      if victim == nil { return .refused }
    } else if entries.count >= limits.all {
      // One of those of the client that has most.
      let counts = Dictionary(grouping: entries.values, by: \.address).mapValues(\.count)
      let idle = entries.values.filter(\.isIdle)
      let most = idle.map { counts[$0.address, default: 0] }.max()
      victim = OpenConnections.oldestIdle(idle.filter { counts[$0.address] == most })
      if victim == nil { return .refused }
    }
    if let victim { entries[victim.number] = nil }
    entries[number] = Entry(address: address, number: number)
    expect(.request, of: number, within: limits.request, now: now)
    return .admitted(instead: victim?.number)
  }

  private static func oldestIdle(_ entries: some Sequence<Entry>) -> Entry? {
    entries.filter(\.isIdle).min { $0.number < $1.number }
  }

  mutating func remove(_ number: Int) { entries[number] = nil }

  /// The server waits for something of a client, for so long; nil: not any more.
  mutating func expect(_ wait: Wait, of number: Int, within time: Duration?, now: ContinuousClock.Instant) {
    entries[number]?.deadlines[wait.rawValue] = time.map { now + $0 }
  }

  /// Whether a request is being answered: such a connection is not closed to make room.
  mutating func setIdle(_ isIdle: Bool, _ number: Int) { entries[number]?.isIdle = isIdle }

  /// The connections whose time is up.
  func overdue(now: ContinuousClock.Instant) -> [Int] {
    entries.values.filter { $0.deadlines.contains { $0.map { $0 <= now } ?? false } }.map(\.number)
  }

  /// Whom a connection belongs to: an address, of IPv6 the network's part, since one host may have all of the rest.
  static func client(_ text: String) -> String {
    var bytes = [UInt8](repeating: 0, count: 16)
    guard inet_pton(AF_INET6, text.split(separator: "%").first.map(String.init) ?? "", &bytes) == 1 else { return text }
    // The loopback address, and IPv4 in IPv6's clothes.
    if bytes.prefix(10).allSatisfy({ $0 == 0 }) { return text }
    return bytes.prefix(8).map(String.init).joined(separator: ".")
  }
}
