internal import ArgumentParser
internal import Checkpointing
internal import Files
internal import Glibc

/// A file that the user has named for a command to write: looked at before it is replaced.
struct OutputFile {
  enum Kind: String {
    case hdf5 = "HDF5", csv = "CSV", npz = "npz", html = "HTML", svg = "SVG", png = "PNG", yaml = "YAML"
    /// No command writes these.
    case other = "another format"

    /// What the name's ending says; nil: nothing.
    init?(path: String) {
      let path = path.lowercased()
      let endings: [(Kind, [String])] = [
        (.hdf5, [".h5", ".hdf5"]), (.csv, [".csv"]), (.npz, [".npz"]), (.html, [".html", ".htm"]), (.svg, [".svg"]),
        (.png, [".png"]), (.yaml, [".yaml", ".yml"]),
        (.other, [".json", ".jsonl", ".tsv", ".npy", ".idx", ".gz", ".libsvm", ".svm", ".svmlight"]),
      ]
      guard let kind = endings.first(where: { $0.1.contains { path.hasSuffix($0) } })?.0 else { return nil }
      self = kind
    }
  }

  let path: String
  let kind: Kind
  /// The first line of a CSV, or of a recipe that a command has written.
  let heading: String

  init(path: String, _ kind: Kind, heading: String = "") {
    self.path = path
    self.kind = kind
    self.heading = heading
  }

  /// Refuses to replace what the command reads, what belongs to a run, and files of another kind.
  ///
  /// - Parameters:
  ///   - inputs: files that the command reads or that must stay.
  ///   - run: the directory of the run that is read.
  ///   - isForced: whether a file of another kind may be replaced anyway.
  /// - Throws: `CommandError`: usage; cannot create.
  func check(inputs: [String] = [], of run: RunDirectory? = nil, isForced: Bool) throws {
    if let named = Kind(path: path), named != kind {
      throw CommandError(.usage, "\(path): this command writes \(kind.rawValue), which the name's ending denies")
    }
    let (folder, name) = (FilePath.split(path).folder, path.split(separator: "/").last.map(String.init) ?? path)
    if let run, RunDirectory.belongsToRun(name), let here = FileIdentity(folder), here == FileIdentity(run.path) {
      throw CommandError(.usage, "\(path): is a file of the run; name another output")
    }
    var status = stat()
    guard stat(path, &status) == 0 else { return }
    if let identity = FileIdentity(path), let input = inputs.first(where: { FileIdentity($0) == identity }) {
      throw CommandError(
        .usage, "\(path): would replace \(input == path ? "an input of this command" : input); name another output")
    }
    if status.st_mode & S_IFMT == S_IFDIR { throw FileError(operation: "create", path: path, code: EISDIR) }
    guard status.st_mode & S_IFMT == S_IFREG else {
      throw CommandError(.usage, "\(path): is no regular file; name another output")
    }
    if isForced || status.st_size == 0 { return }
    guard let problem = otherKind() else { return }
    throw CommandError(.usage, "\(path): there is a file of this name that is \(problem): --force replaces it")
  }

  /// What the existing file is, if it is nothing that a command like this has written.
  private func otherKind() -> String? {
    guard let descriptor = Optional(open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)), descriptor >= 0 else {
      return "not to be read (\(String(cString: strerror(errno))))"
    }
    defer { close(descriptor) }
    var start = [UInt8](repeating: 0, count: max(4096, heading.utf8.count + 2))
    let count = start.withUnsafeMutableBytes { read(descriptor, $0.baseAddress, $0.count) }
    start.removeLast(start.count - max(0, count))
    let line = start.prefix { $0 != 0x0A && $0 != 0x0D }
    if kind == .csv {
      return line.elementsEqual(heading.utf8) ? nil : "no table of the same columns (\(heading))"
    }
    if kind == .yaml { return line.elementsEqual(heading.utf8) ? nil : "not made by this command" }
    if (try? CheckpointTrailer(screening: path, digest: false)) != nil { return "a checkpoint" }
    return kind.signatures.contains { start.starts(with: $0) } ? nil : "no \(kind.rawValue) file"
  }
}

extension OutputFile.Kind {
  /// How files of the kind begin.
  fileprivate var signatures: [[UInt8]] {
    switch self {
    case .hdf5: [[0x89, 0x48, 0x44, 0x46, 0x0D, 0x0A, 0x1A, 0x0A]]
    case .npz: [Array("PK\u{3}\u{4}".utf8), Array("PK\u{5}\u{6}".utf8)]
    case .html: [Array("<!doctype html".utf8), Array("<!DOCTYPE html".utf8), Array("<html".utf8)]
    case .svg: [Array("<svg".utf8), Array("<?xml".utf8)]
    case .png: [[0x89, 0x50, 0x4E, 0x47]]
    case .csv, .yaml, .other: []
    }
  }
}

/// Of every command that writes a file that the user names.
struct OverwriteOptions: ParsableArguments {
  @Flag(help: "Replaces an existing file, whatever it is; never one that is read.")
  var force = false
}
