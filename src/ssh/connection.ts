import { connect as dial, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Address } from '../config/config.ts';
import { ShipperError } from '../errors.ts';
import type { Log } from '../log.ts';
import { attempts, cancelled, persist, type Place } from './attempts.ts';
import type { Connection, Hop } from './connection-types.ts';
import { openAgent, type AgentKeys } from './agent.ts';
import { LoginRefused } from './auth-failure.ts';
import type { Credentials } from './credentials.ts';
import { Doors } from './doors.ts';
import { TimedOut } from './failure.ts';
import { handshake, type HandshakeFacts } from './handshake.ts';
import { HostKeyRefused } from './host-key-policy.ts';
import type { HostKeys } from './host-key.ts';
import { JumpHosts } from './jump-hosts.ts';
import { throughCommand } from './proxy-command.ts';
import type { Session } from './session.ts';

/** The way to a target; a `Target` of the config is one. */
export interface Route extends Address {
  readonly name: string;
  /** Hops to go through, first hop first; none for a direct connection. */
  readonly proxyJump: readonly Address[];
  /** A command on the runner whose stdin and stdout lead there; not with hops. */
  readonly proxyCommand?: string | undefined;
}

export interface ConnectOptions {
  readonly log: Log;
  /** Seconds for one attempt at one server: TCP, handshake and authentication. */
  readonly connectTimeout: number;
  /** Cancels connecting; a connection that stands is its owner's to end. */
  readonly signal?: AbortSignal | undefined;
  /** Milliseconds between signs of life; a network that is silent for six of them is lost. Default 5000. */
  readonly keepalive?: number;
  /** Milliseconds before the second attempt, about; twice that before the third. Default 1000. */
  readonly pause?: number;
  /**
   * Whether to resolve before the server has let the user in, where it takes what is sent behind the login: for one
   * program that is started at once. Default: false.
   */
  readonly early?: boolean;
  /** Shared by the connections of one run. Default: jump hosts of its own. */
  readonly jumpHosts?: JumpHosts;
  /** The same. Default: doors of its own. */
  readonly doors?: Doors;
}

/**
 * Connects to a target, hop by hop; each hop's host key is checked, and each gets the same credentials. Faults of the
 * network are tried again, refusals never. Rejects with CONNECT, AUTH, HOST_KEY, INPUT or CANCELLED.
 */
export async function connect(
  route: Route,
  credentials: Credentials,
  hostKeys: HostKeys,
  options: ConnectOptions,
): Promise<Connection> {
  const target = route.name;
  if (route.proxyJump.length > 0 && hostKeys.fingerprints.length > 0) {
    const message = 'A `fingerprint` belongs to one server: with a jump host, give `known-hosts` for both instead.';
    throw new ShipperError('INPUT', message, { target });
  }
  const open = async (
    place: Place,
    address: Address,
    via: Hop | undefined,
    early = false,
    command?: string,
  ): Promise<Session> =>
    persist({ ...options, ...place, door: doors.at(wayTo(address, via, command)) }, async () =>
      attempt({ ...options, ...place, address, credentials, hostKeys, via, early, command }),
    );
  const { jumpHosts = new JumpHosts(), doors = new Doors() } = options;
  const via = await jumpHosts.enter(route.proxyJump, async (hop, before) =>
    open({ place: `jump host ${show(hop)}`, target: undefined }, hop, before),
  );
  try {
    const place = route.name === route.host ? show(route) : `${route.name} (${show(route)})`;
    return await open({ place, target }, route, via, options.early, route.proxyCommand);
  } catch (error) {
    via?.end();
    throw error;
  }
}

type AttemptFacts = ConnectOptions &
  Omit<HandshakeFacts, 'stop' | 'keepalive' | 'shown' | 'agent'> & { readonly command: string | undefined };

async function attempt(facts: AttemptFacts): Promise<Session> {
  const { address, target, via, signal, connectTimeout: timeout, keepalive = 5000 } = facts;
  const stop = new AbortController();
  const timer = setTimeout(() => stop.abort(new TimedOut(timeout)), timeout * 1000);
  const cancel = (): void => stop.abort(cancelled(facts));
  signal?.addEventListener('abort', cancel);
  const keep = (): void => signal?.removeEventListener('abort', cancel);
  const settle = (): void => clearTimeout(timer);
  try {
    const open = async (): Promise<Duplex> => {
      if (facts.command !== undefined) return throughCommand(facts.command, address, facts);
      return via === undefined ? socketTo(address) : via.forward(address, target, stop.signal);
    };
    const held = await heldByAgent(facts.credentials, stop.signal);
    const session = await offerAll(facts, async (skipped) =>
      askEachKey(async (shown) => {
        const agent = held && { ...held, skipped };
        return handshake(await open(), { ...facts, agent, shown, stop: stop.signal, keepalive });
      }),
    );
    // From here on it is its owner's to end: something may run there already.
    session.ready.then(settle, settle);
    return session;
  } catch (error) {
    settle();
    throw error;
  } finally {
    keep();
  }
}

async function heldByAgent(
  { agent, certificate, preferred }: Credentials,
  stop: AbortSignal,
): Promise<AgentKeys | undefined> {
  return agent === undefined ? undefined : openAgent(agent, { certificate, preferred }, stop);
}

/** A server ends a login after some refusals (MaxAuthTries, mostly 6): the rest of an agent's keys is offered anew. */
async function offerAll(
  { place, log }: Pick<AttemptFacts, 'place' | 'log'>,
  login: (skipped: number) => Promise<Session>,
): Promise<Session> {
  let skipped = 0;
  for (let number = 1; ; number += 1) {
    try {
      return await login(skipped);
    } catch (error) {
      const tried = error instanceof LoginRefused ? error.agentTried : undefined;
      if (tried === undefined || tried - skipped < 2 || number === attempts) throw error;
      skipped = tried;
      log.info(
        `${place} ended the login after ${String(tried)} keys of the agent (MaxAuthTries): offering the others.`,
      );
    }
  }
}

/** A server shows one key at a time, and the fingerprint that the run was given may be of any of them. */
async function askEachKey(ask: (shown: readonly Buffer[]) => Promise<Session>): Promise<Session> {
  const shown: Buffer[] = [];
  for (;;) {
    try {
      return await ask(shown);
    } catch (error) {
      if (!(error instanceof HostKeyRefused && error.hasOthers)) throw error;
      shown.push(error.key);
    }
  }
}

/** What has one server at its end, for all that is known: what one proxy command leads to may all lie behind one. */
function wayTo({ host, port }: Address, via: Hop | undefined, command: string | undefined): readonly unknown[] {
  return command === undefined ? [host, port, via?.way] : [command];
}

function socketTo({ host, port }: Address): Socket {
  // Node's 250 ms for one of several addresses are too few for a far server.
  return dial({ host, port, noDelay: true, autoSelectFamilyAttemptTimeout: 2000 });
}

function show({ host, port }: Address): string {
  const name = host.includes(':') ? `[${host}]` : host;
  return port === 22 ? host : `${name}:${String(port)}`;
}
