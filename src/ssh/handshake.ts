import type { Duplex } from 'node:stream';
import ssh2 from 'ssh2';
import type { Address } from '../config/config.ts';
import type { Log } from '../log.ts';
import { proposal } from './algorithms.ts';
import { describeNote, explainAuthFailure } from './auth-failure.ts';
import { Authentication, type AgentTurn } from './authentication.ts';
import type { Credentials } from './credentials.ts';
import { explainConnectFailure, saysRefusal, text, TimedOut, unanswered, type Phase } from './failure.ts';
import { readGreeting } from './greeting.ts';
import { Overheard } from './overheard.ts';
import type { Hop } from './connection-types.ts';
import type { HostKeys } from './host-key.ts';
import { HostKeyCheck } from './host-key-check.ts';
import { hostKeyPolicy } from './host-key-policy.ts';
import { Session } from './session.ts';
import { connectClient } from './wire/connect-client.ts';
import { canExecAtOnce } from './wire/hasty-exec.ts';

/** Silence is noticed after one interval more than may go unanswered: in 30 seconds. */
const keepaliveCountMax = 5;

export interface HandshakeFacts {
  readonly address: Address;
  /** What errors call the server. */
  readonly place: string;
  /** Name of the target that errors belong to. */
  readonly target: string | undefined;
  readonly credentials: Credentials;
  /** What the agent holds, where there is one. */
  readonly agent: (AgentTurn & { readonly notes: readonly string[] }) | undefined;
  readonly hostKeys: HostKeys;
  /** Keys that the server has shown before, of which none has the fingerprint that the run was given. */
  readonly shown: readonly Buffer[];
  readonly via: Hop | undefined;
  readonly log: Log;
  /** Aborts when the attempt is over, with the error as its reason: `TimedOut`, or what to reject with. */
  readonly stop: AbortSignal;
  /** Milliseconds between two signs of life. */
  readonly keepalive: number;
  /** Seconds for one attempt. */
  readonly connectTimeout: number;
  /**
   * Whether to resolve already when what has to let the user in went out, if the server takes what is sent behind it
   * and nothing else is left to try. `ready` of the session tells the rest.
   */
  readonly early: boolean;
}

/**
 * Speaks SSH through a stream until the user is in, or may be (`early`). On failure the stream is destroyed, and the
 * error says why.
 */
export async function handshake(stream: Duplex, facts: HandshakeFacts): Promise<Session> {
  const { address, place, target, credentials, log, stop } = facts;
  const client = new ssh2.Client();
  const policy = hostKeyPolicy(facts.hostKeys, { ...facts, ...address });
  const heard = new Overheard();
  const check = new HostKeyCheck(policy, () => heard.hostKeyAlgorithms);
  const notes: string[] = [...(facts.agent?.notes ?? [])];
  let phase: Phase = 'connecting';
  let banner = '';
  let saidAfterProof = '';
  let session: Session | undefined;
  let keyExchange = '';

  return new Promise((resolve, reject) => {
    const greeting = readGreeting(
      stream,
      () => (phase = 'negotiating'),
      () => fail(undefined),
    );
    const authentication = new Authentication(address.user, credentials, facts.agent, (why) => {
      notes.push(`it ${why}`);
      fail(undefined, true);
    });

    function fail(cause: Error | undefined, refused = false): void {
      settle();
      stream.destroy();
      const { offers, methods } = heard;
      const reason =
        check.refusal ??
        (refused
          ? explainAuthFailure(authentication, { place, target, methods, notes, banner }, cause)
          : explainConnectFailure(cause, {
              ...facts,
              phase,
              greeting: greeting().text,
              offers,
              hostKeyTypes: policy.types,
              banner,
              passwordSent: authentication.passwordSent,
            }));
      // What a server says between the proof and its goodbye, is why: it let nobody in.
      const isAnswered = refused || (saysRefusal(saidAfterProof) && !(cause instanceof TimedOut));
      session?.refuse(isAnswered ? reason : unanswered(reason));
      reject(reason);
    }
    function enter(): Session {
      const identification = greeting().identification ?? '';
      const { keyFingerprint } = authentication;
      session = new Session({ ...facts, client, stream, identification, keyFingerprint, keyExchange, check });
      resolve(session);
      return session;
    }
    // Servers say goodbye, or nothing at all, after one refusal too many.
    const wasRefused = (): boolean => phase === 'authenticating' && heard.methods.length > 0;
    function onError(error: Error & { level?: string; code?: unknown }): void {
      const exhausted = error.message === 'All configured authentication methods failed';
      const goesOn = error.level === 'agent' || (error.level === 'client-authentication' && !exhausted);
      if (goesOn) notes.push(describeNote(error.message, credentials));
      else if (exhausted) fail(error, true);
      else {
        notes.push(`it ended the connection (${text(error)})`);
        // A number is the reason that the server gave with its goodbye.
        fail(error, wasRefused() || (phase === 'authenticating' && typeof error.code === 'number'));
      }
    }
    function onGone(): void {
      fail(undefined, wasRefused());
    }
    function onStop(): void {
      fail(stop.reason as Error);
    }
    function settle(): void {
      client.off('error', onError).off('end', onGone).off('close', onGone);
      client.on('error', () => undefined);
      stop.removeEventListener('abort', onStop);
    }

    stop.addEventListener('abort', onStop);
    client.on('error', onError).on('end', onGone).on('close', onGone);
    client.on('connect', () => (phase = 'identifying'));
    client.on('banner', (words) => {
      banner = (banner + words).slice(0, 4096);
      if (session !== undefined) saidAfterProof = (saidAfterProof + words).slice(0, 4096);
    });
    client.once('handshake', ({ kex, serverHostKey, cs }) => {
      phase = 'authenticating';
      keyExchange = kex;
      const parts = [greeting().identification ?? '', kex, check.certificate ?? serverHostKey, cs.cipher];
      log.debug(`${place}: ${parts.join(', ')}`);
    });
    client.on('change password', () => {
      notes.push('the password has expired and has to be changed there first');
      fail(undefined, true);
    });
    client.once('ready', () => {
      settle();
      (session ?? enter()).confirm();
    });
    const config = {
      sock: stream,
      username: address.user,
      authHandler: (left: string[] | null, partial: boolean | null) => authentication.next(left, partial),
      hostVerifier: (key: Buffer) => check.accept(key),
      algorithms: proposal(policy.algorithms),
      readyTimeout: 0,
      keepaliveInterval: facts.keepalive,
      keepaliveCountMax,
      debug: heard.listen,
    };
    const onProof = (): void => {
      if (!facts.early || session !== undefined || !authentication.isLast || !canExecAtOnce(client)) return;
      heard.methods = []; // What is refused from here on, is this.
      enter();
    };
    const acceptCertificate = (blob: Buffer): Buffer => check.acceptCertificate(blob);
    connectClient(client, config, { certificates: policy.certificates, acceptCertificate, onProof });
  });
}
