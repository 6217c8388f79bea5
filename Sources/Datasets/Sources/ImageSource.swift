internal import Kernels
internal import Synchronization
internal import Threads

/// Images in a folder, one sub-folder a class, as PNG or JPEG: told by their bytes, not by their names.
///
/// A sample is an image of 8 bits a channel, `[height, width, channels]`, values 0...255, and its class: the sub-folder's
/// number in the order of their names' bytes. Images are decoded ahead of the step, by several threads, in the order in which
/// they are needed; where `buffer` holds all of them they are decoded once, and kept as bytes.
///
/// The fingerprint begins with `sampled:`. It covers the size, the classes, names and lengths of all files, and the first
/// 16 KB of 64 of them.
public struct ImageSource: Sendable, Hashable {
  public var path: String
  /// nil: that of all images.
  public var size: ImageSize?
  public var color: ImageColor
  public var fit: ImageFit
  public var rows: RowRange

  public init(
    path: String, size: ImageSize? = nil, color: ImageColor = .rgb, fit: ImageFit = .stretch,
    rows: RowRange = RowRange()
  ) {
    self.path = path
    self.size = size
    self.color = color
    self.fit = fit
    self.rows = rows
  }

  /// Lists the folder; reads the files' heads where no size is given.
  ///
  /// - Throws: `DatasetError`.
  func open(_ options: ReadOptions) throws -> ImageRows {
    let folder = try ImageFolder(
      path, needsClasses: !options.featuresAlone, allowsEmpty: options.classNames != nil || options.featuresAlone)
    let range = try rows.resolved(count: folder.files.count, at: path)
    let form = ImageForm(size: try size ?? commonSize(folder, range), color: color, fit: fit)
    if options.featuresAlone {
      return try ImageRows(folder, range, form, classes: [], numbers: [], skipsBad: options.nonFinite == .keep)
    }
    let (classes, numbers) = try numbered(folder, range, options)
    return try ImageRows(
      folder, range, form, classes: classes, numbers: numbers, skipsBad: options.nonFinite == .keep)
  }

  /// Classes by number, and the number of each sub-folder: the run's, where there is a run.
  private func numbered(
    _ folder: ImageFolder, _ range: Range<Int>, _ options: ReadOptions
  ) throws -> (classes: [String], numbers: [Int]) {
    guard let names = options.classNames else { return (folder.classes, Array(folder.classes.indices)) }
    let known = KnownClasses(names)
    let mapping = try known.numbers(of: folder.classes, count: folder.classes.count, areText: true, at: path)
    for file in folder.files[range] where mapping[file.classNumber] == nil {
      let name = folder.classes[file.classNumber]
      throw known.unknown(name, at: "\(path)/\(name)")
    }
    return (names.isEmpty ? folder.classes : names, mapping.map { $0 ?? 0 })
  }

  /// - Throws: `DatasetError` `shape` where images differ.
  private func commonSize(_ folder: ImageFolder, _ range: Range<Int>) throws -> ImageSize {
    let files = Array(folder.files[range])
    let sizes = Mutex<[Result<ImageExtents, any Error>?]>(files.map { _ in nil })
    ConcurrentLoop.run(files.count) { index in
      let result = Result { try ImageSource.extents(folder, files[index]) }
      sizes.withLock { $0[index] = result }
    }
    var first: ImageExtents?
    for (file, result) in zip(files, sizes.withLock { $0 }) {
      guard let extents = try result?.get() else { continue }
      let expected = first ?? extents
      guard extents == expected else {
        throw DatasetError(
          .shape, at: folder.place(file), "images differ in size",
          expected: "\(expected.height) x \(expected.width), as \(folder.place(files[0])) has",
          found: "\(extents.height) x \(extents.width)",
          remedy: "say `size: [height, width]`, to which they are resized")
      }
      first = expected
    }
    guard let first, max(first.height, first.width) <= ImageSize.largest else {
      throw DatasetError(
        .shape, at: path, "the images are too large to be samples", expected: "sides of at most \(ImageSize.largest)",
        remedy: "say `size: [height, width]`, to which they are resized")
    }
    return ImageSize(height: first.height, width: first.width)
  }

  private struct ImageExtents: Sendable, Equatable {
    let height: Int
    let width: Int
  }

  private static func extents(_ folder: ImageFolder, _ file: ImageFolder.File) throws -> ImageExtents {
    var count = 4096
    while true {
      let bytes = try folder.head(file, count)
      if let size = try ImageForm.size(bytes, isWhole: count >= file.bytes, at: folder.place(file)) {
        return ImageExtents(height: size.height, width: size.width)
      }
      count *= 16
    }
  }
}
