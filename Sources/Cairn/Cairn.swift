// All that a program needs which describes, trains and keeps networks without recipes: `import Cairn`.
@_exported public import Checkpointing
@_exported public import Datasets
@_exported public import NeuralNetwork
@_exported public import Optimizers
@_exported public import Training
