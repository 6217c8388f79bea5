internal import CThreads
internal import Training

/// Turns signals into wishes that the trainer reads between steps.
///
/// SIGTERM, SIGINT, SIGHUP and SIGUSR1 (as Slurm sends it ahead of its limit): save and end. SIGUSR2: save and go on. Before
/// the first step there is nothing to save: they end the process then, with a sentence, and so they do where no step ends.
/// A second SIGINT ends it at once, which harms no file. SIGHUP stays ignored where it was, as under nohup.
final class SignalWatch: StopSource {
  /// To be made once, first thing in a command. Of processes that were started together the first speaks for all: a
  /// launcher ends the others with a signal when one has failed, and they would hide that one's message.
  init() { cairn_watch_signals((LaunchedProcesses.found()?.rank ?? 0) == 0 ? 1 : 0) }

  var stop: StopRequest { StopRequest(source: self) }

  var signal: Int32 { cairn_stop_signal() }
  func takeSave() -> Bool { cairn_take_save() != 0 }
  func beginSteps() { cairn_begin_steps() }
  func noteStep() { cairn_note_step() }
}
