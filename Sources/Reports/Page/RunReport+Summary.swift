internal import Checkpointing
internal import GradientHealth

/// The runs' results, what they were asked for, and in what their recipes differ.
extension RunReport {
  var summary: Markup {
    let facts = runs.map(RunReport.facts)
    var names: [String] = []
    for fact in facts.flatMap({ $0 }) where !names.contains(fact.name) { names.append(fact.name) }
    if runs.count == 1 {
      func list(_ facts: [Fact]) -> Markup {
        let items = facts.map { "<div><dt>\($0.name)</dt><dd>\(Markup.name($0.value))</dd></div>" as Markup }
        return "<dl class=\"facts\">\(items)</dl>"
      }
      // What most look for; the rest is a click away, so that the first curve is not far below.
      return """
        <section id="summary"><h2>Summary</h2>\(list(facts[0].filter(\.isResult)))<details><summary>Settings and \
        circumstances</summary>\(list(facts[0].filter { !$0.isResult }))</details></section>

        """
    }
    let head = runs.map { "<th scope=\"col\">\($0.name)</th>" as Markup }
    func row(_ name: String) -> Markup {
      let cells = facts.map { facts -> Markup in
        "<td>\(facts.first { $0.name == name }?.value ?? "–")</td>"
      }
      return "<tr><th scope=\"row\">\(name)</th>\(cells)</tr>"
    }
    func table(_ names: [String]) -> Markup {
      """
      <div class="wide"><table><thead><tr><th></th>\(head)</tr></thead><tbody>\(names.map(row))</tbody></table></div>
      """
    }
    let results = Set(facts.flatMap { $0 }.filter(\.isResult).map(\.name))
    return """
      <section id="summary"><h2>Summary</h2>\(table(names.filter(results.contains)))<details><summary>Settings and \
      circumstances</summary>\(table(names.filter { !results.contains($0) }))</details></section>

      """
  }

  private struct Fact {
    let name: String
    let value: String
    /// The results of training, not what it was asked for and where.
    let isResult: Bool
  }

  /// 1,000,000.
  private static func grouped(_ number: Int) -> String {
    var text = String(number.magnitude)
    var at = text.count - 3
    while at > 0 {
      text.insert(",", at: text.index(text.startIndex, offsetBy: at))
      at -= 3
    }
    return number < 0 ? "-" + text : text
  }

  private static func facts(_ run: ReportedRun) -> [Fact] {
    let progress = run.progress
    var facts: [Fact] = []
    var isResult = true
    func add(_ name: String, _ value: String?) {
      if let value { facts.append(Fact(name: name, value: value, isResult: isResult)) }
    }
    add("steps", grouped(progress.step))
    add("epochs", "\(progress.epoch)" + (run.log.epochs.map { " of \($0)" } ?? ""))
    if let epoch = run.restoredEpoch {
      add("model", "best, epoch \(epoch)")
      let row = run.validation.last { $0.epoch == epoch }
      add("loss, model", run.epochs.last { $0.epoch == epoch }.map { short($0.loss) })
      add("validation loss, model", row.map { short($0.loss) })
      for (name, value) in zip(run.metricNames, row?.metrics ?? []) { add("\(name), model", short(value)) }
    }
    if let last = run.epochs.last { add("loss, last epoch", short(last.loss)) }
    if run.epochs.isEmpty, progress.step > 0 { add("loss, last step", short(progress.loss)) }
    if let best = run.epochs.filter({ $0.loss.isFinite }).min(by: { $0.loss < $1.loss }) {
      add("loss, best epoch", "\(short(best.loss)) (epoch \(best.epoch))")
    }
    if let last = run.validation.last {
      add("validation loss, last", short(last.loss))
      if let best = run.validation.filter({ $0.loss.isFinite }).min(by: { $0.loss < $1.loss }) {
        add("validation loss, best", "\(short(best.loss)) (epoch \(best.epoch))")
        for (name, value) in zip(run.metricNames, best.metrics) { add("\(name) at that epoch", short(value)) }
      }
      for (name, value) in zip(run.metricNames, last.metrics) { add("\(name), last", short(value)) }
    }
    add("rollbacks", String(progress.remedies.rollbacks))
    add("findings", String(run.findings.count))
    if let seconds = run.log.trainedSeconds { add("trained for", ProgressDisplay.duration(seconds)) }
    isResult = false
    add("weights", "\(grouped(run.weights)) in \(counted(run.layers.count, "layer"))")
    add("loss function", run.lossName.isEmpty ? nil : run.lossName)
    add("optimizer", progress.optimizer)
    add("learning rate", short(progress.learningRate))
    let batches = progress.accumulateSteps > 1 ? ", \(progress.accumulateSteps) batches an update" : ""
    add("batch", "\(counted(progress.batchSize, "row")) in \(counted(progress.shards, "shard"))\(batches)")
    if let rows = run.log.trainRows {
      add(
        "training rows",
        grouped(rows) + (run.log.validationRows.map { $0 > 0 ? ", \(grouped($0)) held back" : "" } ?? ""))
    }
    add("seed", String(progress.seed))
    add("started", run.log.firstTime.map { $0.replacing("T", with: " ").replacing("Z", with: " UTC") })
    if run.log.starts > 1 { add("starts", String(run.log.starts)) }
    add("host", run.log.host)
    add("version", run.log.version.map { "Cairn \($0)" })
    add("read from", run.checkpoint)
    return facts
  }

  var differenceTable: Markup {
    guard !differences.isEmpty else {
      return "<section id=\"differences\"><h2>Recipes</h2><p>The recipes say the same.</p></section>\n"
    }
    let head = runs.map { "<th scope=\"col\">\($0.name)</th>" as Markup }
    let rows = differences.map { row -> Markup in
      let cells = row.values.enumerated().map { number, value -> Markup in
        let isChanged = number > 0 && value != row.values[0]
        return "<td\(isChanged ? Markup(trusted: " class=\"changed\"") : .empty)>\(value ?? "–")</td>"
      }
      return "<tr><th scope=\"row\">\(Markup.name(row.keyPath))</th>\(cells)</tr>"
    }
    return """
      <section id="differences"><h2>What the recipes say differently</h2><div class="wide"><table>\
      <thead><tr><th></th>\(head)</tr></thead><tbody>\(rows)</tbody></table></div></section>

      """
  }
}
