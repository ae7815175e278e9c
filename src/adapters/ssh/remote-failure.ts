import type { HostAddress } from '../../machines/machine.ts';
import { explainSsh, lastLine, sshCommand, SshFailure } from './ssh-failure.ts';

/**
 * Why `docker system dial-stdio` ended on the other machine without an answer.
 *
 * @param status of ssh: the remote command's, 255 for ssh itself, null when it was killed
 */
export function explainDial(status: number | null, stderr: string, to: HostAddress): SshFailure {
  const text = stderr.trim();
  if (/docker[^\n]*(?:command not found|not found|Unknown command)/i.test(text) || status === 127) {
    return new SshFailure(
      'no-docker',
      'there is no docker command on that machine',
      'install an engine there; swarm create --install-engine does it',
    );
  }
  if (/permission denied[^\n]*docker|docker[^\n]*permission denied/i.test(text)) {
    return new SshFailure(
      'docker-denied',
      `the user ${to.user === undefined ? 'who logs in' : `"${to.user}"`} may not use the engine there`,
      `as root there: usermod -aG docker ${to.user ?? 'USER'}; or log in as root`,
    );
  }
  if (/Cannot connect to the Docker daemon|Is the docker daemon running|docker\.sock: connect: /i.test(text)) {
    return new SshFailure(
      'docker-down',
      'the engine there is not running',
      `${sshCommand(to)} ${to.user === 'root' ? '' : 'sudo '}systemctl start docker`,
    );
  }
  if (/is not a docker command|unknown command|unknown flag/i.test(text)) {
    return new SshFailure(
      'no-docker',
      `its docker command is too old: ${lastLine(text)}`,
      'install Docker 20.10 or newer there',
    );
  }
  if (status === 255 || status === null) return explainSsh(text, to);
  return new SshFailure(
    'other',
    lastLine(text) || `docker system dial-stdio ended with status ${status}`,
    'run it there by hand: docker version',
  );
}

/** Why `sudo -n` did not run the program; undefined if this is not its doing. */
export function explainSudo(stderr: string, to: HostAddress): SshFailure | undefined {
  const user = to.user === undefined ? 'the user who logs in' : `the user "${to.user}"`;
  if (/sudo.?: (?:command not found|not found|No such file)/.test(stderr)) {
    return new SshFailure(
      'no-sudo',
      `${user} is not root, and there is no sudo`,
      'log in as root, or install sudo there',
    );
  }
  const isRefused =
    /^sudo: (?:a password is required|a terminal is required|interactive authentication is required|sorry, you must have a tty|no tty present)/m;
  if (isRefused.test(stderr) || /^(?:Sorry, user|\S+ is not (?:in the sudoers|allowed to run sudo))/m.test(stderr)) {
    return new SshFailure(
      'no-sudo',
      `${user} may not use sudo there without a password`,
      `log in as root, or as root there: echo '${to.user ?? 'USER'} ALL=(ALL) NOPASSWD: ALL' > /etc/sudoers.d/spark-swarm`,
    );
  }
  return undefined;
}
