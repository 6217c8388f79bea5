import Files
import Testing

struct MountTableTests {
  private let table = MountTable(
    """
    22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw
    40 22 0:35 / /data rw,relatime shared:20 - nfs4 host:/data rw,vers=4.2,local_lock=none,addr=10.0.0.1
    41 22 0:36 / /data/old rw,relatime - nfs host:/old rw,vers=3,nolock,local_lock=all
    42 22 0:37 / /with\\040space rw - tmpfs none rw
    broken line
    """)

  @Test func theLongestPointCounts() {
    #expect(table.mounts.count == 4)
    #expect(table.mount(of: "/home/a")?.type == "ext4")
    #expect(table.mount(of: "/data/runs")?.type == "nfs4")
    #expect(table.mount(of: "/database")?.type == "ext4")
    #expect(table.mount(of: "/data/old")?.options.contains("nolock") == true)
    #expect(table.mount(of: "/with space/x")?.type == "tmpfs")
  }

  @Test func thisMachineHasARoot() { #expect(MountTable.current().mount(of: "/") != nil) }
}
