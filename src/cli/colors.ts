import { Chalk, supportsColorStderr, type ChalkInstance } from 'chalk';

/**
 * Colours for one stream: none when NO_COLOR is set (to anything but nothing) or the stream is no terminal.
 *
 * Not chalk's own instance: that one looks at the process, and a captured run in a test has streams of its own.
 */
export function createColors(
  env: Readonly<Record<string, string | undefined>>,
  stream: { readonly isTTY?: boolean },
): ChalkInstance {
  if (env['NO_COLOR']) return new Chalk({ level: 0 });
  if (env['FORCE_COLOR'] && env['FORCE_COLOR'] !== '0') return new Chalk({ level: 1 });
  if (!stream.isTTY || env['TERM'] === 'dumb') return new Chalk({ level: 0 });
  return new Chalk({ level: supportsColorStderr ? supportsColorStderr.level : 1 });
}
