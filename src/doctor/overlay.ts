import type { EngineApi } from '../adapters/engine/engine-api.ts';
import type { Finding } from './finding.ts';

/** A node whose engine can be reached. */
export interface OverlayNode {
  /** Its name in the swarm. */
  readonly name: string;
  readonly api: EngineApi;
}

export interface OverlayRequest {
  /** Makes the temporary network, and takes it away. */
  readonly manager: EngineApi;
  /** Ready nodes; fewer than two have no network between them. */
  readonly nodes: readonly OverlayNode[];
  /** MTU of the network between the nodes, bytes, as clusters on the swarm are told; `undefined`: Docker's default. */
  readonly mtu: number | undefined;
  /** Also measure how many bytes a second pass between each two nodes, one pair after the other. */
  readonly throughput: boolean;
  /** One short line that replaces the one before. */
  readonly progress?: (detail: string) => void;
  readonly signal: AbortSignal;
}

/** What a container on one node saw of the others. Read by `adapters/doctor/overlay-prober.ts`. */
export interface OverlayReading {
  readonly views: readonly OverlayView[];
  /** Nodes without a container, and why. */
  readonly skipped: readonly SkippedNode[];
  readonly rates: readonly OverlayRate[];
  /** Pairs whose throughput could not be measured: one sentence for each reason. */
  readonly unmeasured: readonly string[];
  /** What the measurement made and could not take away: one sentence for each object. */
  readonly left: readonly string[];
}

export interface SkippedNode {
  readonly node: string;
  readonly reason: string;
}

export interface OverlayView {
  readonly node: string;
  /** MTU of the container's interface, bytes. */
  readonly interfaceMtu: number;
  readonly peers: readonly PeerView[];
}

export interface PeerView {
  readonly node: string;
  /**
   * How a TCP connection to a port that nobody listens on ended. `refused` is the peer's own answer, so packets went
   * there and back; `silence` is none at all; else the kernel's words: `No route to host`.
   */
  readonly tcp: string;
  /** A small UDP datagram came back as refused, too. */
  readonly isUdpAnswered: boolean;
  /** The largest packet that came through, and the smallest that vanished, bytes with all headers. */
  readonly passedBytes: number | undefined;
  readonly lostBytes: number | undefined;
}

export interface OverlayRate {
  readonly from: string;
  readonly to: string;
  readonly bytesPerSecond: number;
}

/** Makes a network with a container on each node, lets them look for each other, and takes all of it away again. */
export interface OverlayProber {
  /** @throws the signal's reason; ToolkitError if not even the network can be made */
  probe(request: OverlayRequest): Promise<OverlayReading>;
}

/** One direction between two nodes. */
export interface OverlayPair {
  readonly from: string;
  readonly to: string;
  /** `ok`; `no answer`; `no udp`: TCP passes and UDP does not; `too large`: small packets pass and full ones vanish. */
  readonly reach: 'ok' | 'no answer' | 'no udp' | 'too large';
  /** The largest packet that came through, bytes. */
  readonly mtu: number | null;
  readonly bytesPerSecond: number | null;
}

export interface OverlayReport {
  /** MTU of the containers' interfaces, bytes. */
  readonly interfaceMtu: number | null;
  readonly pairs: readonly OverlayPair[];
  readonly skipped: readonly SkippedNode[];
  readonly notes: readonly string[];
  readonly findings: readonly Finding[];
}
