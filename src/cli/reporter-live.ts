import { Writable } from 'node:stream';

import { DefaultRenderer, Listr, ListrLogger, ProcessOutput } from 'listr2';

import type { ProgressEvent, StepTitle } from '../events.ts';
import { formatDuration } from '../units.ts';
import { createColors } from './colors.ts';
import type { CliContext } from './context.ts';
import { closeScreen, LiveScreen } from './live-screen.ts';
import { LiveStep } from './live-step.ts';
import { ProgressFlows, type StepEvent } from './progress-flows.ts';

/** listr2 draws only where standard output is a terminal; ours is standard error, and the caller has looked. */
class AnywhereRenderer extends DefaultRenderer {
  static override nonTTY = true as unknown as false;
}

/**
 * Events as a live list of steps on a terminal's standard error.
 *
 * The flow runs elsewhere; the list only follows it: each of its tasks waits for the event that ends its step. Steps of
 * a flow within a step are shown behind that step's title. Notes and warnings stay under the step they came from.
 */
export class LiveReporter {
  readonly #cli: CliContext;
  readonly #colors: ReturnType<typeof createColors>;
  readonly #flows = new ProgressFlows();
  #steps = new Map<string, LiveStep>();
  #current: LiveStep | undefined;
  /** Settles when every list so far has been drawn to its end. */
  #drawn: Promise<void> = Promise.resolve();

  constructor(cli: CliContext) {
    this.#cli = cli;
    this.#colors = createColors(cli.env, cli.stderr);
  }

  readonly report = (event: ProgressEvent): void => {
    switch (event.type) {
      case 'steps':
        if (this.#flows.open(event.steps)) this.#open(event.steps, event.concurrent ?? false);
        return;
      case 'note':
        return this.#say(event.message);
      case 'warning':
        return this.#say(`warning: ${event.message}`);
      default:
        return this.#follow(event);
    }
  };

  /** Ends the drawing; a step that has not ended is shown as failed, those after it as not reached. */
  readonly close = async (): Promise<void> => {
    this.#finish();
    await this.#drawn;
    closeScreen(this.#cli);
  };

  #open(steps: readonly StepTitle[], concurrent: boolean): void {
    this.#finish();
    this.#steps = new Map(steps.map(({ id, title }) => [id, new LiveStep(title)]));
    const list = new Listr(
      [...this.#steps.values()].map((step) => step.asTask()),
      {
        concurrent,
        // One that fails does not end the lines of the others.
        exitOnError: !concurrent,
        renderer: AnywhereRenderer,
        registerSignalListeners: false,
        rendererOptions: this.#rendererOptions(),
      },
    );
    // A failed step fails its list, too; the command has the error already.
    this.#drawn = this.#drawn.then(() => list.run()).then(ignore, ignore);
  }

  #rendererOptions(): object {
    const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
    const screen = new LiveScreen(this.#cli) as unknown as NodeJS.WriteStream;
    const processOutput = new ProcessOutput(screen, nowhere as unknown as NodeJS.WriteStream, {
      leaveEmptyLine: false,
    });
    return {
      logger: new ListrLogger({ useIcons: true, toStderr: [], processOutput }),
      collapseSkips: true,
      showErrorMessage: false,
    };
  }

  #follow(event: StepEvent): void {
    const { title, path, outermostId } = this.#flows.follow(event);
    const step = this.#steps.get(outermostId);
    if (!step) return;
    this.#current = step;
    if (path.length > 1) step.show(this.#innerDetail(title, path, event));
    else this.#followOutermost(step, event);
  }

  #innerDetail(title: string, path: readonly string[], event: StepEvent): string {
    const detail = event.type === 'step-progress' ? `: ${event.detail}` : '';
    return this.#colors.dim(`${path.slice(1).join(' ')} ${title}${detail}`);
  }

  #followOutermost(step: LiveStep, event: StepEvent): void {
    const { dim, red } = this.#colors;
    switch (event.type) {
      case 'step-started':
        return;
      case 'step-progress':
        return step.show(dim(event.detail));
      case 'step-done': {
        const detail = event.detail === undefined ? '' : `${event.detail}, `;
        return step.done(dim(`${detail}${formatDuration(event.durationMs)}`));
      }
      case 'step-skipped':
        return step.skip(dim(`nothing to do, ${event.reason}`));
      case 'step-failed':
        return step.fail(red(`failed after ${formatDuration(event.durationMs)}`));
      default:
        return event satisfies never;
    }
  }

  #say(message: string): void {
    if (this.#current) this.#current.say(message);
    else this.#cli.stderr.write(`${message}\n`);
  }

  #finish(): void {
    for (const step of this.#steps.values()) step.fail(undefined);
    this.#current = undefined;
  }
}

function ignore(): void {}
