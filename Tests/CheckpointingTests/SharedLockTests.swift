import Files
import Foundation
import Testing

@testable import Checkpointing

struct SharedLockTests {
  @Test func optionsThatKeepLocksFromOthers() throws {
    func problem(_ type: String, _ options: String) throws -> String? {
      let table = MountTable("40 22 0:35 / /data rw,relatime - \(type) host:/data rw,\(options)")
      return SharedLocks.problem(of: try #require(table.mount(of: "/data/runs")))
    }
    #expect(try problem("nfs", "vers=3,nolock,local_lock=all")?.contains("nolock") == true)
    #expect(try problem("nfs4", "local_lock=posix")?.contains("local_lock=posix") == true)
    #expect(try problem("cifs", "nobrl") != nil)
    #expect(try problem("lustre", "localflock") != nil)
    #expect(try problem("nfs4", "vers=4.2,local_lock=none") == nil)
    #expect(try problem("nfs", "vers=3,local_lock=flock") == nil)  // byte ranges are not flock's
    #expect(try problem("ext4", "nolock") == nil)
  }

  @Test func locksHereWork() throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "cairn-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try SharedLocks.require(in: folder, isShared: true)
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder).isEmpty)
    #expect(throws: FileError.self) { try SharedLocks.require(in: folder + "/none", isShared: true) }
  }

  /// As a host finds it that was cut off, lost its lock, and comes back.
  @Test func aRunThatAnotherHasTakenOverIsLost() throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "cairn-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let lock = try RunLock(directory: folder)
    try lock.requireInPlace()
    #expect(RunLock.holder(directory: folder) == "\(getpid())")
    let path = URL(filePath: folder + "/.lock")
    let handle = try FileHandle(forWritingTo: path)
    try handle.truncate(atOffset: 0)
    try lock.requireInPlace()  // nothing there: the disk was full
    try handle.write(contentsOf: Data("77 other-host 12345\n".utf8))
    let error = #expect(throws: RunFolderLost.self) { try lock.requireInPlace() }
    #expect(error?.reason == .taken(by: "77 other-host 12345"))
    #expect(error?.description.contains("process 77 on other-host") == true)
  }
}
