internal import Datasets

extension Constructor<DataSource> {
  static var images: Constructor {
    Constructor(
      "images",
      keys: [
        Key(
          "path", .text(.folder), .required, "The folder, with a sub-folder a class; relative to the recipe's folder."),
        Key(
          "size", .pair(.integer(1...ImageSize.largest)), .absent,
          "Height and width that images are resized to; default: that of all images."),
        Key("color", .word(of: ImageColor.self), "rgb", "Three channels, or one."),
        Key("resize", .word(of: ImageFit.self), "stretch", "How images of other proportions get the size."),
        Grammar.rows,
      ], summary: "PNG and JPEG files in a folder with one sub-folder a class."
    ) {
      let size = $0["size"]?.list?.compactMap(\.integer)
      return DataSource(
        ImageSource(
          path: $0.text("path"), size: size.map { ImageSize(height: $0[0], width: $0[1]) }, color: $0.word("color"),
          fit: $0.word("resize"), rows: $0.rowRange))
    }
  }
}
