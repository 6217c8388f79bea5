import Checkpointing
import Foundation
import GradientHealth
import Recipes
import Testing
import Training

/// Trains every model of the labelled set and compares what the detectors say.
///
/// One seed a model; `CAIRN_DIAGNOSIS_SEEDS=5` tries five (`scripts/check-diagnosis`).
@Suite(.tags(.slow)) struct LabelledSetTests {
  private static let seeds = 1...(ProcessInfo.processInfo.environment["CAIRN_DIAGNOSIS_SEEDS"].flatMap { Int($0) } ?? 1)

  @Test(arguments: LabelledModel.all, seeds)
  func levelIsThatOfTheLabel(_ model: LabelledModel, seed: Int) throws {
    let findings = try diagnose(model, seed: seed)
    let vanishing = findings.first { $0.name == .vanishing }
    let exploding = findings.first { $0.name == .exploding }
    let comment = Comment(rawValue: "seed \(seed): \(findings.map(\.message))")
    switch model.label {
    case .sick: #expect(vanishing?.level == .critical && exploding == nil, comment)
    case .recovering:
      #expect(vanishing?.level == .warning && exploding == nil, comment)
      let epoch = vanishing?.figures.first { $0.name == "recovery_epoch" }?.value ?? 0
      #expect(epoch >= 2 && epoch <= 30, comment)
      #expect(vanishing?.message.contains("epoch \(Int(epoch))") == true, comment)
    case .weak: #expect((vanishing?.level ?? .notice) == .notice && exploding == nil, comment)
    case .healthy: #expect(vanishing == nil && exploding == nil, comment)
    case .exploding: #expect(exploding?.level == .critical, comment)
    }
    for finding in findings { try check(finding, of: model) }
  }

  /// Each has a remedy that changes something in the recipe.
  private func check(_ finding: Finding, of model: LabelledModel) throws {
    #expect(!finding.message.isEmpty && !finding.cause.isEmpty)
    let recipe = try Recipe.parse(model.recipe, file: "labelled.yaml", folder: nil)
    #expect(!RecipeRemedy.all(of: [finding], for: recipe)[0].isEmpty || finding.level == .notice, "\(finding)")
  }

  private func diagnose(_ model: LabelledModel, seed: Int) throws -> [Finding] {
    let folder = FileManager.default.temporaryDirectory.appending(path: "diagnosis-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let recipe = try Recipe.parse(model.recipe, file: "labelled.yaml", folder: nil, overrides: ["seed=\(seed)"])
    let configuration = recipe.configuration
    let trainer = try Trainer(configuration, data: try TrainingData.load(configuration), directory: folder)
    var path: String?
    let result = try trainer.run { if case .blowup(let report) = $0 { path = report.path } }
    let checkpoint = try Checkpoint(verifying: try #require(path ?? result.checkpoint))
    let profiles = try #require(
      LayerProfile.profiles(of: configuration, names: try checkpoint.layers().map(\.name)))
    var context = DiagnosisContext(configuration)
    context.standsOnBlowup = !checkpoint.isHealthy
    context.events = try checkpoint.events().map { .init(step: $0.step, kind: $0.kind, message: $0.message) }
    return Diagnosis.examine(try checkpoint.history(), layers: profiles, context: context)
  }
}
