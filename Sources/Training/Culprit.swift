/// Where a non-finite number came from: the first bad quantity in forward order.
public struct Culprit: Sendable, Hashable {
  public enum Quantity: String, Sendable, Hashable {
    case weight, input, activation, loss, gradient, update
  }

  public let quantity: Quantity
  /// nil: not of one layer.
  public let layer: String?
  public let shard: Int?
  /// Rows of the batch that do it on their own, as row numbers of the training data; empty if none does alone.
  public internal(set) var rows: [Int] = []
  /// The bad input's name, where the network has several.
  public internal(set) var input: String?
  /// Column of a bad input.
  public internal(set) var column: Int?
  /// The process that it arose on, where there are several. Not in `sentence`, which goes into checkpoints.
  public internal(set) var process: Int?
  /// That process's machine.
  public internal(set) var host: String?

  /// `the gradient of layer \`dense\`, shard 0`
  public var sentence: String {
    var text =
      switch quantity {
      case .weight: "a weight"
      case .input: "the input"
      case .activation: "the output"
      case .loss: "the loss"
      case .gradient: "the gradient"
      case .update: "the update"
      }
    if let input { text += " `\(input)`" }
    if let layer { text += " of layer `\(layer)`" }
    if let shard { text += ", shard \(shard)" }
    if let row = rows.first, rows.count == 1 { text += ", row \(row) of the training data alone" }
    if rows.count > 1 { text += ", rows \(rows.prefix(5).map(String.init).joined(separator: ", ")) each alone" }
    return text
  }
}
