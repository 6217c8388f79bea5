internal import Checkpointing
internal import Files
internal import Glibc
internal import Recipes
internal import Sweeps

/// A sweep's members as one process sees them: what has ended stays as it is, the rest is read again where it matters.
final class SweepBoard {
  let folder: SweepFolder
  let sweep: SweepRecipe
  private(set) var draws: [Draw]
  private(set) var members: [Member]
  private(set) var records: [MemberRecord?]
  private var toldSize = 0
  /// By rung: every verdict, once all are known.
  private var decided: [Int: [Verdict]] = [:]
  /// By rung: the draws that have a figure or will have none, counted from the first on.
  private var settled: [Int: Int] = [:]

  init(_ folder: SweepFolder, _ sweep: SweepRecipe) throws {
    self.folder = folder
    self.sweep = sweep
    toldSize = FileContents.size(folder.toldPath)
    draws = try folder.draws(sweep)
    members = draws.flatMap { sweep.repetition.members(of: $0.id) }
    records = [MemberRecord?](repeating: nil, count: members.count)
  }

  func drawIndex(of member: Int) -> Int { member / sweep.repetition.count }

  /// Takes in draws that have been told since.
  func readTold() throws {
    let size = FileContents.size(folder.toldPath)
    guard size != toldSize else { return }
    toldSize = size
    draws = try folder.draws(sweep)
    members = draws.flatMap { sweep.repetition.members(of: $0.id) }
    records += [MemberRecord?](repeating: nil, count: members.count - records.count)
  }

  /// What is known of a member now.
  @discardableResult
  func read(_ index: Int) -> MemberRecord? {
    if let record = records[index], record.state.isFinal { return record }
    records[index] = MemberRecord.read(folder: folder.directory(of: members[index]).path)
    return records[index]
  }

  func readAll() { for index in members.indices { read(index) } }

  func set(_ record: MemberRecord, at index: Int) { records[index] = record }

  var standings: Standings {
    Standings(draws, records: records, repetition: sweep.repetition, objective: sweep.objective)
  }

  /// Sees that members are what their records tell: a member may have been trained on as a run of its own, its files be gone,
  /// or the sweep's own files be changed.
  ///
  /// - Throws: `CommandError`.
  func requireAsRecorded() throws {
    var problems: [String] = []
    for (index, record) in records.enumerated() {
      guard let record else { continue }
      let name = members[index].name
      if let settings = record.settings, settings != draws[drawIndex(of: index)].settings {
        problems.append("\(name) was trained with other settings")
      } else if record.state == .finished || record.state == .pruned {
        // One that waited may have gone on, and its process have been killed.
        let newest = (try? folder.directory(of: members[index]).store.steps())?.max()
        if newest != record.step {
          problems.append(
            "\(name) has \(newest.map { "a checkpoint of step \($0)" } ?? "no checkpoint"), recorded is step \(record.step)"
          )
        }
      }
    }
    if problems.isEmpty { return }
    let more = problems.count > 3 ? ", and \(problems.count - 3) more" : ""
    throw CommandError(
      .badData,
      "\(folder.path): \(problems.prefix(3).joined(separator: "; "))\(more): put back what was there, or remove the members' "
        + "folders: they are trained anew then")
  }

  // MARK: Pruning

  /// The epochs after which draws are compared.
  func rungs(epochs: Int) -> [Int] { sweep.pruning?.rungs(epochs: epochs) ?? [] }

  /// What becomes of a member's draw after the epochs of a rung, from figures that never change.
  func verdict(on index: Int, at epoch: Int) -> Verdict {
    guard let pruning = sweep.pruning, !members[index].draw.isTold else { return .goesOn }
    let draw = drawIndex(of: index)
    if let all = decided[epoch] { return all[draw] }
    let own = sweep.rule.count
    let isComplete = settle(at: epoch, upTo: pruning.needsAll ? own : draw + 1)
    guard isComplete else { return .waits }
    let board = RungBoard(
      pruning, records: Array(records.prefix(own * sweep.repetition.count)), repetition: sweep.repetition,
      objective: sweep.objective, epochs: epoch + 1)
    if settled[epoch] == own { decided[epoch] = (0..<own).map { board.verdict(on: $0, at: epoch) } }
    return board.verdict(on: draw, at: epoch)
  }

  /// Reads on until the first draw that has no figure at a rung yet.
  ///
  /// - Returns: whether the first `count` draws have one, or will have none.
  private func settle(at epoch: Int, upTo count: Int) -> Bool {
    var next = settled[epoch] ?? 0
    defer { settled[epoch] = next }
    while next < count {
      for member in next * sweep.repetition.count..<(next + 1) * sweep.repetition.count {
        guard let record = records[member].flatMap({ $0.stands(at: epoch) ? $0 : nil }) ?? read(member),
          record.stands(at: epoch)
        else { return false }
      }
      next += 1
    }
    return true
  }
}

extension MemberRecord {
  /// Whether it has a figure at a rung, or is not to have one.
  fileprivate func stands(at epoch: Int) -> Bool { state.isFinal || rungs.contains { $0.epoch == epoch } }
}
