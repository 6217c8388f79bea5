internal import Hummingbird
internal import HummingbirdCore
internal import Logging
internal import NIOCore
internal import NIOHTTP1

/// HTTP/1.1 with limits of time and number: see `OpenConnections`.
struct GuardedChannel: ServerChildChannel {
  typealias Value = HTTP1Channel.Value

  private struct Refused: Error {}

  private let http: HTTP1Channel
  private let connections: OpenConnections

  init(_ connections: OpenConnections, responder: @escaping HTTPChannelHandler.Responder) {
    self.connections = connections
    http = HTTP1Channel(
      responder: responder,
      configuration: HTTP1Channel.Configuration(
        httpDecoderConfiguration: HTTP1Channel.Configuration.DecoderConfiguration(
          maxHeaderFieldSize: 16 << 10, maxHeaderListSize: 32 << 10, maxHeaderFieldCount: 100)))
  }

  func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Value> {
    guard connections.admit(channel) else {
      // Before a request has been read: a client that sends one may meet a closed connection instead.
      let answer =
        "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\nRetry-After: 5\r\nConnection: close\r\n\r\n"
      channel.writeAndFlush(ByteBuffer(string: answer)).whenComplete { _ in channel.close(promise: nil) }
      return channel.closeFuture.flatMapThrowing { throw Refused() }
    }
    channel.closeFuture.whenComplete { [connections] _ in connections.remove(channel) }
    let ready = http.setup(channel: channel, logger: logger)
    do {
      let pipeline = channel.pipeline.syncOperations
      try pipeline.addHandler(ByteWatch(connections), position: .first)
      let decoder = try pipeline.handler(type: ByteToMessageHandler<HTTPRequestDecoder>.self)
      try pipeline.addHandler(RequestWatch(connections), position: .after(decoder))
    } catch {
      return channel.eventLoop.makeFailedFuture(error)
    }
    return ready
  }

  func handle(value: Value, logger: Logger) async { await http.handle(value: value, logger: logger) }
}

/// Tells when the server waits for a request and when it has one.
private final class RequestWatch: ChannelDuplexHandler {
  typealias InboundIn = HTTPServerRequestPart
  typealias OutboundIn = HTTPServerResponsePart

  private let connections: OpenConnections
  private var answersDue = 0

  init(_ connections: OpenConnections) { self.connections = connections }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    switch unwrapInboundIn(data) {
    case .head:
      answersDue += 1
      connections.setIdle(false, context.channel)
      // The rest of it, until its end.
      connections.expect(.request, of: context.channel, within: connections.limits.request)
    case .body: break
    case .end: connections.expect(.request, of: context.channel, within: nil)
    }
    context.fireChannelRead(data)
  }

  func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
    if case .end = unwrapOutboundIn(data) {
      answersDue -= 1
      if answersDue <= 0 {
        connections.setIdle(true, context.channel)
        connections.expect(.request, of: context.channel, within: connections.limits.idle)
      }
    }
    context.write(data, promise: promise)
  }
}

/// Sees to it that a client takes what it is sent, and that a connection ends after its last answer, whatever the client
/// still sends.
private final class ByteWatch: ChannelDuplexHandler {
  typealias InboundIn = ByteBuffer
  typealias OutboundIn = IOData

  private let connections: OpenConnections
  private var untaken = 0
  private var isOver = false

  init(_ connections: OpenConnections) { self.connections = connections }

  func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
    let promise = promise ?? context.eventLoop.makePromise(of: Void.self)
    untaken += 1
    if untaken == 1 { connections.expect(.write, of: context.channel, within: connections.limits.write) }
    let channel = context.channel
    promise.futureResult.assumeIsolated().whenComplete { _ in
      self.untaken -= 1
      self.connections.expect(.write, of: channel, within: self.untaken > 0 ? self.connections.limits.write : nil)
    }
    context.write(data, promise: promise)
  }

  func close(context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?) {
    context.close(mode: mode, promise: promise)
    guard mode == .output, !isOver else { return }
    isOver = true
    connections.setIdle(true, context.channel)
    connections.expect(.farewell, of: context.channel, within: connections.limits.farewell)
    // Nobody behind this asks for bytes any more, and unread ones keep the system from telling that the client has gone.
    context.read()
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    if !isOver { context.fireChannelRead(data) }
  }

  func channelReadComplete(context: ChannelHandlerContext) {
    if isOver { context.read() } else { context.fireChannelReadComplete() }
  }
}
