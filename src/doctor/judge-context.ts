import type { SshFailureKind } from '../adapters/ssh/ssh-failure.ts';
import { labCommand } from '../lab/lab-names.ts';
import { fine, found, passedOver, type Outcome } from './check.ts';
import type { CertificateReading, ContextReading, OtherContext } from './context-reading.ts';
import { errorOf, warningOf, type DoctorFinding } from './problems.ts';

const MS_PER_DAY = 86_400_000;
/** Long enough to get new ones in working hours. */
export const EXPIRES_SOON_DAYS = 30;

/** `the context work`, `DOCKER_HOST`. */
function subjectOf({ name }: ContextReading): string {
  return name === undefined ? 'DOCKER_HOST' : `context ${name}`;
}

export function judgeContext(context: ContextReading): Outcome {
  const { name, chosenBy, exists, refusal, host } = context;
  const by = chosenBy === 'default' ? '' : `, by ${chosenBy}`;
  if (!exists) {
    const undo: Readonly<Record<ContextReading['chosenBy'], string>> = {
      '--context': 'docker context ls shows those that are there',
      DOCKER_CONTEXT: 'unset DOCKER_CONTEXT; docker context ls shows those that are there',
      DOCKER_HOST: 'unset DOCKER_HOST',
      'current context': 'docker context use default; docker context ls shows those that are there',
      default: 'docker context use default',
    };
    return found([
      errorOf('SS-C01', {
        subject: subjectOf(context),
        problem: `there is no docker context "${name ?? ''}"`,
        proof: `named by ${chosenBy}; docker context inspect ${name ?? ''} does not find it`,
        fix: undo[chosenBy],
      }),
    ]);
  }
  if (refusal !== '') {
    return found([
      errorOf('SS-C03', {
        subject: subjectOf(context),
        problem: 'its address cannot be used as it is',
        proof: refusal,
        fix: 'docker context create NAME --docker host=tcp://HOST:2376,ca=…,cert=…,key=…, then --context NAME',
      }),
    ]);
  }
  return fine(`${name ?? 'DOCKER_HOST'} (${host})${by}`);
}

export function judgeAnswer(context: ContextReading): Outcome {
  const { engine, ssh, tls, host, isLocalEngine } = context;
  if (!context.exists || context.refusal !== '') return passedOver('there is no engine to ask');
  if (engine && engine.state !== 'silent') return fine(`${engine.version} at ${host}`);
  if (isLocalEngine) return passedOver("it is this machine's engine: see above");
  // What is behind the silence has a finding of its own.
  if (ssh?.failure && !BEHIND_SSH.has(ssh.failure.kind)) return passedOver('ssh does not get in');
  if (tls && tls.missing.length > 0) return passedOver('its certificates are missing');
  return found([
    errorOf('SS-C02', {
      subject: subjectOf(context),
      problem: 'its engine does not answer',
      proof: `${host}: ${engine?.seen ?? 'no answer'}`,
      fix:
        ssh?.failure?.hint ??
        `is that machine up, and docker on it? docker ${context.name === undefined ? '' : `--context ${context.name} `}info says more`,
    }),
  ]);
}

export function judgeCertificates(context: ContextReading, nowMs: number): Outcome {
  const { tls } = context;
  if (!tls) return passedOver('none are used');
  const subject = subjectOf(context);
  const missing = tls.missing.map((file) =>
    errorOf('SS-C03', {
      subject,
      problem: `${file} is missing: the engine lets only known clients in`,
      proof: `no readable ${file} in ${tls.folder}`,
      fix: `docker context update ${context.name ?? 'NAME'} --docker host=${context.host},ca=…,cert=…,key=…`,
    }),
  );
  const dated = tls.certificates.flatMap((certificate) => judgeCertificate(certificate, { context, nowMs }));
  const findings = [...missing, ...dated];
  const days = tls.certificates.flatMap(({ notAfterMs }) =>
    notAfterMs === undefined ? [] : [Math.floor((notAfterMs - nowMs) / MS_PER_DAY)],
  );
  const detail = days.length === 0 ? undefined : `valid for ${Math.min(...days)} more days`;
  return findings.length === 0 ? fine(detail ?? 'there') : found(findings);
}

