/// The version of this library, as checkpoints and `cairn --version` give it.
public enum CairnVersion {
  public static let string = "0.1.0"
}
