internal import CCrypto

/// A SHA-256 digest that is computed piece by piece.
struct SHA256 {
  private var context = SHA256_CTX()

  init() { SHA256_Init(&context) }

  mutating func update(_ bytes: UnsafeRawBufferPointer) { SHA256_Update(&context, bytes.baseAddress, bytes.count) }

  /// The digest of all that has come; 32 bytes.
  mutating func finalize() -> [UInt8] {
    var digest = [UInt8](repeating: 0, count: Int(SHA256_DIGEST_LENGTH))
    SHA256_Final(&digest, &context)
    return digest
  }

  static func hash(_ bytes: some Collection<UInt8>) -> [UInt8] {
    var hash = SHA256()
    let isWhole = bytes.withContiguousStorageIfAvailable { hash.update(UnsafeRawBufferPointer($0)) } != nil
    if !isWhole { Array(bytes).withUnsafeBytes { hash.update($0) } }
    return hash.finalize()
  }
}
