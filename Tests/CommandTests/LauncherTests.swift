import Testing

/// What the program makes of a launcher that has started it as one of several processes. Built without MPI here; the
/// processes themselves are `scripts/check-mpi`'s.
@Suite struct LauncherTests {
  private func train(_ place: Workplace, _ variables: String...) throws -> Command.Outcome {
    let words =
      variables + [Command.cairn, "train", repository("Recipes/moons-sigmoid.yaml"), "--set", "training.epochs=1"]
    return try Command("env", words, in: place.folder).wait(limit: 60)
  }

  #if !MPI
    @Test(arguments: [
      ["OMPI_COMM_WORLD_SIZE=4", "OMPI_COMM_WORLD_RANK=0"], ["PMI_SIZE=4", "PMI_RANK=0"],
      ["SLURM_STEP_NUM_TASKS=4", "SLURM_PROCID=0"],
    ]) func withoutMPIItSaysSo(_ variables: [String]) throws {
      let place = try Workplace()
      let outcome = try train(place, variables[0], variables[1])
      #expect(outcome.code == 64)
      #expect(outcome.errors.contains("has started 4 processes, but this cairn was built without MPI"))
      #expect(outcome.errors.contains("scripts/quickstart --mpi"))
      #expect(place.everything().isEmpty)
    }
  #endif

  /// A batch script of Slurm is one process, whatever its steps will be; so is one that is to be alone, or one of one.
  @Test(arguments: [
    ["SLURM_NTASKS=4", "SLURM_PROCID=0"], ["OMPI_COMM_WORLD_SIZE=1", "OMPI_COMM_WORLD_RANK=0"],
    ["OMPI_COMM_WORLD_SIZE=4", "OMPI_COMM_WORLD_RANK=0", "CAIRN_ALONE=1"],
  ]) func alone(_ variables: [String]) throws {
    let place = try Workplace()
    let outcome = try train(place, variables[0], variables[1], variables.count > 2 ? variables[2] : "CAIRN_ALONE=0")
    #expect(outcome.code == 0, "\(outcome.errors)")
  }

  @Test func commandsOfOneProcessRefuse() throws {
    let place = try Workplace()
    let words = ["OMPI_COMM_WORLD_SIZE=2", "OMPI_COMM_WORLD_RANK=0", Command.cairn, "inspect", "."]
    let outcome = try Command("env", words, in: place.folder).wait(limit: 60)
    #expect(outcome.code == 64)
    #expect(outcome.errors.contains("inspect is done by one process"))
  }

  // MARK: scripts/run-until-done

  /// A program that ends with the codes in a file, one a start.
  private func untilDone(_ codes: [Int], restarts: Int = 9) throws -> (code: Int32, left: Int, errors: String) {
    let place = try Workplace()
    try place.write(codes.map { "\($0)\n" }.joined(), to: "codes")
    let program = "code=$(head -1 codes); sed -i 1d codes; exit $code"
    let outcome = try Command(
      repository("scripts/run-until-done"), ["-n", "\(restarts)", "-w", "0", "bash", "-c", program], in: place.folder
    ).wait(limit: 60)
    return (outcome.code, try place.bytes("codes").count(where: { $0 == 10 }), outcome.errors)
  }

  @Test func startsAgainUntilDone() throws {
    let outcome = try untilDone([75, 137, 1, 0, 9])
    #expect(outcome.code == 0)
    #expect(outcome.left == 1)
  }

  @Test(arguments: [3, 64, 65, 66]) func doesNotStartAgainWhatWouldFailAgain(_ code: Int) throws {
    let outcome = try untilDone([75, code, 0])
    #expect(outcome.code == code)
    #expect(outcome.left == 1)
  }

  @Test func givesUpInTheEnd() throws {
    let outcome = try untilDone([75, 74, 73, 71, 70], restarts: 3)
    #expect(outcome.code == 71)
    #expect(outcome.left == 1)
    #expect(outcome.errors.contains("3 restarts are spent"))
  }
}
