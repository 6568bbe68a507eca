import type { Duplex } from 'node:stream';
import ssh2, { BaseAgent, type ParsedKey, type SignCallback, type SigningRequestOptions } from 'ssh2';
import { describeCertificate, readCertificate, type Certificate } from './certificate.ts';
import type { Credentials } from './credentials.ts';
import { fingerprintOf, readStrings, takeStrings, writeStrings } from './public-key.ts';
import { defectOf } from './user-certificate.ts';
import { certifiedKey } from './wire/certified-key.ts';

/** One key of an agent, or one certificate that it holds beside its key. */
export interface AgentKey {
  /** `SHA256:…` of the key itself. */
  readonly fingerprint: string;
  readonly certificate: Certificate | undefined;
  /** As ssh2 uses it: an agent that holds nothing else. */
  readonly agent: BaseAgent;
}

/** What an agent can let a user in with, in the order in which it is tried: certificates first, as OpenSSH does. */
export interface AgentKeys {
  readonly keys: readonly AgentKey[];
  /** Why there is less than there could be, each the beginning of a sentence; for the words of errors only. */
  readonly notes: readonly string[];
}

/**
 * Asks an agent for what it holds; with a certificate of one's own, only for the key of that. Never rejects: an agent
 * that cannot be asked has no keys, and a note says why.
 */
export async function openAgent(
  path: string,
  { certificate, preferred }: Pick<Credentials, 'certificate' | 'preferred'>,
  stop: AbortSignal,
): Promise<AgentKeys> {
  const agent = ssh2.createAgent(path);
  let blobs: readonly Buffer[];
  try {
    blobs = await listKeys(agent, stop);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return { keys: [], notes: [`${reason} (${path}): is it running, and SSH_AUTH_SOCK right?`] };
  }
  if (certificate !== undefined) return withCertificate(agent, blobs, certificate);
  const isFirst = (blob: Buffer): boolean => preferred?.equals(blob) === true;
  return asHeld(agent, [...blobs.filter(isFirst), ...blobs.filter((blob) => !isFirst(blob))]);
}

function asHeld(agent: BaseAgent, blobs: readonly Buffer[]): AgentKeys {
  const now = new Date();
  const certificates = blobs.flatMap((blob) => readCertificate(blob) ?? []);
  const notes = certificates.flatMap((held) => {
    const defect = defectOf(held, now);
    return defect === undefined ? [] : [`the agent's certificate ${describeCertificate(held)}, ${defect}`];
  });
  const valid = certificates.filter((held) => defectOf(held, now) === undefined);
  const certified = valid.flatMap((held) => oneKey(agent, held.publicKey, held.blob, held));
  return { keys: [...certified, ...blobs.flatMap((blob) => oneKey(agent, blob, blob, undefined))], notes };
}

function withCertificate(agent: BaseAgent, blobs: readonly Buffer[], certificate: Certificate): AgentKeys {
  const { blob, publicKey } = certificate;
  const held = [blob, publicKey].find((each) => blobs.some((other) => other.equals(each)));
  if (held !== undefined) return { keys: oneKey(agent, publicKey, held, certificate), notes: [] };
  return { keys: [], notes: [`the agent does not hold the key ${fingerprintOf(publicKey)} of the certificate`] };
}

/** `held` is what the agent knows the key by. Nothing for what ssh2 cannot use, such as keys of a token. */
function oneKey(
  agent: BaseAgent,
  publicKey: Buffer,
  held: Buffer,
  certificate: Certificate | undefined,
): readonly AgentKey[] {
  const key = ssh2.utils.parseKey(publicKey);
  if (key instanceof Error) return [];
  const shown = certificate === undefined ? key : certifiedKey(key, certificate.blob);
  return [{ fingerprint: fingerprintOf(publicKey), certificate, agent: new OneKey(agent, key, held, shown) }];
}

class OneKey extends BaseAgent<ParsedKey> {
  readonly #agent: BaseAgent;
  readonly #signer: ParsedKey;
  readonly #shown: ParsedKey;

  constructor(agent: BaseAgent, key: ParsedKey, held: Buffer, shown: ParsedKey) {
    super();
    this.#agent = agent;
    this.#signer = Object.create(key, { getPublicSSH: { value: () => held } }) as ParsedKey;
    this.#shown = shown;
  }

  override getIdentities(done: (error: Error | undefined, keys?: ParsedKey[]) => void): void {
    done(undefined, [this.#shown]);
  }

  override sign(_: ParsedKey, data: Buffer, ...rest: (SigningRequestOptions | SignCallback | undefined)[]): void {
    const [options] = rest;
    // A certified RSA key signs by SHA-512: ssh2 chooses for keys without a certificate only.
    const hash = (typeof options === 'object' ? options.hash : undefined) ?? 'sha512';
    this.#agent.sign(this.#signer, data, { hash }, rest.at(-1) as SignCallback);
  }
}

const requestIdentities = Buffer.from([11]);
const identitiesAnswer = 12;
/** Bytes of an answer, which holds all keys: OpenSSH's own agent takes no more. */
const longestAnswer = 256 * 1024;

/** All keys and certificates of an agent, in its order: ssh2 leaves certificates out. */
async function listKeys(agent: BaseAgent, stop: AbortSignal): Promise<readonly Buffer[]> {
  const answer = await ask(await open(agent), requestIdentities, stop);
  const strings = readStrings(answer.subarray(5));
  if (answer[0] !== identitiesAnswer || strings === undefined) throw new Error('The agent does not list its keys');
  return strings.filter((_, index) => index % 2 === 0); // After each, a comment.
}

async function ask(stream: Duplex, message: Buffer, stop: AbortSignal): Promise<Buffer> {
  const fail = (): void => void stream.destroy(new Error('The agent does not answer'));
  if (stop.aborted) fail();
  stop.addEventListener('abort', fail);
  try {
    stream.write(writeStrings(message));
    let received = Buffer.alloc(0);
    for await (const data of stream) {
      received = Buffer.concat([received, data as Buffer]);
      const [answer] = takeStrings(received, 1);
      if (answer !== undefined) return answer;
      if (received.length > longestAnswer) break;
    }
    throw new Error('The agent does not answer');
  } finally {
    stop.removeEventListener('abort', fail);
    stream.destroy();
  }
}

async function open(agent: BaseAgent): Promise<Duplex> {
  return new Promise((resolve, reject) => {
    agent.getStream?.((error, stream) => {
      if (stream === undefined) reject(error ?? new Error('Failed to connect to agent'));
      else resolve(stream.on('error', () => undefined));
    });
  });
}
