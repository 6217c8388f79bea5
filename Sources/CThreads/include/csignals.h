// What signals ask of a process that trains. The handlers only set words that are read between steps, and know when that
// reading does not come about: before the first step, and when no step ends.
#ifndef CAIRN_CSIGNALS_H
#define CAIRN_CSIGNALS_H

#include <stdint.h>

/// From here on SIGUSR2 harms nobody; a signal that ends the process says so if `speaks`. SIGHUP stays ignored where it
/// was.
void cairn_watch_signals(int speaks);

/// From here on SIGTERM, SIGINT, SIGHUP and SIGUSR1 are wishes, to be read by `cairn_stop_signal` between steps. They end
/// the process anyway, with a sentence and 128 + their number, if no step ends for 20 seconds and ten times the longest
/// step, or at a second SIGINT, or some seconds after another second one.
void cairn_begin_steps(void);

/// For a child that has been forked: no wish has been made of it yet, and it has no steps.
void cairn_forget_signals(void);

/// A step has ended: the process lives.
void cairn_note_step(void);

/// The first signal that has asked to stop; 0: none has. Reading it is taken for an answer.
int32_t cairn_stop_signal(void);

/// Whether SIGUSR2 has come since the last call.
int32_t cairn_take_save(void);

/// For a process that runs out of address space (`ulimit -v`) where nobody looks: what then ends it says why, code 71.
void cairn_watch_memory(void);

#endif
