import { CommandError, InvalidStateError, NotFoundError } from '../errors.ts';
import { skipped, type FlowStep } from '../events.ts';
import { formatBytes } from '../units.ts';
import type { LabTools } from './lab-machine.ts';

/** Tag of the node image: another Dockerfile or entry script is another image, an unchanged one is not built again. */
export function nodeImageTag(contentHash: string): string {
  return `spark-swarm-node:${contentHash}`;
}

interface InspectedImage {
  readonly Id: string;
  readonly Size: number;
}

/** @returns undefined if the engine has no such image */
export async function inspectImage(
  tools: LabTools,
  tag: string,
  signal: AbortSignal,
): Promise<InspectedImage | undefined> {
  try {
    return await tools.outer.api.get<InspectedImage>(`/images/${tag}/json`, { signal });
  } catch (error) {
    if (error instanceof NotFoundError) return undefined;
    throw error;
  }
}

/** Builds the node image, unless the engine has it. */
export function nodeImageStep(tools: LabTools, tag: string): FlowStep {
  return {
    id: 'node-image',
    title: 'Build the node image',
    async run({ progress, signal }) {
      const present = await inspectImage(tools, tag, signal);
      if (present) return skipped(`${tag} is there, ${formatBytes(present.Size)}`);
      await buildNodeImage(tools, tag, { progress, signal });
      const built = await inspectImage(tools, tag, signal);
      return `${tag}, ${formatBytes(built?.Size ?? 0)}`;
    },
  };
}

interface BuildRun {
  progress(detail: string): void;
  readonly signal: AbortSignal;
}

async function buildNodeImage(
  { shell, outer, nodeImageFolder }: LabTools,
  tag: string,
  { progress, signal }: BuildRun,
): Promise<void> {
  try {
    await shell.stream(
      // By name: the builder without BuildKit would build every target that the file has.
      ['docker', 'build', '--target', 'node', '--tag', tag, nodeImageFolder],
      (line) => {
        const detail = buildDetail(line);
        if (detail !== undefined) progress(detail);
      },
      { env: outer.dockerEnv, signal },
    );
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    throw new InvalidStateError(`Cannot build the node image from ${nodeImageFolder}: ${lastWords(error.stderr)}`, {
      cause: error,
      hint: `docker build ${nodeImageFolder} shows all of it`,
    });
  }
}

/**
 * What is worth showing of a line of `docker build`: steps and packages, from either builder.
 *
 * Shape: `Step 3/7 : RUN …` or `#5 [2/4] RUN …`; apt's `Setting up docker.io (26.1.5…) ...`, with `#5 12.3 ` before it
 * under BuildKit.
 */
export function buildDetail(line: string): string | undefined {
  const text = line.replace(/^#\d+ (?:\d+\.\d+ )?/, '').trim();
  const step = /^(?:Step (\d+\/\d+) :|\[(?:\w+ )?(\d+\/\d+)\]) *(.*)$/.exec(text);
  if (step) return shorten(`step ${step[1] ?? step[2]}: ${step[3] ?? ''}`);
  const unpacked = /^(?:Unpacking|Setting up) ([^ :]+)/.exec(text);
  return unpacked ? `installing ${unpacked[1]}` : undefined;
}

function shorten(text: string): string {
  const single = text.replace(/\s+/g, ' ');
  return single.length > 70 ? `${single.slice(0, 69)}…` : single;
}

function lastWords(stderr: string): string {
  const lines = stderr
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
  return lines.findLast((line) => /error|failed|cannot|unable|no space/i.test(line)) ?? lines.at(-1) ?? 'no message';
}
