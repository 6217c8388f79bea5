internal import Checkpointing
internal import DataParallel
internal import Datasets
internal import Files
internal import Glibc
internal import HDF5Storage
internal import Kernels
internal import NeuralNetwork
internal import Recipes
internal import Threads
internal import Training

/// The contract's exit codes, after sysexits.h.
struct ExitStatus: Hashable {
  let rawValue: Int32

  static let done = ExitStatus(rawValue: 0)
  static let diverged = ExitStatus(rawValue: 3)
  static let verificationFailed = ExitStatus(rawValue: 4)
  static let usage = ExitStatus(rawValue: 64)
  static let badData = ExitStatus(rawValue: 65)
  static let noInput = ExitStatus(rawValue: 66)
  static let internalFailure = ExitStatus(rawValue: 70)
  static let systemRefused = ExitStatus(rawValue: 71)
  static let cannotCreate = ExitStatus(rawValue: 73)
  static let inputOutput = ExitStatus(rawValue: 74)
  static let peerLost = ExitStatus(rawValue: 75)

  static func signal(_ number: Int32) -> ExitStatus { ExitStatus(rawValue: 128 + number) }

  init(rawValue: Int32) { self.rawValue = rawValue }

  /// nil: an error that is not ours to name.
  init?(_ error: any Error) {
    switch error {
    case let error as CommandError: self = error.status
    case let error as SharedFailure: self = error.status
    case is ProcessGroupError: self = .peerLost
    case is ProcessesApart: self = .internalFailure
    case let error as RecipeError:
      switch error.kind {
      case .badRecipe: self = .badData
      case .missingFile: self = .noInput
      case .unreadable: self = .inputOutput
      }
    case let error as DatasetError: self = error.kind == .missingInput ? .noInput : .badData
    case let error as CheckpointError: self = error.kind == .missing ? .noInput : .badData
    case is NetworkError, is TrainingError, is JointError: self = .badData
    case let error as HDF5Error where error.isOutOfMemory: self = .systemRefused
    case let error as HDF5Error: self = error.kind == .missingFile ? .noInput : .badData
    case let error as FileError: self = ExitStatus(systemError: error.code, creating: error.operation == "create")
    case is RunLocked, is RunFolderLost: self = .cannotCreate
    case is ThreadError, is OutOfMemory, is NumericKernelsError, is LocksDoNotWork:
      self = .systemRefused
    default: return nil
    }
  }

  private init(systemError code: Int32, creating: Bool) {
    switch code {
    case ENOENT, ENOTDIR, EISDIR, ELOOP, ENAMETOOLONG, ENXIO: self = creating ? .cannotCreate : .noInput
    case ENOSPC, EDQUOT, EFBIG, EROFS, EACCES, EPERM, EEXIST: self = .cannotCreate
    case ENOMEM, EAGAIN, EMFILE, ENFILE: self = .systemRefused
    default: self = .inputOutput
    }
  }
}

/// What a command itself has to say.
struct CommandError: Error, CustomStringConvertible {
  let status: ExitStatus
  let description: String

  init(_ status: ExitStatus, _ description: String) {
    self.status = status
    self.description = description
  }
}
