internal import ArgumentParser
internal import Training

/// Options that matter where several processes train together.
struct PeerOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Under mpirun or srun: give up when the other processes have shown no sign of life for so long.",
      valueName: "seconds"))
  var peerTimeout = 30

  @Flag(
    inversion: .prefixedNo,
    help: "Under mpirun or srun: send the last layers' gradients while the first layers are still summed.")
  var overlap = true

  func validate() throws {
    if peerTimeout < 1 { throw ValidationError("--peer-timeout \(peerTimeout): expected 1 or more") }
  }

  func join() throws -> Processes { try Processes.join(timeout: peerTimeout) }

  func apply(to trainer: Trainer) { trainer.overlapsExchange = overlap }
}
