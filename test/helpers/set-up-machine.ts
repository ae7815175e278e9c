import { resolveEngineTarget } from '../../src/adapters/engine/engine-target.ts';
import { openSetupTools } from '../../src/adapters/setup/setup-tools.ts';
import { LocalShell } from '../../src/adapters/shell/local-shell.ts';
import { createPlainFormatter } from '../../src/cli/reporter-plain.ts';
import { ToolkitError } from '../../src/errors.ts';
import { runSteps, type Report } from '../../src/events.ts';
import { baseImageStep } from '../../src/setup/set-up-base-image.ts';
import { composePluginStep } from '../../src/setup/set-up-compose-plugin.ts';
import { engineStep } from '../../src/setup/set-up-engine.ts';

/**
 * Brings this machine to where the integration tests can run: an engine, the base image, the compose plugin.
 *
 * @returns why that is not possible here; undefined when all is there
 */
export async function setUpMachine(): Promise<string | undefined> {
  const format = createPlainFormatter({ verbose: false, now: () => performance.now() });
  const report: Report = (event) => {
    const line = format(event);
    if (line !== undefined) process.stderr.write(`    ${line}\n`);
  };
  const shell = new LocalShell();
  try {
    const target = await resolveEngineTarget({ context: undefined, env: process.env, shell });
    const tools = openSetupTools({ env: process.env, shell, target, report });
    const steps = [engineStep(tools), baseImageStep(tools), composePluginStep(tools)];
    await runSteps(steps, report, new AbortController().signal);
    target.api.close();
    return undefined;
  } catch (error) {
    if (!(error instanceof ToolkitError)) throw error;
    return `${error.message}${error.hint === undefined ? '' : `; ${error.hint}`}`;
  }
}
