internal import Glibc
internal import NIOCore
internal import Synchronization

/// The connections that are open, and until when each has to do what it is expected to do next.
///
/// One client cannot shut others out: an address, and all together, may have so many connections. Beyond that the one that
/// has kept the server waiting longest has to go, and only where all of them are being answered is a new one refused.
final class OpenConnections: Sendable {
  struct Limits: Sendable {
    var perAddress = 256
    /// Fewer where the process may not open many files: runs' files need descriptors too.
    var all = 1024
    /// From the beginning of a connection, or of the first byte that could be a request's, until the request is whole.
    var request = TimeAmount.seconds(10)
    /// Between an answer and the next request.
    var idle = TimeAmount.seconds(30)
    /// Until a client has taken a piece of an answer, of 64 KB at most.
    var write = TimeAmount.seconds(30)
    /// After an answer that is the last: what the client still sends is read and thrown away, so that it gets to the answer.
    var farewell = TimeAmount.seconds(2)
  }

  /// What the server waits for.
  enum Wait: Int, Sendable, CaseIterable { case request, write, farewell }

  private struct Entry {
    let channel: any Channel
    let address: String
    let number: Int
    /// One a `Wait`; nil: the server does not wait for that.
    var deadlines: [NIODeadline?] = [nil, nil, nil]
    /// Whether the client has asked for nothing that is still to be answered.
    var isIdle = true
  }

  private struct Table {
    var entries: [ObjectIdentifier: Entry] = [:]
    var next = 0
  }

  let limits: Limits
  private let table = Mutex(Table())

  init(_ limits: Limits) { self.limits = limits }

  var count: Int { table.withLock { $0.entries.count } }

  /// Takes a connection in; another one is closed for it if need be.
  ///
  /// - Returns: false: there is no room for it.
  func admit(_ channel: any Channel) -> Bool {
    let address = OpenConnections.client(channel.remoteAddress)
    let (isAdmitted, closed) = table.withLock { table -> (Bool, (any Channel)?) in
      let own = table.entries.values.filter { $0.address == address }
      var victim: Entry?
      if own.count >= limits.perAddress {
        victim = OpenConnections.oldestIdle(own)
        if victim == nil { return (false, nil) }
      } else if table.entries.count >= limits.all {
        // One of those of the client that has most.
        let counts = Dictionary(grouping: table.entries.values, by: \.address).mapValues(\.count)
        let idle = table.entries.values.filter(\.isIdle)
        let most = idle.map { counts[$0.address, default: 0] }.max()
        victim = OpenConnections.oldestIdle(idle.filter { counts[$0.address] == most })
        if victim == nil { return (false, nil) }
      }
      if let victim { table.entries[ObjectIdentifier(victim.channel)] = nil }
      var entry = Entry(channel: channel, address: address, number: table.next)
      entry.deadlines[Wait.request.rawValue] = .now() + limits.request
      table.entries[ObjectIdentifier(channel)] = entry
      table.next += 1
      return (true, victim?.channel)
    }
    closed?.close(promise: nil)
    return isAdmitted
  }

  private static func oldestIdle(_ entries: some Sequence<Entry>) -> Entry? {
    entries.filter(\.isIdle).min { $0.number < $1.number }
  }

  func remove(_ channel: any Channel) {
    table.withLock { $0.entries[ObjectIdentifier(channel)] = nil }
  }

  /// The server waits for something of a client, for so long; nil: not any more.
  func expect(_ wait: Wait, of channel: any Channel, within time: TimeAmount?) {
    table.withLock { $0.entries[ObjectIdentifier(channel)]?.deadlines[wait.rawValue] = time.map { .now() + $0 } }
  }

  /// Whether a request is being answered: such a connection is not closed to make room.
  func setIdle(_ isIdle: Bool, _ channel: any Channel) {
    table.withLock { $0.entries[ObjectIdentifier(channel)]?.isIdle = isIdle }
  }

  /// Closes the connections whose time is up.
  func closeOverdue(now: NIODeadline = .now()) {
    let overdue = table.withLock { table in
      table.entries.values.filter { $0.deadlines.contains { $0.map { $0 <= now } ?? false } }.map(\.channel)
    }
    for channel in overdue { channel.close(promise: nil) }
  }

  /// Whom a connection belongs to: an address, of IPv6 the network's part, since one host may have all of the rest.
  private static func client(_ address: SocketAddress?) -> String {
    let text = address?.ipAddress ?? ""
    var bytes = [UInt8](repeating: 0, count: 16)
    guard inet_pton(AF_INET6, text.split(separator: "%").first.map(String.init) ?? "", &bytes) == 1 else { return text }
    // The loopback address, and IPv4 in IPv6's clothes.
    if bytes.prefix(10).allSatisfy({ $0 == 0 }) { return text }
    return bytes.prefix(8).map(String.init).joined(separator: ".")
  }
}
