/// A run that ended in order, but not with 0.
struct EndOfRun: Error {
  let code: ExitStatus
}
