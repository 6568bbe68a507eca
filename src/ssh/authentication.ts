import type { AnyAuthMethod } from 'ssh2';
import type { Credentials } from './credentials.ts';
import { type WatchedAgent, watchAgent } from './watched-agent.ts';

type Method = 'key' | 'agent' | 'password';

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
  #agent: WatchedAgent | undefined;
  #asked = false;
  #giveUp: (why: string) => void;

  /** `giveUp` is called where the server asks for what only a person could answer. */
  constructor(user: string, credentials: Credentials, giveUp: (why: string) => void) {
    this.user = user;
    this.credentials = credentials;
    this.#giveUp = giveUp;
  }

  /** Whether nothing else could follow if what is tried now is refused. */
  get isLast(): boolean {
    const { key, agent, password } = this.credentials;
    return [key, agent, password].filter((each) => each !== undefined).length === 1;
  }

  /** Whether the password went out. */
  get passwordSent(): boolean {
    return [...this.#tried, ...this.#refused].includes('password');
  }

  /** How many keys the agent held; undefined where it was not asked, or did not answer. */
  get agentKeys(): number | undefined {
    return this.#agent?.keys;
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
    }
    const { key, agent, password } = this.credentials;
    const username = this.user;
    const takesKeys = left?.includes('publickey') ?? true;
    // The key goes without a `none` before it, which saves a round trip.
    if (key !== undefined && takesKeys && this.#first('key')) return { type: 'publickey', username, key: key.parsed };
    if (agent !== undefined && takesKeys && this.#first('agent')) {
      this.#agent = watchAgent(agent);
      return { type: 'agent', username, agent: this.#agent.agent };
    }
    if (password === undefined) return false;
    if (left === null) return this.#ask();
    if (left.includes('password') && this.#first('password')) return { type: 'password', username, password };
    if (left.includes('keyboard-interactive') && this.#first('password')) return this.#interactive(password);
    return false;
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
