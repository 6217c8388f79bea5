/// One member of a zip archive on disk, such as the weights in a `.keras` file.
package enum ArchiveMember {
  /// - Returns: its bytes; nil: the archive has no such member.
  /// - Throws: `DatasetError`.
  package static func read(_ name: String, of path: String) throws -> [UInt8]? {
    try withBytes(ofFile: path) { bytes in
      let archive = try ZipArchive(bytes, path: path)
      guard let member = archive.members.first(where: { $0.name == name }) else { return nil }
      let stream = try archive.stream(member)
      let contents = try stream.read(member.size)
      try stream.expectEnd()
      return contents
    }
  }
}
