internal import ArgumentParser
internal import Glibc
internal import Reports
internal import RunServer

struct Serve: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Shows the runs and sweeps of a folder in a browser, live while they train.",
    discussion: """
      Read-only, and for this machine alone unless --host says otherwise; then a token is needed, which is printed. The
      trainer does not notice. Ends with SIGINT or SIGTERM, exit code 0.

      Example:
        cairn serve
        cairn serve Checkpoints --port 9000
        cairn serve --host 0.0.0.0
      """)

  @Argument(help: "The folder that holds the runs.")
  var directory: String = RunDirectory.defaultParent

  @Option(help: "The port to listen on; 0: any that is free.")
  var port = 8420

  @Option(help: "The address to listen on.")
  var host = "127.0.0.1"

  @Option(help: "What a browser must know, on addresses other than this machine's own. Made up if not given.")
  var token: String?

  func validate() throws {
    if !(0...65535).contains(port) { throw ValidationError("--port \(port): expected 0 to 65535") }
    if let token, token.utf8.count < 8 { throw ValidationError("--token: expected 8 characters or more") }
  }

  func run() throws {
    guard let runs = ServedRuns(directory: directory, recipe: RunRecipe.read, sweep: SweepOutline.read) else {
      throw CommandError(.noInput, "\(directory): no such folder")
    }
    let token = AccessPolicy.isLoopback(host) ? token : token ?? AccessPolicy.newToken()
    let (folder, host) = (directory, host)
    let isEveryAddress = host == "0.0.0.0" || host == "::"
    let policy = AccessPolicy(host: host, aliases: isEveryAddress ? [Serve.hostName] : [], token: token)
    do {
      try Serving.run(runs, policy: policy, port: port) { port in
        let name = isEveryAddress ? Serve.hostName : host.contains(":") ? "[\(host)]" : host
        let query = token.map { "?token=\($0)" } ?? ""
        printError("\(folder) is served on http://\(name):\(port)/\(query) until Ctrl-C")
      }
    } catch let error as Serving.CannotListen {
      let reason = error.code.map { String(cString: strerror($0)) } ?? error.reason
      let remedy = error.code == EADDRINUSE ? "; --port 0 takes one that is free" : ""
      throw CommandError(.systemRefused, "cannot listen on \(host), port \(port): \(reason)\(remedy)")
    }
  }

  /// This machine, for an address that others can open; it stands for all addresses, but is none to type.
  private static var hostName: String {
    var name = [CChar](repeating: 0, count: 256)
    guard gethostname(&name, name.count - 1) == 0 else { return "localhost" }
    return String(decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }
}
