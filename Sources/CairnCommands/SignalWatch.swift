internal import Dispatch
internal import Glibc
internal import Training

/// Turns signals into wishes that the trainer reads between steps.
///
/// SIGTERM, SIGINT, SIGHUP and SIGUSR1 (as Slurm sends it ahead of its limit): save and end. SIGUSR2: save and go on.
/// A second SIGINT ends the process at once, which harms no file. SIGHUP stays ignored where it was, as under nohup. Made
/// first thing, so that a signal that comes while data are loaded is not lost and does not kill.
final class SignalWatch {
  let stop = StopRequest()
  private var sources: [any DispatchSourceSignal] = []

  init() {
    let queue = DispatchQueue(label: "cairn.signals")
    let stop = stop
    let interrupts = Interrupts()
    for number in [SIGINT, SIGTERM, SIGHUP, SIGUSR1, SIGUSR2] {
      if number == SIGHUP && SignalWatch.isIgnored(number) { continue }
      signal(number, SIG_IGN)  // first: the default action would end the process
      let source = DispatchSource.makeSignalSource(signal: number, queue: queue)
      source.setEventHandler {
        if number == SIGUSR2 { return stop.save() }
        if number == SIGINT && interrupts.isSecond() { SignalWatch.endAtOnce() }
        stop.stop(signal: number)
      }
      source.resume()
      sources.append(source)
    }
  }

  private static func endAtOnce() -> Never {
    // A live line, and the keys that the terminal has shown on it, are not left behind.
    let clearing = isatty(STDERR_FILENO) == 1 ? "\r\u{1B}[J" : ""
    printError(
      clearing
        + "ended at once by a second interrupt: steps after the newest checkpoint are lost; `cairn resume` goes on")
    _exit(128 + SIGINT)
  }

  private static func isIgnored(_ number: Int32) -> Bool {
    var action = sigaction()
    sigaction(number, nil, &action)
    // The handler's address is all that there is to compare: SIG_IGN is 1, and no function.
    return unsafeBitCast(action.__sigaction_handler.sa_handler, to: Int.self) == unsafeBitCast(SIG_IGN, to: Int.self)
  }

  /// Counts SIGINT; touched on the signals' queue alone.
  private final class Interrupts: @unchecked Sendable {
    private var count = 0

    func isSecond() -> Bool {
      count += 1
      return count > 1
    }
  }
}
