// What Swift cannot import of MPI: handles are macros, and pointers in Open MPI but numbers in MPICH.
#pragma once

#include <mpi.h>
#include <stddef.h>

/// A message on its way; complete when `cairn_mpi_is_done` has said so once.
typedef struct {
  MPI_Request value;
} cairn_mpi_request;

/// Joins the processes that were started together. Errors are returned from here on, instead of ending the process.
static inline int cairn_mpi_start(int *rank, int *count, int *local_count, int *thread_level) {
  int code = MPI_Init_thread(NULL, NULL, MPI_THREAD_FUNNELED, thread_level);
  if (code) return code;
  MPI_Comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_RETURN);
  if ((code = MPI_Comm_rank(MPI_COMM_WORLD, rank))) return code;
  if ((code = MPI_Comm_size(MPI_COMM_WORLD, count))) return code;
  MPI_Comm node;
  code = MPI_Comm_split_type(MPI_COMM_WORLD, MPI_COMM_TYPE_SHARED, 0, MPI_INFO_NULL, &node);
  if (code) return code;
  code = MPI_Comm_size(node, local_count);
  MPI_Comm_free(&node);
  return code;
}

/// Whether `cairn_mpi_start` has been called, and `MPI_Finalize` not.
static inline int cairn_mpi_is_running(void) {
  int started = 0, ended = 0;
  MPI_Initialized(&started);
  MPI_Finalized(&ended);
  return started && !ended;
}

static inline int cairn_mpi_end(void) { return MPI_Finalize(); }

/// Ends all processes, with this exit code.
static inline int cairn_mpi_abort(int code) { return MPI_Abort(MPI_COMM_WORLD, code); }

/// Counts are 31 bits wide: what is made of floats goes as floats.
static inline MPI_Datatype cairn_mpi_type(size_t bytes) { return bytes % 4 ? MPI_BYTE : MPI_FLOAT; }
static inline int cairn_mpi_count(size_t bytes) { return (int)(bytes % 4 ? bytes : bytes / 4); }

static inline int cairn_mpi_send(const void *memory, size_t bytes, int to, int tag, cairn_mpi_request *request) {
  return MPI_Isend(memory, cairn_mpi_count(bytes), cairn_mpi_type(bytes), to, tag, MPI_COMM_WORLD, &request->value);
}

static inline int cairn_mpi_receive(void *memory, size_t bytes, int from, int tag, cairn_mpi_request *request) {
  return MPI_Irecv(memory, cairn_mpi_count(bytes), cairn_mpi_type(bytes), from, tag, MPI_COMM_WORLD, &request->value);
}

/// Moves messages along.
static inline int cairn_mpi_is_done(cairn_mpi_request *request, int *done) {
  return MPI_Test(&request->value, done, MPI_STATUS_IGNORE);
}

/// Sends an empty message that nobody waits for.
static inline int cairn_mpi_nudge(int to, int tag) {
  MPI_Request request;
  int code = MPI_Isend(NULL, 0, MPI_BYTE, to, tag, MPI_COMM_WORLD, &request);
  return code ? code : MPI_Request_free(&request);
}

/// Takes one empty message, if there is one.
static inline int cairn_mpi_take_nudge(int tag, int *taken) {
  MPI_Status status;
  int code = MPI_Iprobe(MPI_ANY_SOURCE, tag, MPI_COMM_WORLD, taken, &status);
  if (code || !*taken) return code;
  return MPI_Recv(NULL, 0, MPI_BYTE, status.MPI_SOURCE, tag, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
}

/// What an error code means; `text` takes MPI_MAX_ERROR_STRING characters.
static inline void cairn_mpi_describe(int code, char *text) {
  int length = 0;
  text[0] = 0;
  MPI_Error_string(code, text, &length);
}

enum { cairn_mpi_longest_description = MPI_MAX_ERROR_STRING, cairn_mpi_funneled = MPI_THREAD_FUNNELED };
