import type { AnyAuthMethod } from 'ssh2';
import type { AgentKey } from './agent.ts';
import type { Credentials } from './credentials.ts';

type Method = 'key' | 'plainKey' | 'agent' | 'password';

/** The keys of an agent, and how many of them this connection leaves out: an earlier one has tried them. */
export interface AgentTurn {
  readonly keys: readonly AgentKey[];
  readonly skipped: number;
}

/**
 * The order in which one connection proves who it is: key, agent, password, each at most once, and only where the
 * server takes it. A server that wants two of them gets the next one after a partial success.
 */
export class Authentication {
  readonly user: string;
  readonly credentials: Credentials;
  #tried: Method[] = [];
  #refused: Method[] = [];
  readonly #passed: Method[] = [];
  readonly #agent: AgentTurn | undefined;
  #agentTried: number;
  #asked = false;
  #giveUp: (why: string) => void;

  /** `giveUp` is called where the server asks for what only a person could answer. */
  constructor(user: string, credentials: Credentials, agent: AgentTurn | undefined, giveUp: (why: string) => void) {
    this.user = user;
    this.credentials = credentials;
    this.#agent = agent;
    this.#agentTried = agent?.skipped ?? 0;
    this.#giveUp = giveUp;
  }

  /** Whether nothing else could follow if what is tried now is refused. */
  get isLast(): boolean {
    const { key, plainKey, agent, password } = this.credentials;
    return [key, plainKey, agent, password].filter((each) => each !== undefined).length === 1;
  }

  /** Whether the password went out. */
  get passwordSent(): boolean {
    return [...this.#tried, ...this.#refused].includes('password');
  }

  /** The keys of the agent; none where it did not answer, undefined where there is none. */
  get agentKeys(): readonly AgentKey[] | undefined {
    return this.#agent?.keys;
  }

  /** How many of them were tried, on this connection or before. */
  get agentTried(): number {
    return this.#agentTried;
  }

  /** `SHA256:…` of the key that let the user in, if one did; once that is so. */
  get keyFingerprint(): string | undefined {
    const used = [...this.#passed, this.#tried.at(-1)].find((method) => method !== 'password');
    if (used === 'agent') return this.#agent?.keys[this.#agentTried - 1]?.fingerprint;
    return used === undefined ? undefined : this.credentials.key?.fingerprint;
  }

  /** What was tried so far. */
  get tried(): readonly Method[] {
    return this.#tried;
  }

  /** What the server accepted without finding it enough. */
  get passed(): readonly Method[] {
    return this.#passed;
  }

  /** The next thing to send; `left` is what the server still takes, null if it has not said so yet. */
  next(left: readonly string[] | null, partial: boolean | null): AnyAuthMethod | false {
    const last = this.#tried.at(-1);
    if (partial === true && last !== undefined && !this.#passed.includes(last)) {
      this.#passed.push(last);
      // What the server refused before its turn may be what it wants now: `AuthenticationMethods password,publickey`.
      this.#refused = this.#tried.filter((method) => !this.#passed.includes(method));
      this.#tried = [...this.#passed];
      if (!this.#passed.includes('agent')) this.#agentTried = this.#agent?.skipped ?? 0;
    }
    const { key, plainKey, password } = this.credentials;
    const username = this.user;
    const takesKeys = left?.includes('publickey') ?? true;
    // The key goes without a `none` before it, which saves a round trip.
    if (key !== undefined && takesKeys && this.#first('key')) return { type: 'publickey', username, key: key.parsed };
    if (plainKey !== undefined && takesKeys && this.#first('plainKey'))
      return { type: 'publickey', username, key: plainKey.parsed };
    const held = takesKeys ? this.#nextOfAgent() : undefined;
    if (held !== undefined) return { type: 'agent', username, agent: held.agent };
    if (password === undefined) return false;
    if (left === null) return this.#ask();
    if (left.includes('password') && this.#first('password')) return { type: 'password', username, password };
    if (left.includes('keyboard-interactive') && this.#first('password')) return this.#interactive(password);
    return false;
  }

  #nextOfAgent(): AgentKey | undefined {
    if (this.#agent === undefined || this.#passed.includes('agent')) return undefined;
    this.#first('agent');
    const next = this.#agent.keys[this.#agentTried];
    if (next !== undefined) this.#agentTried += 1;
    return next;
  }

  #first(method: Method): boolean {
    // A password goes out once, whatever the server made of it.
    if (this.#tried.includes(method) || (method === 'password' && this.passwordSent)) return false;
    this.#tried.push(method);
    return true;
  }

  /** A password is sent once only: ask first in which way the server takes one. */
  #ask(): AnyAuthMethod | false {
    if (this.#asked) return false;
    this.#asked = true;
    return { type: 'none', username: this.user };
  }

  #interactive(password: string): AnyAuthMethod {
    let answered = false;
    return {
      type: 'keyboard-interactive',
      username: this.user,
      prompt: (_name, _instructions, _language, prompts, finish) => {
        if (prompts.length !== 1 || answered) {
          const asked = prompts.map(({ prompt }) => JSON.stringify(prompt.trim())).join(', ');
          this.#giveUp(`asks for more than the password (${asked}), which a run cannot answer`);
          return;
        }
        answered = true;
        finish([password]);
      },
    };
  }
}
