internal import Dispatch
internal import Glibc
internal import Training

/// Turns signals into wishes that the trainer reads between steps.
///
/// SIGTERM, SIGINT, SIGHUP and SIGUSR1 (as Slurm sends it ahead of its limit): save and end. SIGUSR2: save and go on.
/// A second SIGINT ends the process at once, which harms no file. Made first thing, so that a signal that comes while
/// data are loaded is not lost and does not kill.
final class SignalWatch {
  let stop = StopRequest()
  private var sources: [any DispatchSourceSignal] = []

  init() {
    let queue = DispatchQueue(label: "cairn.signals")
    let stop = stop
    for number in [SIGINT, SIGTERM, SIGHUP, SIGUSR1, SIGUSR2] {
      signal(number, SIG_IGN)  // first: the default action would end the process
      let source = DispatchSource.makeSignalSource(signal: number, queue: queue)
      source.setEventHandler {
        if number == SIGUSR2 { return stop.save() }
        if number == SIGINT && stop.signal == SIGINT { _exit(128 + SIGINT) }
        stop.stop(signal: number)
      }
      source.resume()
      sources.append(source)
    }
  }
}