function judgeCertificate(
  { file, notAfterMs }: CertificateReading,
  { context, nowMs }: { readonly context: ContextReading; readonly nowMs: number },
): readonly DoctorFinding[] {
  const subject = subjectOf(context);
  const renew = renewCommand(context, file);
  if (notAfterMs === undefined) {
    const text = { subject, problem: `${file} is no certificate`, proof: `${file} holds no PEM`, fix: renew };
    return [errorOf('SS-C03', text)];
  }
  const daysLeft = Math.floor((notAfterMs - nowMs) / MS_PER_DAY);
  const date = new Date(notAfterMs).toISOString().replace(/\.\d+Z$/, 'Z');
  if (notAfterMs <= nowMs) {
    const proof = `${file}: notAfter ${date}, ${-daysLeft} days ago`;
    return [errorOf('SS-C04', { subject, problem: `the certificate ${file} has expired`, proof, fix: renew })];
  }
  if (daysLeft >= EXPIRES_SOON_DAYS) return [];
  const proof = `${file}: notAfter ${date}, ${daysLeft} days left`;
  return [warningOf('SS-C05', { subject, problem: `the certificate ${file} expires soon`, proof, fix: renew })];
}

function renewCommand({ name, host }: ContextReading, file: string): string {
  const where = file === "the engine's own" ? 'make new ones for the engine, and restart it' : 'make new ones';
  return `docker-machine regenerate-certs NAME for a machine of docker-machine; else ${where}, then docker context update ${name ?? 'NAME'} --docker host=${host},ca=…,cert=…,key=…`;
}

/** ssh got in, and docker behind it is what fails. */
const BEHIND_SSH = new Set<SshFailureKind>(['no-docker', 'docker-denied', 'docker-down']);

export function judgeSsh(context: ContextReading): Outcome {
  const { ssh, host } = context;
  if (!ssh) return passedOver('it is not used');
  const { failure } = ssh;
  if (!failure || BEHIND_SSH.has(failure.kind)) return fine('lets this user in without a password');
  const id = failure.kind === 'no-ssh' ? 'SS-C06' : 'SS-C07';
  const problem =
    failure.kind === 'no-ssh' ? 'the engine is reached by ssh, and there is no program ssh' : 'ssh does not get in';
  const text = { subject: subjectOf(context), problem, proof: `${host}: ${failure.seen}`, fix: failure.hint };
  return found([errorOf(id, text)]);
}

export function judgeOthers(contexts: readonly OtherContext[]): Outcome {
  const findings = contexts.flatMap((context) => judgeOther(context));
  if (findings.length > 0) return found(findings);
  return contexts.length === 0
    ? passedOver('no other contexts of ours')
    : fine(`${contexts.map(({ name }) => name).join(', ')}: all answer`);
}

function judgeOther({ name, kind, place, host, silence, isGone }: OtherContext): readonly DoctorFinding[] {
  if (silence === '') return [];
  const subject = `context ${name}`;
  const proof = `${host}: ${silence}`;
  if (isGone) {
    return [
      warningOf('SS-C09', {
        subject,
        problem: `the lab "${place}" is gone from this machine`,
        proof,
        fix: `docker context rm ${name}; or ${labCommand('up', place)} makes it again`,
      }),
    ];
  }
  const fix =
    kind === 'lab'
      ? labCommand('up', place)
      : `is that machine up? docker --context ${name} info says more; of a swarm that is no more: docker context rm ${name}`;
  return [
    warningOf('SS-C08', { subject, problem: `the engine of the ${kind} "${place}" does not answer`, proof, fix }),
  ];
}
