import { connect } from 'node:tls';

const LIMIT_MS = 3000;

/**
 * End of the certificate that a TLS server shows, milliseconds since the epoch; `undefined` where none answers. Nothing is
 * sent: this only looks, and trusts nobody.
 */
export async function readPeerCertificate({
  host,
  port,
}: {
  readonly host: string;
  readonly port: number;
}): Promise<number | undefined> {
  return new Promise((resolve) => {
    // The certificate is what is asked for; whether it is a right one is the engine client's question.
    const socket = connect({ host, port, rejectUnauthorized: false });
    const end = (value: number | undefined): void => {
      socket.destroy();
      resolve(value);
    };
    socket.setTimeout(LIMIT_MS, () => end(undefined));
    socket.once('error', () => end(undefined));
    socket.once('secureConnect', () => {
      const { valid_to: validTo } = socket.getPeerCertificate();
      end(validTo ? Date.parse(validTo) || undefined : undefined);
    });
  });
}
