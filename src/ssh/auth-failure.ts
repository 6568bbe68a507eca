import { ShipperError } from '../errors.ts';
import type { Authentication } from './authentication.ts';

/** What the server and the agent said during an authentication that failed. */
export interface AuthFacts {
  /** What errors call the server. */
  readonly place: string;
  readonly target: string | undefined;
  /** The ways in which the server would let the user in; empty if it did not say. */
  readonly methods: readonly string[];
  /** What went wrong on the way without ending it, such as an agent that did not answer. */
  readonly notes: readonly string[];
  /** What the server prints to everyone who logs in. */
  readonly banner: string;
}

/** Says who was refused, with what, what the server takes instead, and what to do. Never retried: servers count. */
export function explainAuthFailure(
  authentication: Authentication,
  facts: AuthFacts,
  cause: Error | undefined,
): ShipperError {
  const { user, passed } = authentication;
  const { place, target, methods, notes } = facts;
  const banner = facts.banner.trim();
  const message = [
    `${place} does not let ${user} in ${describeTried(authentication)}.`,
    ...notes.map((note) => `${note.charAt(0).toUpperCase()}${note.slice(1)}.`.replace('?.', '?')),
    ...(methods.length > 0 ? [`It takes ${methods.join(' or ')}${passed.length > 0 ? ' as well' : ''}.`] : []),
    advice(authentication, methods),
    ...(banner === '' ? [] : [`It says: ${JSON.stringify(banner.slice(0, 500))}`]),
  ].join(' ');
  return new ShipperError('AUTH', message, { target, cause });
}

function describeTried({ credentials, tried, passed }: Authentication): string {
  const names = {
    key: `the key ${credentials.key?.fingerprint ?? ''} (${credentials.key?.type ?? ''})`,
    agent: 'the keys of the agent',
    password: 'the password',
  };
  if (passed.length > 0) {
    const enough = passed.map((method) => names[method]).join(' and ');
    const refused = tried.filter((method) => !passed.includes(method)).map((method) => `refuses ${names[method]}`);
    return `yet: it accepts ${enough}, ${refused.length > 0 ? `but ${refused.join(' and ')}` : 'but asks for more'}`;
  }
  return tried.length > 0 ? `with ${tried.map((method) => names[method]).join(' or ')}` : 'with what the run has';
}

/** Servers end a login after about so many refusals (MaxAuthTries). */
const usualTries = 6;

function advice({ user, credentials, tried, passed, agentKeys }: Authentication, methods: readonly string[]): string {
  const { key } = credentials;
  if (tried.includes('agent') && agentKeys === 0) {
    return 'The agent holds no key that can be used: add one by `ssh-add`, or give the key itself.';
  }
  if (tried.includes('agent') && agentKeys !== undefined && agentKeys >= usualTries) {
    return `The agent holds ${String(agentKeys)} keys, and a server ends the login after ${String(usualTries)} refusals (MaxAuthTries): give the right key itself, or leave it alone in the agent (\`ssh-add -D\`).`;
  }
  if (passed.length > 0) return 'Give what is missing, or let the server ask for less (AuthenticationMethods).';
  if (methods.length > 0 && !methods.includes('publickey') && credentials.password === undefined) {
    return 'Let it take keys (PubkeyAuthentication in sshd_config), or give `password`.';
  }
  if (key !== undefined && tried.includes('key')) {
    const check = `If it is there already, look at AllowUsers, and at who may write to ${user}'s home and ~/.ssh.`;
    return `Add this line, which is no secret, to ~${user}/.ssh/authorized_keys there:\n${key.publicKeyLine}\n${check}`;
  }
  if (tried.includes('agent'))
    return `Add a key of the agent (ssh-add -L lists them) to ~${user}/.ssh/authorized_keys there.`;
  if (tried.includes('password') || methods.length === 0) return 'Check the user and the password.';
  return `It takes no password: give \`key\`, or set PasswordAuthentication in its sshd_config.`;
}
