/** What the toolkit has to know of a Dockerfile before it is built. */
export interface DockerfileFacts {
  /** Names given with `FROM … AS name`, in their order. */
  readonly stages: readonly string[];
  /** Names of its build arguments. */
  readonly args: readonly string[];
  /** Value of the first `ARG NAME=value` of each name. */
  readonly argDefaults: Readonly<Record<string, string>>;
  /** Sources of COPY and ADD out of the build context, without those that hold a wildcard or a variable. */
  readonly copiedFiles: readonly string[];
}

/** Reads a Dockerfile. Shape: instructions in capitals or not, continued by `\` at the end of a line. */
export function parseDockerfile(text: string): DockerfileFacts {
  const stages: string[] = [];
  const args: string[] = [];
  const argDefaults: Record<string, string> = {};
  const copiedFiles: string[] = [];
  for (const { instruction, rest } of listInstructions(text)) {
    if (instruction === 'FROM') {
      const stage = /\sAS\s+(\S+)\s*$/i.exec(rest)?.[1];
      if (stage !== undefined) stages.push(stage);
    } else if (instruction === 'ARG') {
      const match = /^([A-Za-z_][A-Za-z0-9_]*)(?:=["']?([^"'\s]*))?/.exec(rest);
      if (match?.[1] === undefined) continue;
      args.push(match[1]);
      if (match[2] !== undefined) argDefaults[match[1]] ??= match[2];
    } else if (instruction === 'COPY' || instruction === 'ADD') {
      copiedFiles.push(...listSources(rest));
    }
  }
  return { stages, args: [...new Set(args)], argDefaults, copiedFiles: [...new Set(copiedFiles)] };
}

function listInstructions(text: string): { readonly instruction: string; readonly rest: string }[] {
  const joined = text.replace(/^\s*#.*\n/gm, '').replace(/\\[ \t]*\n/g, ' ');
  return joined.split('\n').flatMap((line) => {
    const match = /^\s*([A-Za-z]+)\s+(.*)$/.exec(line);
    return match?.[1] === undefined ? [] : [{ instruction: match[1].toUpperCase(), rest: (match[2] ?? '').trim() }];
  });
}

function listSources(rest: string): readonly string[] {
  const [, flags = '', places = ''] = /^((?:--\S+\s+)*)(.*)$/.exec(rest) ?? [];
  if (flags.includes('--from=')) return [];
  const words = places.startsWith('[') ? (JSON.parse(places) as string[]) : places.split(/\s+/);
  return words
    .slice(0, -1)
    .filter((source) => !/[*?[$]|^https?:/.test(source))
    .map((source) => source.replace(/^\.?\//, '').replace(/\/$/, ''));
}
