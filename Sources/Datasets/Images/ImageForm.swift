internal import CImages

/// Colours of pixels.
public enum ImageColor: String, Sendable, Hashable, CaseIterable {
  /// Red, green, blue.
  case rgb
  /// One channel: the luma of ITU-R BT.601.
  case gray

  public var channels: Int { self == .rgb ? 3 : 1 }
}

/// How an image gets its size.
public enum ImageFit: String, Sendable, Hashable, CaseIterable {
  /// Each side by itself.
  case stretch
  /// The largest part around the middle that has the wanted proportions.
  case crop
  /// The whole image in the middle, and black around it.
  case pad
}

/// Height and width.
public struct ImageSize: Sendable, Hashable, CustomStringConvertible {
  public let height: Int
  public let width: Int

  /// Sides go up to here.
  public static let largest = 8192

  /// - Precondition: both are in 1...`largest`.
  public init(height: Int, width: Int) {
    precondition((1...ImageSize.largest) ~= height && (1...ImageSize.largest) ~= width, "\(height) x \(width)")
    self.height = height
    self.width = width
  }

  public var description: String { "\(height) x \(width)" }
}

/// What is made of a file's bytes.
struct ImageForm: Sendable, Hashable {
  let size: ImageSize
  let color: ImageColor
  let fit: ImageFit

  var shape: [Int] { [size.height, size.width, color.channels] }
  var bytes: Int { size.height * size.width * color.channels }

  /// - Parameter pixels: overwritten, `[height, width, channels]`.
  /// - Throws: `DatasetError` `damagedFile` at `place`.
  func decode(_ file: [UInt8], into pixels: UnsafeMutablePointer<UInt8>, at place: @autoclosure () -> String) throws {
    var form = cairn_image_form(
      width: Int32(size.width), height: Int32(size.height), channels: Int32(color.channels), fit: fit.value)
    let (status, message) = ImageForm.told { message in
      file.withUnsafeBufferPointer {
        cairn_image_decode($0.baseAddress, $0.count, &form, pixels, message)
      }
    }
    if status != CAIRN_IMAGE_GOOD { throw ImageForm.error(status, message, at: place()) }
  }

  /// Extents of the image in a file, as it is to be seen.
  ///
  /// - Returns: nil: these are too few of its bytes.
  /// - Throws: `DatasetError` `damagedFile` at `place`.
  static func size(_ bytes: [UInt8], isWhole: Bool, at place: String) throws -> (height: Int, width: Int)? {
    var head = cairn_image_head()
    let (status, message) = told { message in
      bytes.withUnsafeBufferPointer { cairn_image_read_head($0.baseAddress, $0.count, &head, message) }
    }
    if status == CAIRN_IMAGE_SHORT, !isWhole { return nil }
    if status != CAIRN_IMAGE_GOOD { throw error(status, message, at: place) }
    return (Int(head.height), Int(head.width))
  }

  /// Whether bytes, the first 8 of a file or more, begin an image.
  static func isImage(_ bytes: [UInt8]) -> Bool {
    bytes.withUnsafeBufferPointer { cairn_image_kind_of($0.baseAddress, $0.count) } != CAIRN_IMAGE_OTHER
  }

  private static func told(
    _ body: (UnsafeMutablePointer<CChar>) -> cairn_image_status
  ) -> (cairn_image_status, String) {
    withUnsafeTemporaryAllocation(of: CChar.self, capacity: Int(CAIRN_IMAGE_MESSAGE)) { buffer in
      buffer.initialize(repeating: 0)
      guard let base = buffer.baseAddress else { return (CAIRN_IMAGE_NO_MEMORY, "") }
      let status = body(base)
      return (status, String(cString: base))
    }
  }

  private static func error(_ status: cairn_image_status, _ message: String, at place: String) -> DatasetError {
    DatasetError(
      .damagedFile, at: place, message,
      remedy: status == CAIRN_IMAGE_BROKEN ? "replace or remove it, or say data.on_bad_row: skip" : nil)
  }
}

extension ImageFit {
  fileprivate var value: cairn_image_fit {
    switch self {
    case .stretch: CAIRN_IMAGE_STRETCH
    case .crop: CAIRN_IMAGE_CROP
    case .pad: CAIRN_IMAGE_PAD
    }
  }
}
