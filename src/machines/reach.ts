import pMap from 'p-map';

import { ToolkitError } from '../errors.ts';
import type { AddressChoice } from './choose-address.ts';
import type { Machine } from './machine.ts';

/**
 * `open` and `refused` mean that the machine was reached (before the join nobody listens there); `filtered` that it was not;
 * `unknown` that it cannot be told, as with a datagram that nobody answers.
 */
export type ReachAnswer = 'open' | 'refused' | 'filtered' | 'unknown';

export interface ReachTry {
  readonly from: string;
  readonly to: string;
  readonly address: string;
  readonly protocol: 'tcp' | 'udp';
  readonly port: number;
  readonly answer: ReachAnswer;
  /** Why it is `filtered` or `unknown`: the other machine's words. */
  readonly seen: string | undefined;
}

/** Who reaches whom. */
export interface ReachMatrix {
  /** All that were asked or tried, in their order. */
  readonly machines: readonly string[];
  readonly tries: readonly ReachTry[];
  /** Machines that could not try. */
  readonly failures: readonly { readonly machine: string; readonly reason: string }[];
}

export interface ReachRequest {
  /** Text of `docker/machine/reach.sh`. */
  readonly script: string;
  readonly addresses: readonly AddressChoice[];
  /** Those that are managers or become it: TCP 2377 is for them alone. */
  readonly managers: readonly string[];
  /** Those that are in the swarm already: their UDP ports answer nobody, so nothing can be told. */
  readonly members: readonly string[];
  readonly signal: AbortSignal;
}

/** How long one try may take, seconds. */
const TRY_LIMIT_S = 3;
const SCRIPT_LIMIT_MS = 7000;
const AT_ONCE = 32;
/** Of a crowd, each tries the managers and its neighbours in the list: together they are a circle that misses nobody. */
const CROWD = 24;

/**
 * Every machine tries to reach all others, all at the same time; about 3 s where something is in the way, 1.5 s else.
 *
 * @returns also where a machine could not try
 * @throws the signal's reason
 */
export async function probeReach(machines: readonly Machine[], request: ReachRequest): Promise<ReachMatrix> {
  const places = request.addresses.flatMap(({ name, address }) => (address === undefined ? [] : [{ name, address }]));
  const able = machines.filter(({ name }) => places.some((place) => place.name === name));
  const results = await pMap(able, async (machine) => tryFrom(machine, { request, places }), {
    concurrency: AT_ONCE,
  });
  return {
    machines: places.map(({ name }) => name),
    tries: results.flatMap(({ tries }) => tries),
    failures: results.flatMap(({ failure, name }) =>
      failure === undefined ? [] : [{ machine: name, reason: failure }],
    ),
  };
}

interface Place {
  readonly name: string;
  readonly address: string;
}

interface Attempt {
  readonly name: string;
  readonly tries: readonly ReachTry[];
  readonly failure: string | undefined;
}

async function tryFrom(
  { name, shell }: Machine,
  { request, places }: { readonly request: ReachRequest; readonly places: readonly Place[] },
): Promise<Attempt> {
  const targets = peersOf(name, { request, places }).flatMap((place) => targetsOf(place, request));
  if (targets.length === 0) return { name, tries: [], failure: undefined };
  try {
    const { stdout, stderr, status } = await shell.runScript(request.script, {
      args: [String(TRY_LIMIT_S), ...targets.map(formatTarget)],
      asRoot: false,
      timeoutMs: SCRIPT_LIMIT_MS,
      signal: request.signal,
    });
    const failure = status === 0 ? undefined : stderr.trim() || `exit status ${status}`;
    return { name, tries: parseReach(stdout, name, targets), failure };
  } catch (error) {
    request.signal.throwIfAborted();
    if (!(error instanceof ToolkitError)) throw error;
    return { name, tries: [], failure: error.message };
  }
}

function peersOf(
  name: string,
  { request, places }: { readonly request: ReachRequest; readonly places: readonly Place[] },
): readonly Place[] {
  const others = places.filter((place) => place.name !== name);
  if (others.length <= CROWD) return others;
  const index = places.findIndex((place) => place.name === name);
  const near = new Set(Array.from({ length: CROWD }, (_, step) => places[(index + step + 1) % places.length]?.name));
  return others.filter((place) => request.managers.includes(place.name) || near.has(place.name));
}

interface Target {
  readonly to: string;
  readonly address: string;
  readonly protocol: 'tcp' | 'udp';
  readonly port: number;
}

/** Source: Docker's swarm mode documentation: 2377 managers, 7946 gossip of the networks, 4789 VXLAN. */
function targetsOf({ name, address }: Place, { managers, members }: ReachRequest): readonly Target[] {
  const target = (protocol: 'tcp' | 'udp', port: number): Target => ({ to: name, address, protocol, port });
  return [
    ...(managers.includes(name) ? [target('tcp', 2377)] : []),
    target('tcp', 7946),
    ...(members.includes(name) ? [] : [target('udp', 7946), target('udp', 4789)]),
  ];
}

function formatTarget({ protocol, address, port }: Target): string {
  return `${protocol}/${address}/${port}`;
}

/**
 * Reads the answer of `docker/machine/reach.sh`.
 * Shape: `tcp/10.0.0.5/2377 refused`, `udp/10.0.0.5/4789 filtered No route to host`, in any order.
 *
 * @returns one for each target; one without a line is `unknown`
 */
export function parseReach(text: string, from: string, targets: readonly Target[]): readonly ReachTry[] {
  const answers = new Map<string, readonly [answer: string, seen: string | undefined]>();
  for (const line of text.split(/\r?\n/)) {
    const match = /^(\S+\/\S+) (open|refused|filtered|unknown)(?: (.*))?$/.exec(line);
    if (match?.[1] && match[2]) answers.set(match[1], [match[2], match[3]]);
  }
  return targets.map((target) => {
    const [answer, seen] = answers.get(formatTarget(target)) ?? ['unknown', 'the try was cut off'];
    return { from, ...target, answer: answer as ReachAnswer, seen };
  });
}
