import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { ComposeClient, type UpOptions } from '../../src/adapters/compose/compose-client.ts';
import type { ComposeDocument } from '../../src/compose/compose-document.ts';
import { readJsonFixture } from './builders.ts';
import { FakeShell } from './fake-shell.ts';

/** Docker Compose that only keeps what it is given, and resolves this project's file as a real one did. */
export class FakeCompose extends ComposeClient {
  readonly ups: Omit<UpOptions, 'progress'>[] = [];
  readonly configs: string[] = [];
  document: ComposeDocument;
  /** What `up` fails with. */
  failure: Error | undefined;

  constructor() {
    super(new FakeShell(), {});
    const { name: _, ...document } = readJsonFixture(
      'docker-compose-config/docker-compose-2.26.1.json',
    ) as ComposeDocument;
    this.document = document;
  }

  override async config(file: string, project: string): Promise<ComposeDocument> {
    this.configs.push(`${file} ${project}`);
    return this.document;
  }

  override async up({ progress, ...options }: UpOptions): Promise<void> {
    this.ups.push(options);
    progress('Container Started');
    if (this.failure) throw this.failure;
  }
}

/** Programs `docker` and `docker-compose` that write down what they are given, and answer what they are told. */
export class FakeComposeProgram implements AsyncDisposable {
  readonly folder: string;

  private constructor(folder: string) {
    this.folder = folder;
  }

  static async start(): Promise<FakeComposeProgram> {
    const program = new FakeComposeProgram(await mkdtemp(path.join(tmpdir(), 'spark-swarm-compose-')));
    for (const name of ['docker', 'docker-compose']) {
      const file = path.join(program.folder, name);
      await writeFile(file, SCRIPT);
      await chmod(file, 0o755);
    }
    await program.answer({});
    return program;
  }

  /** Environment in which these programs are the first ones. */
  get env(): Readonly<Record<string, string>> {
    return { PATH: `${this.folder}:/usr/bin:/bin`, FAKE_FOLDER: this.folder, DOCKER_HOST: 'unix:///fake' };
  }

  async answer({ stdout = '', stderr = '', status = 0 }): Promise<void> {
    await Promise.all([this.#write('out', stdout), this.#write('err', stderr), this.#write('status', String(status))]);
  }

  /** The words of the last call, the program first. */
  async argv(): Promise<readonly string[]> {
    return (await this.#read('argv')).trimEnd().split('\n');
  }

  async input(): Promise<string> {
    return this.#read('input');
  }

  /** Folder and engine of the last call. */
  async surroundings(): Promise<string> {
    return (await this.#read('surroundings')).trim();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.folder, { recursive: true });
  }

  async #write(name: string, text: string): Promise<void> {
    await writeFile(path.join(this.folder, name), text);
  }

  async #read(name: string): Promise<string> {
    return readFile(path.join(this.folder, name), 'utf8');
  }
}

const SCRIPT = `#!/bin/sh
cd_here=$(pwd)
{ basename "$0"; for word in "$@"; do printf '%s\\n' "$word"; done; } > "$FAKE_FOLDER/argv"
echo "$cd_here $DOCKER_HOST" > "$FAKE_FOLDER/surroundings"
case " $* " in *' -f - '*) cat > "$FAKE_FOLDER/input";; esac
cat "$FAKE_FOLDER/out"
cat "$FAKE_FOLDER/err" >&2
exit "$(cat "$FAKE_FOLDER/status")"
`;
