# Sourced by the scripts that treat runs badly: the binary, a folder that goes away again, a run that uses everything a
# checkpoint holds, and its undisturbed outcome.
#
# Needs a built binary: CAIRN=path, default .build/release/cairn.
cairn=$(realpath "${CAIRN:-.build/release/cairn}")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failures=0

fail() {
  echo "FAIL: $*" >&2
  failures=$((failures + 1))
}

# recipe FILE EPOCHS EVERY_STEPS [EXTRA...]: dropout, batch normalization, Adam, a schedule, early stopping, best weights.
recipe() {
  cat > "$1" <<YAML
name: run
seed: 5
data: {train: {make_moons: {samples: ${samples:-700}, noise: 0.2, random_state: 3}}, validation: {fraction: 0.2}, scaling: standard}
model:
  layers:
    - dense: {units: ${units:-48}, activation: relu}
    - batch_normalization: {}
    - dropout: {rate: 0.2}
    - dense: {units: 32, activation: tanh}
    - dense: {units: 1, activation: sigmoid}
loss: binary_crossentropy
metrics: [accuracy, auc]
optimizer:
  adam: {learning_rate: {cosine_decay: {initial_learning_rate: 0.01, decay_steps: 4000}}}
  global_clip_norm: 1
training:
  epochs: $2
  batch_size: 32
  shards: 8
  early_stopping: {monitor: validation_loss, patience: 120, restore_best: true}
checkpoints: {every_steps: $3, every_epochs: 10, keep_last: 3, keep_best: {monitor: validation_loss, count: 1}${4:+, $4}}
YAML
}

# undisturbed RECIPE: trains to the end; leaves the final checkpoint's path in $expected and its name in $final.
undisturbed() {
  "$cairn" train "$1" --checkpoints "$work/undisturbed" --workers 1 --progress none
  final=$(readlink "$work/undisturbed/run/latest.h5")
  expected=$work/undisturbed/run/$final
}

# start RECIPE FOLDER [OPTION...]: starts or resumes in the background; the process is $process.
start() {
  local recipe=$1 folder=$2
  shift 2
  "$cairn" train "$recipe" --checkpoints "$folder" --resume --progress none "$@" 2> "$work/errors" &
  process=$!
}

# Waits for $process; its exit code is $code.
finish() {
  code=0
  wait "$process" 2> /dev/null || code=$?
}

# check_verifies FOLDER WHAT: every file under a final name is whole.
check_verifies() {
  compgen -G "$1/run/step-*.h5" > /dev/null || return 0
  "$cairn" verify "$1/run" > "$work/verify" 2>&1 || fail "$2: $(grep -A1 INVALID "$work/verify" | head -4)"
}

# check_no_leftovers FOLDER WHAT
check_no_leftovers() {
  local leftovers
  leftovers=$(find "$1/run" -name '.*.tmp.*' 2> /dev/null)
  [[ -z $leftovers ]] || fail "$2: left $leftovers"
}

# check_same FOLDER WHAT: the run's final checkpoint is the undisturbed one's, byte for byte.
check_same() {
  cmp -s "$expected" "$1/run/$final" ||
    fail "$2: differs: $("$cairn" diff "$expected" "$1/run/$final" 2>&1 | head -4)"
}

# resume_to_end RECIPE FOLDER WHAT: resumes undisturbed; it ends with 0 and the right bytes, and sweeps.
resume_to_end() {
  start "$1" "$2" --workers $((1 + RANDOM % 3))
  finish
  ((code == 0)) || fail "$3: resumed, exit code $code: $(cat "$work/errors")"
  check_same "$2" "$3"
  check_no_leftovers "$2" "$3, resumed"
}

milliseconds() { echo $((${EPOCHREALTIME/./} / 1000)); }
# random_sleep MOST: up to so many milliseconds.
random_sleep() {
  local time=$(((RANDOM << 15 | RANDOM) % $1))
  sleep "$(printf '%d.%03d' $((time / 1000)) $((time % 1000)))"
}
