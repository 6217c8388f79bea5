#pragma once

/// The commit that the program was built from, as the build was told by the environment variable CAIRN_COMMIT; empty: it
/// was not told.
const char *cairn_commit(void);
