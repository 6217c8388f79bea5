import CThreads
import Glibc
import Testing

/// Each in a process of its own, which signals end.
@Suite struct SignalTests {
  @Test func beforeTheFirstStepTheyEndTheProcess() async {
    let result = await #expect(processExitsWith: .exitCode(143), observing: [\.standardErrorContent]) {
      cairn_watch_signals(1)
      raise(SIGUSR2)
      guard cairn_take_save() == 1, cairn_take_save() == 0 else { _exit(1) }
      raise(SIGTERM)
      _exit(2)
    }
    #expect(text(result).contains("cairn: ended by signal 15 before the first step"), "\(text(result))")
  }

  @Test func oneThatDoesNotSpeakEndsWithoutAWord() async {
    let result = await #expect(processExitsWith: .exitCode(143), observing: [\.standardErrorContent]) {
      cairn_watch_signals(0)
      raise(SIGTERM)
      _exit(2)
    }
    #expect(!text(result).contains("cairn:"), "\(text(result))")
  }

  @Test func duringStepsTheyAreWishes() async {
    await #expect(processExitsWith: .exitCode(7)) {
      cairn_watch_signals(1)
      cairn_begin_steps()
      raise(SIGUSR1)
      raise(SIGTERM)
      guard cairn_stop_signal() == SIGUSR1 else { _exit(1) }
      _exit(7)
    }
  }

  @Test func theSecondInterruptEndsAtOnce() async {
    let result = await #expect(processExitsWith: .exitCode(130), observing: [\.standardErrorContent]) {
      cairn_watch_signals(1)
      cairn_begin_steps()
      raise(SIGINT)
      raise(SIGINT)
      _exit(1)
    }
    #expect(text(result).contains("\ncairn: ended by signal 2 that came twice"))
  }

  /// Where nobody reads the wish.
  @Test(.timeLimit(.minutes(1))) func aSecondSignalHasADeadline() async {
    let result = await #expect(processExitsWith: .exitCode(143), observing: [\.standardErrorContent]) {
      cairn_watch_signals(1)
      cairn_begin_steps()
      raise(SIGTERM)
      raise(SIGTERM)
      while true { sleep(1) }
    }
    #expect(text(result).contains("after a second signal"), "\(text(result))")
  }

  private func text(_ result: ExitTest.Result?) -> String {
    String(decoding: result?.standardErrorContent ?? [], as: UTF8.self)
  }
}
