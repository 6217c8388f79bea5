internal import Datasets

extension DataSource {
  /// Columns of a CSV file as texts, a cell for each sample that has been read from it.
  ///
  /// - Parameters:
  ///   - rows: the row that each sample is; nil: all, in order.
  ///   - count: how many samples there are.
  ///   - option: what asks for them, for messages.
  /// - Throws: `CommandError` where this is no CSV file, or a sample no row; `DatasetError` where a column is not there.
  func texts(of columns: [String], rows: [Int32]?, count: Int, for option: String) throws -> [TextColumn] {
    guard let table = kind as? CSVSource else {
      throw CommandError(.usage, "\(option): expected data in a CSV file, which \(name) is not")
    }
    guard table.windows == nil else {
      throw CommandError(.usage, "\(option): the run's samples are windows of several rows, not rows")
    }
    let texts = try table.texts(of: columns).map { column in
      guard let rows, rows.allSatisfy({ Int($0) < column.cells.count }) else { return column }
      return TextColumn(name: column.name, cells: rows.map { column.cells[Int($0)] })
    }
    if let other = texts.first(where: { $0.cells.count != count }) {
      throw CommandError(
        .badData,
        "\(option): \(name) has \(other.cells.count) rows, of which \(count) are used: rows that are left out "
          + "(on_bad_row: skip) cannot be told apart here; give a file without them with --data")
    }
    return texts
  }
}
