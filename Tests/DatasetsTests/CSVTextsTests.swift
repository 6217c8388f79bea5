import Datasets
import Testing

/// Columns of a CSV file as texts.
@Suite struct CSVTextsTests {
  @Test func cellsAsTheyStand() throws {
    let bench = try Workbench()
    let path = try bench.file("t.csv", "id;x;7\n\"a;\"\"b\";1,5;\n c ;2;\"two\nlines\"\n;3;NA\n")
    var source = CSVSource(path: path, targets: [], delimiter: ";")
    let columns = try source.texts(of: ["7", "id"])
    #expect(columns.map(\.name) == ["7", "id"])
    #expect(columns.map(\.cells) == [["", "two\nlines", "NA"], ["a;\"b", " c ", ""]])
    // A number where no column has that name.
    #expect(try source.texts(of: ["2"]) == [TextColumn(name: "x", cells: ["1,5", "2", "3"])])
    source.rows = RowRange(from: 1, to: 2)
    #expect(try source.texts(of: ["x"])[0].cells == ["2"])
    source.header = false
    source.rows = .all
    #expect(try source.texts(of: ["1"]) == [TextColumn(name: "column_1", cells: ["id", "a;\"b", " c ", ""])])
    #expect(throws: DatasetError.self) { try source.texts(of: ["id"]) }
    source.header = true
    #expect(throws: DatasetError.self) { try source.texts(of: ["nothing"]) }
  }

  @Test func listsOfNames() throws {
    #expect(try CSVSource.names(in: "id, name", at: "--keep") == ["id", "name"])
    #expect(try CSVSource.names(in: "\"a,b\",c", at: "--keep") == ["a,b", "c"])
    #expect(try CSVSource.names(in: "", at: "--keep") == [])
    #expect(throws: DatasetError.self) { try CSVSource.names(in: "\"a", at: "--keep") }
  }
}
