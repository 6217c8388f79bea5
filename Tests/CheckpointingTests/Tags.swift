import Testing

extension Tag {
  /// Takes seconds: `scripts/test --fast` leaves it out.
  @Tag static var slow: Self
}
