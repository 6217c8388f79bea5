/// What gates are called, in Keras' order: of LSTM's kernel, less the candidate, and of GRU's.
public enum GateNames {
  public static func name(_ number: Int, of count: Int) -> String {
    let names = count == 3 ? ["input", "forget", "output"] : count == 2 ? ["update", "reset"] : []
    return names.indices.contains(number) ? names[number] : "\(number + 1)th"
  }
}
