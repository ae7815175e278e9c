import { SshFailure } from '../ssh/ssh-failure.ts';

export interface Silence {
  /** End of a sentence: "permission denied". */
  readonly seen: string;
  readonly hint: string;
}

const IS_IT_RUNNING = 'is it running? "docker info" shows it; --context chooses another engine';
const WHICH_CERTIFICATES =
  'use the context that was made with its certificates, or set DOCKER_CERT_PATH to their folder';

/** Codes of OpenSSL and Node for a client certificate that is missing, or that the engine does not take. */
const CLIENT_REFUSED =
  /ALERT_(?:BAD_CERTIFICATE|CERTIFICATE_REQUIRED|UNKNOWN_CA|CERTIFICATE_UNKNOWN|HANDSHAKE_FAILURE|CERTIFICATE_EXPIRED|DECRYPT_ERROR)/;
const SERVER_REFUSED = new Set([
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'CERT_SIGNATURE_FAILURE',
]);

/** Why an engine does not answer, from what node:http, OpenSSL or ssh failed with. */
export function explainSilence(cause: unknown): Silence {
  if (cause instanceof SshFailure) return { seen: cause.message, hint: cause.hint };
  const { code = '', message } = cause as NodeJS.ErrnoException;
  if (code === 'ENOENT') return { seen: 'there is no such socket', hint: IS_IT_RUNNING };
  if (code === 'EACCES') {
    return {
      seen: 'permission denied',
      hint: 'add yourself to the group "docker" (sudo usermod -aG docker $USER), or use sudo',
    };
  }
  if (CLIENT_REFUSED.test(code)) return { seen: 'it does not take the client certificate', hint: WHICH_CERTIFICATES };
  if (SERVER_REFUSED.has(code)) {
    return { seen: 'its certificate is not of the authority (ca.pem) that is trusted here', hint: WHICH_CERTIFICATES };
  }
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') {
    return { seen: 'its certificate is for another address', hint: 'docker-machine regenerate-certs makes a new one' };
  }
  if (code === 'CERT_HAS_EXPIRED') {
    return { seen: 'its certificate has expired', hint: 'docker-machine regenerate-certs makes a new one' };
  }
  return { seen: message ?? String(cause), hint: IS_IT_RUNNING };
}
