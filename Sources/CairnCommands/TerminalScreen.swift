internal import Glibc
internal import Reports

/// A terminal whose whole screen is ours until `restore`: the alternate screen, no cursor, keys as they are pressed.
final class TerminalScreen {
  private var before = termios()
  private var isOurs = false
  private let usesColor = getenv("NO_COLOR") == nil

  /// nil: standard output is no terminal that can be drawn on.
  init?() {
    let name = getenv("TERM").map { String(cString: $0) } ?? ""
    guard isatty(STDOUT_FILENO) == 1, !name.isEmpty, name != "dumb" else { return nil }
    take()
  }

  deinit { restore() }

  /// Takes the screen, or takes it back after the process stood still.
  func take() {
    if isOurs { return }
    isOurs = true
    if tcgetattr(STDIN_FILENO, &before) == 0 {
      var keys = before
      // Signals by key stay on: Ctrl-C and Ctrl-Z are for the terminal to send.
      keys.c_lflag &= ~tcflag_t(ICANON | ECHO)
      tcsetattr(STDIN_FILENO, TCSANOW, &keys)
    }
    write("\u{1B}[?1049h\u{1B}[?25l\u{1B}[2J")
  }

  /// Gives everything back as it was.
  func restore() {
    guard isOurs else { return }
    isOurs = false
    write("\u{1B}[0m\u{1B}[?25h\u{1B}[?1049l")
    tcsetattr(STDIN_FILENO, TCSADRAIN, &before)
  }

  var size: (width: Int, height: Int) {
    var size = winsize()
    guard ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0, size.ws_row > 0 else { return (80, 24) }
    return (Int(size.ws_col), Int(size.ws_row))
  }

  /// Draws over what is there, line by line, without clearing first: nothing flickers over a slow connection.
  func draw(_ lines: [WatchPanel.Line]) {
    let height = size.height
    var text = "\u{1B}[H"
    for (index, line) in lines.prefix(height).enumerated() {
      text += (index == 0 ? "" : "\r\n") + TerminalScreen.text(line, color: usesColor) + "\u{1B}[K"
    }
    write(text + "\u{1B}[J")
  }

  static func text(_ line: WatchPanel.Line, color: Bool) -> String {
    line.map { span in
      guard color, let style = span.style else { return span.text }
      let code =
        switch style {
        case .heading: "1"
        case .good: "1;32"
        case .bad: "1;31"
        case .warning: "33"
        case .faint: "2"
        }
      return "\u{1B}[\(code)m\(span.text)\u{1B}[0m"
    }.joined()
  }

  /// Waits for a key, but no longer than so many milliseconds; nil: none came.
  func key(within milliseconds: Int32) -> UInt8? {
    var descriptor = pollfd(fd: STDIN_FILENO, events: Int16(POLLIN), revents: 0)
    guard poll(&descriptor, 1, milliseconds) > 0 else { return nil }
    var byte: UInt8 = 0
    guard read(STDIN_FILENO, &byte, 1) == 1 else {
      usleep(UInt32(milliseconds) * 1000)  // the input is gone: do not spin
      return nil
    }
    return byte
  }

  /// What a terminal that is gone does not take is not missed.
  private func write(_ text: String) { try? StandardOutput.write(text) }
}
