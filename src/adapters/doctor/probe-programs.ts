import type { OverlayView, PeerView } from '../../doctor/overlay.ts';

/** A port that nobody listens on (discard): a connection to it is refused by the peer's own kernel. */
const CLOSED_PORT = 9;
/** An address that is new on the network is known to the others within seconds; until then nothing is concluded. */
const SETTLE_SECONDS = 6;
/** Sizes tried after the interface's own, bytes: what clouds, tunnels and VPNs leave of 9000 and of 1500. */
const SIZES = [8950, 1450, 1424, 1400, 1370, 1350, 1320, 1300, 1280, 1250, 1230, 1200, 1100, 1000, 576] as const;

/**
 * Looks at the peers from inside a container, with nothing but bash, coreutils and the kernel.
 *
 * TCP to a closed port: "refused" has gone there and back. UDP to a closed port: the peer's kernel answers a datagram with
 * an ICMP message, which the next write reports. A datagram of the interface's size so proves the MTU; only one that
 * passes is answered, so the search goes down from the top (kernels limit these answers to a burst of 6, then one a second).
 *
 * Arguments: the peers' addresses. Prints, with tabs: `interface BYTES`, then for each peer
 * `peer ADDRESS refused|silence|WORDS yes|no PASSED|- LOST|-`.
 */
export const PROBE_PROGRAM = `
export LC_ALL=C
read -r mtu < /sys/class/net/eth0/mtu
printf 'interface\\t%s\\n' "$mtu"
reaches() {
  local out
  while :; do
    out=$(timeout 3 bash -c ': <>"/dev/tcp/$0/${CLOSED_PORT}"' "$1" 2>&1)
    case $out in
      *refused*) seen=refused; return 0 ;;
      '') seen=silence ;;
      *) seen=\${out%%$'\\n'*}; seen=\${seen##*: } ;;
    esac
    (( SECONDS >= ${SETTLE_SECONDS} )) && return 1
    sleep 0.2
  done
}
passes() {
  local fd out tries
  exec {fd}<>"/dev/udp/$1/${CLOSED_PORT}" || return 1
  for tries in 1 2 3 4 5 6; do
    out=$(dd if=/dev/zero bs="$2" count=1 2>&1 >&"$fd")
    case $out in *refused*) exec {fd}>&-; return 0 ;; esac
    sleep 0.1
  done
  exec {fd}>&-
  return 1
}
look() {
  local seen=silence udp=no passed=- lost=- size
  if reaches "$1"; then
    passes "$1" 8 && udp=yes
    for size in $mtu ${SIZES.join(' ')}; do
      (( size > mtu )) && continue
      if passes "$1" $((size - 28)); then passed=$size; break; fi
      lost=$size
      [ $udp = no ] && break
    done
  fi
  printf 'peer\\t%s\\t%s\\t%s\\t%s\\t%s\\n' "$1" "$seen" $udp $passed $lost
}
for peer; do look "$peer" & done
wait
`;

/** The same for an image that has python3 and may have no bash. */
export const PROBE_PROGRAM_PYTHON = `
import errno, os, socket, sys, threading, time
mtu = int(open('/sys/class/net/eth0/mtu').read())
print('interface', mtu, sep='\\t', flush=True)
started = time.monotonic()
def reaches(peer):
    while True:
        s = socket.socket()
        s.settimeout(3)
        try:
            s.connect((peer, ${CLOSED_PORT})); seen = 'answered'
        except ConnectionRefusedError:
            return 'refused'
        except socket.timeout:
            seen = 'silence'
        except OSError as e:
            seen = os.strerror(e.errno)
        finally:
            s.close()
        if time.monotonic() - started >= ${SETTLE_SECONDS}: return seen
        time.sleep(0.2)
def passes(peer, size):
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.connect((peer, ${CLOSED_PORT}))
    try:
        for _ in range(6):
            try: s.send(bytes(size))
            except ConnectionRefusedError: return True
            except OSError as e:
                if e.errno != errno.EMSGSIZE: return False
            time.sleep(0.1)
        return False
    finally:
        s.close()
def look(peer):
    seen, udp, passed, lost = reaches(peer), 'no', '-', '-'
    if seen == 'refused':
        if passes(peer, 8): udp = 'yes'
        for size in [mtu, ${SIZES.join(', ')}]:
            if size > mtu: continue
            if passes(peer, size - 28):
                passed = size
                break
            lost = size
            if udp == 'no': break
    print('peer', peer, seen, udp, passed, lost, sep='\\t', flush=True)
threads = [threading.Thread(target=look, args=(peer,)) for peer in sys.argv[1:]]
for t in threads: t.start()
for t in threads: t.join()
`;

/** Takes what comes on a port of its own until the sender ends; prints the port, then bytes and seconds. */
export const RECEIVE_PROGRAM = `
import socket, time
s = socket.socket(); s.bind(('0.0.0.0', 0)); s.listen(1); s.settimeout(20)
print(s.getsockname()[1], flush=True)
c, _ = s.accept(); c.settimeout(20)
total, started = 0, time.monotonic()
buffer = bytearray(1 << 20)
while True:
    n = c.recv_into(buffer)
    if n == 0: break
    total += n
print(total, time.monotonic() - started, flush=True)
`;

/** Arguments: address, port, bytes. */
export const SEND_PROGRAM = `
import socket, sys
s = socket.create_connection((sys.argv[1], int(sys.argv[2])), 10); s.settimeout(20)
left, block = int(sys.argv[3]), bytes(1 << 20)
while left > 0:
    left -= s.send(block[:min(left, len(block))])
s.close()
`;

/**
 * What {@link PROBE_PROGRAM} printed.
 * @param nodes name by address
 */
export function parseProbe(node: string, text: string, nodes: ReadonlyMap<string, string>): OverlayView | undefined {
  const rows = text.split('\n').map((line) => line.split('\t'));
  const interfaceMtu = Number(rows.find(([kind]) => kind === 'interface')?.[1]);
  if (!interfaceMtu) return undefined;
  const peers = rows.flatMap(([kind, address = '', tcp = '', udp, passed, lost]): readonly PeerView[] => {
    const peer = nodes.get(address);
    if (kind !== 'peer' || peer === undefined) return [];
    return [
      {
        node: peer,
        tcp,
        isUdpAnswered: udp === 'yes',
        passedBytes: Number(passed) || undefined,
        lostBytes: Number(lost) || undefined,
      },
    ];
  });
  return { node, interfaceMtu, peers };
}
