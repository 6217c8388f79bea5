internal import Glibc
internal import HDF5Storage

/// Whatever is quoted of files and recipes cannot command the terminal.
func printError(_ line: String) {
  let bytes = Array((line.printable(keepingLines: true) + "\n").utf8)
  _ = bytes.withUnsafeBytes { write(STDERR_FILENO, $0.baseAddress, $0.count) }
}
