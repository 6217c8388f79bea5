# Sourced by the checks of several processes, after checks.bash: how processes are started here.
#
# More processes than processors are the rule in a check: they yield instead of spinning.
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 OMPI_MCA_mpi_yield_when_idle=1
export OMPI_MCA_rmaps_base_oversubscribe=1 OMPI_MCA_hwloc_base_binding_policy=none
# Help texts of mpirun about a job that ended, which is what is checked here.
export OMPI_MCA_orte_base_help_aggregate=1

# joint PROCESSES ARGUMENT...: `cairn ARGUMENT...` by so many processes.
joint() {
  local processes=$1
  shift
  mpirun -n "$processes" "$cairn" "$@"
}

# start_joint PROCESSES ARGUMENT...: the same in the background; mpirun is $process.
start_joint() {
  local processes=$1
  shift
  mpirun -n "$processes" "$cairn" "$@" 2> "$work/errors" &
  process=$!
}

# latest FOLDER: the name of the run's newest checkpoint, if there is one.
latest() { readlink "$1/run/latest.h5" || true; }

# await_steps FOLDER BEFORE: until $process has saved a checkpoint after the one that was the latest BEFORE it started: it
# is in the middle of its steps then. Fails where it has ended instead.
await_steps() {
  while kill -0 "$process" 2> /dev/null; do
    [[ $(latest "$1") = "$2" ]] || return 0
    sleep 0.02
  done
  return 1
}

# joint_recipe FILE EPOCHS [EVERY_STEPS EVERY_EPOCHS]: what could notice the number of processes: masks, batch statistics,
# a norm over all weights, penalties, with 256 units a kernel large enough to be summed from factors, shards of uneven size,
# a last batch of fewer rows than shards, buckets of several sizes.
joint_recipe() {
  cat > "$1" <<YAML
name: run
seed: 5
data: {train: {make_moons: {samples: 700, noise: 0.2, random_state: 3}}, validation: {fraction: 0.2}, scaling: standard}
model:
  layers:
    - dense: {units: ${units:-48}, activation: relu, kernel_regularizer: {l2: 0.0001}}
    - batch_normalization: {}
    - dropout: {rate: 0.2}
    - dense: {units: ${units:-48}, activation: tanh}
    - dense: {units: 1, activation: sigmoid}
loss: binary_crossentropy
metrics: [accuracy, auc]
optimizer:
  adam: {learning_rate: {cosine_decay: {initial_learning_rate: 0.01, decay_steps: 4000}}}
  global_clip_norm: 1
training: {epochs: $2, batch_size: 37, shards: 8, early_stopping: {monitor: validation_loss, patience: ${patience:-120}, restore_best: true}}
checkpoints: {every_steps: ${3:-7}, every_epochs: ${4:-1}, keep_last: 3, keep_best: {monitor: validation_loss, count: 1}}
YAML
}
