import Cairn

var configuration = TrainingConfiguration(
  name: "moons",
  data: DataConfiguration(
    train: .makeMoons(samples: 3000, noise: 0.25, shuffle: true, randomState: 1), validation: .fraction(0.2),
    scaling: .standard),
  layers: [
    Dense(units: 16, activation: .relu, kernelInitializer: .heNormal),
    Dense(units: 16, activation: .relu, kernelInitializer: .heNormal),
    Dense(units: 1, activation: .sigmoid),
  ],
  loss: BinaryCrossentropy(),
  optimizer: .adam(learningRate: .constant(0.005), clipping: .globalNorm(1)))
configuration.seed = 1
configuration.metrics = [Accuracy()]
configuration.epochs = 40
configuration.earlyStopping = EarlyStopping(patience: 10, restoreBest: true)

// Data of your own: TrainingData(train: InMemorySource(...), validation: ...).
let data = try TrainingData.load(configuration)

// `directory` is an existing folder for checkpoints; nil: none are written.
let trainer = try Trainer(configuration, data: data, directory: nil)
let result = try trainer.run { event in
  guard case .epoch(let report) = event, report.epoch % 10 == 0 else { return }
  print("epoch \(report.epoch)  loss \(report.loss)  validation loss \(report.validation?.loss ?? .nan)")
}
print("\(result.step) steps, validation accuracy \(result.validation?.metrics.first ?? .nan)")

// The trained network on other moons, made with another seed and scaled as the first ones were.
let others = try makeMoons(samples: 1000, noise: 0.25, randomState: 2).source
let scaled = data.pipeline.applied(to: others)
let predictor = try Predictor(trainer.model)
let figures = try predictor.evaluate(scaled, metrics: configuration.metrics)
print("loss \(figures.loss), accuracy \(figures.metrics[0]) on \(scaled.count) others")
print("first outputs \(try predictor.predict(scaled).prefix(3))")
