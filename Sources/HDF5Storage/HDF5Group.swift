internal import CHDF5

/// A place in a file that can carry attributes: a group or a dataset.
public protocol HDF5Object: Sendable {
  var file: HDF5File { get }
  /// Absolute path inside the file.
  var path: String { get }
}

/// A group: names that stand for groups and datasets. Holds nothing open.
public struct HDF5Group: HDF5Object {
  public let file: HDF5File
  public let path: String

  public enum Member: Sendable, Equatable, CustomStringConvertible {
    case group, dataset
    /// A named type, or a link that leads nowhere.
    case other

    public var description: String {
      switch self {
      case .group: "a group"
      case .dataset: "a dataset"
      case .other: "a link that leads nowhere, or a named type"
      }
    }
  }

  /// Path of `name` under this group. An absolute name is taken as it is.
  func path(of name: String) -> String {
    if name.hasPrefix("/") { return name }
    return path == "/" ? "/\(name)" : "\(path)/\(name)"
  }

  /// Whether `name` (possibly several levels deep) leads to an object.
  public func contains(_ name: String) throws -> Bool {
    try member(name) != nil
  }

  /// What `name` leads to; nil if there is nothing of that name.
  public func member(_ name: String) throws -> Member? {
    let target = path(of: name)
    return try file.run("look up", target) { call, file in
      // H5Lexists fails, rather than denies, when a group on the way is missing: look step by step.
      var walked = ""
      for part in target.split(separator: "/") {
        walked += "/\(part)"
        let exists = H5Lexists(file, walked, cairn_H5P_DEFAULT())
        if exists < 0 && walked.utf8.count == part.utf8.count + 1 { throw call.failure() }
        if exists <= 0 { return nil }
        try HDF5Group.refuseOutsideLink(file, walked, call)
      }
      return HDF5Group.member(file, target)
    }
  }

  /// Names in this group and what they are, in the order of their bytes.
  public func members() throws -> [(name: String, member: Member)] {
    try links().map { ($0.name, $0.member) }
  }

  /// How a name leads to its object.
  public enum Link: Sendable, Equatable {
    case hard, soft
    /// Into another file, or of a kind of somebody's own: it is not followed.
    case outside
  }

  /// Names in this group, how they lead to their objects, and what these are, in the order of the names' bytes.
  public func links() throws -> [(name: String, link: Link, member: Member)] {
    try file.run("list the group", path) { call, file in
      try withOpen(call, file) { group in
        var info = H5G_info_t()
        try call.check(H5Gget_info(group, &info))
        var links: [(name: String, link: Link, member: Member)] = []
        for index in 0..<info.nlinks {
          let length = H5Lget_name_by_idx(
            group, ".", H5_INDEX_NAME, H5_ITER_INC, index, nil, 0, cairn_H5P_DEFAULT())
          if length < 0 { throw call.failure() }
          var bytes = [CChar](repeating: 0, count: length + 1)
          if H5Lget_name_by_idx(
            group, ".", H5_INDEX_NAME, H5_ITER_INC, index, &bytes, length + 1, cairn_H5P_DEFAULT()) < 0
          {
            throw call.failure()
          }
          let type = cairn_link_type(group, bytes)
          let link: Link = type == H5L_TYPE_HARD.rawValue ? .hard : type == H5L_TYPE_SOFT.rawValue ? .soft : .outside
          let name = String(decoding: bytes[..<length].map { UInt8(bitPattern: $0) }, as: UTF8.self)
          links.append((name, link, link == .outside ? .other : HDF5Group.member(group, name)))
        }
        return links
      }
    }
  }

  /// Opens a group that is there.
  ///
  /// - Throws: `HDF5Error`: `missingObject`, `unexpected`.
  public func group(_ name: String) throws -> HDF5Group {
    try require(name, .group, "open the group")
    return HDF5Group(file: file, path: path(of: name))
  }

  /// Makes a group, and those above it that are missing.
  ///
  /// - Throws: `HDF5Error`, also when it is there already.
  @discardableResult
  public func createGroup(_ name: String) throws -> HDF5Group {
    let target = path(of: name)
    if let parent = target.lastIndex(of: "/"), parent != target.startIndex {
      try requireGroup(String(target[..<parent]))
    }
    try file.run("create the group", target) { call, file in
      try call.using(H5Pcreate(cairn_H5P_GROUP_CREATE()), H5Pclose) { creation in
        try call.check(H5Pset_obj_track_times(creation, false))
        try call.using(
          H5Gcreate2(file, target, cairn_H5P_DEFAULT(), creation, cairn_H5P_DEFAULT()), H5Gclose
        ) { _ in }
      }
      self.file.madeGroups.insert(target)
    }
    return HDF5Group(file: file, path: target)
  }

  /// Makes the group at this absolute path if it is not there.
  func requireGroup(_ path: String) throws {
    try HDF5Library.run {
      if file.madeGroups.contains(path) { return }
      if try !contains(path) { try createGroup(path) }
      file.madeGroups.insert(path)
    }
  }

  /// Opens a dataset that is there.
  ///
  /// - Throws: `HDF5Error`: `missingObject`, `unexpected`; `damaged` where its shape cannot be true.
  public func dataset(_ name: String) throws -> HDF5Dataset {
    try require(name, .dataset, "open the dataset")
    return try HDF5Dataset(file: file, path: path(of: name))
  }

  private func require(_ name: String, _ expected: Member, _ operation: String) throws {
    let found = try member(name)
    if found == expected { return }
    let call = HDF5Call(operation: operation, object: path(of: name), file: file.name)
    guard let found else {
      let names = (try? members().map(\.name)) ?? []
      let list = names.isEmpty ? "nothing" : names.prefix(20).joined(separator: ", ")
      throw HDF5Error(.missingObject, call, found: "nothing of that name", remedy: "\(path) holds \(list)")
    }
    throw HDF5Error(.unexpected, call, expected: "\(expected)", found: "\(found)")
  }

  /// - Throws: `HDF5Error` `outside` where the link leads into another file, or is of a kind of somebody's own.
  private static func refuseOutsideLink(_ file: hid_t, _ link: String, _ call: HDF5Call) throws {
    let type = cairn_link_type(file, link)
    if type == H5L_TYPE_HARD.rawValue || type == H5L_TYPE_SOFT.rawValue { return }
    if type < 0 { throw call.failure() }
    throw HDF5Error(
      .outside, call, expected: "what stands in the file itself",
      found: "\(link), a link \(type == H5L_TYPE_EXTERNAL.rawValue ? "into another file" : "of kind \(type)")",
      remedy: "links out of a file are not followed: copy what is meant into this file")
  }

  private static func member(_ location: hid_t, _ name: String) -> Member {
    let object = H5Oopen(location, name, cairn_H5P_DEFAULT())
    if object < 0 { return .other }
    defer { H5Oclose(object) }
    switch H5Iget_type(object) {
    case H5I_GROUP: return .group
    case H5I_DATASET: return .dataset
    default: return .other
    }
  }
}

extension HDF5Object {
  /// Opens the object for one operation.
  func withOpen<R>(_ call: HDF5Call, _ file: hid_t, _ body: (hid_t) throws -> R) throws -> R {
    try call.using(H5Oopen(file, path, cairn_H5P_DEFAULT()), H5Oclose, body)
  }
}
