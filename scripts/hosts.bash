# Sourced by check-mpi-hosts: hosts of one's own, as network namespaces that a bridge joins. Needs root.
network=10.77.0
hosts=()
relays=()

# make_hosts COUNT: hosts NAME-1 ... with addresses of their own, TCP between them, the bridge's end on this side.
make_hosts() {
  ip link add cairn-bridge type bridge
  ip addr add $network.254/24 dev cairn-bridge
  ip link set cairn-bridge up
  local number
  for ((number = 1; number <= $1; number++)); do
    local host=cairn-$number
    ip netns add $host
    ip link add $host type veth peer name inner netns $host
    join_bridge $host $number
    hosts+=($host)
  done
}

join_bridge() {
  local host=$1 number=$2
  ip link set $host master cairn-bridge up
  ip -n $host addr add $network.$number/24 dev inner
  ip -n $host link set inner up
  ip -n $host link set lo up
}

# delay HOST NUMBER MILLISECONDS: every packet from and to that host takes so much longer.
delay() {
  if tc qdisc add dev "$1" root netem delay "$(($3 / 2))ms" 2> /dev/null; then
    ip netns exec "$1" tc qdisc add dev inner root netem delay "$(($3 / 2))ms"
    return
  fi
  # A kernel without netem: another cable.
  ip link del "$1"
  coproc RELAY { exec scripts/delay-link.py cairn-inner "$1" "$(($3 / 2))" 2> "$work/relay"; }
  relays+=("$RELAY_PID")
  read -r _ <&"${RELAY[0]}"
  ip link set cairn-inner netns "$1" name inner
  join_bridge "$1" "$2"
}

remove_hosts() {
  set +e
  local host
  for host in "${relays[@]}"; do kill "$host" 2> /dev/null; done
  for host in "${hosts[@]}"; do
    ip netns pids "$host" 2> /dev/null | xargs -r kill -KILL 2> /dev/null
    ip link del "$host" 2> /dev/null
    ip netns del "$host" 2> /dev/null
  done
  ip link del cairn-bridge 2> /dev/null
  return 0
}

# The launch agent: what ssh is between real hosts. Each has a name of its own, and its own folder for Open MPI's files.
write_agent() {
  cat > "$1" <<'SH'
#!/bin/sh
host=$1
shift
exec ip netns exec "$host" unshare --uts sh -c 'hostname "$0" && exec sh -c "$1"' "$host" "$*"
SH
  chmod +x "$1"
}
