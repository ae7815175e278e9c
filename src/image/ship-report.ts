import type { Report } from '../events.ts';
import { formatBytes } from '../units.ts';
import type { NodeDelivery, NodeEvent, NodeListener } from './ship-images.ts';

/** Reports each node as a step of its own; they go on at the same time. */
export function reportNodes(images: readonly string[], nodes: readonly string[], report: Report): NodeListener {
  const what = images.length === 1 ? images[0] : `${images.length} images`;
  const stepId = (node: string): string => `node-${node}`;
  const startedAt = performance.now();
  report({
    type: 'steps',
    steps: nodes.map((node) => ({ id: stepId(node), title: `Bring ${what} to ${node}` })),
    concurrent: true,
  });
  for (const node of nodes) report({ type: 'step-started', id: stepId(node) });
  return (node, event) => {
    const id = stepId(node);
    const durationMs = Math.round(performance.now() - startedAt);
    switch (event.type) {
      case 'sending':
      case 'loading': {
        const bytes = { sent: event.sentBytes, reused: event.reusedBytes };
        return report({ type: 'step-progress', id, detail: describeProgress(event), bytes });
      }
      case 'done':
        if (event.delivery.images.length === 0) {
          return report({ type: 'step-skipped', id, reason: images.length === 1 ? 'it has it' : 'it has them' });
        }
        return report({ type: 'step-done', id, durationMs, detail: describeDelivery(event.delivery) });
      case 'failed': {
        const message = event.error instanceof Error ? (event.error.message.split('\n')[0] ?? '') : String(event.error);
        return report({ type: 'step-failed', id, durationMs, message });
      }
      default:
        return event satisfies never;
    }
  };
}

/** One line about all nodes, for a step that they are part of. */
export function summarizeNodes(progress: (detail: string) => void): NodeListener {
  const details = new Map<string, string>();
  return (node, event) => {
    if (event.type === 'failed') details.set(node, 'failed');
    else if (event.type === 'done') details.set(node, event.delivery.images.length === 0 ? 'has it' : 'done');
    else details.set(node, describeProgress(event));
    const shown = [...details].filter(([, detail]) => detail !== 'has it');
    if (shown.length > 0) progress(shown.map(([name, detail]) => `${name} ${detail}`).join('; '));
  };
}

function describeProgress(event: Extract<NodeEvent, { readonly sentBytes: number }>): string {
  const { type, sentBytes, reusedBytes } = event;
  return `${formatTransfer(sentBytes, reusedBytes)}${type === 'loading' ? ', unpacking' : ''}`;
}

/** `3.1 MB sent, 788 MB reused`. */
export function describeDelivery({ sentBytes, reusedBytes }: NodeDelivery): string {
  return formatTransfer(sentBytes, reusedBytes);
}

function formatTransfer(sentBytes: number, reusedBytes = 0): string {
  return `${formatBytes(sentBytes)} sent${reusedBytes === 0 ? '' : `, ${formatBytes(reusedBytes)} reused`}`;
}
