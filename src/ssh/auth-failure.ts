import { ShipperError, type ErrorFacts } from '../errors.ts';
import type { Authentication } from './authentication.ts';
import { describeCertificate, type Certificate } from './certificate.ts';
import type { Credentials } from './credentials.ts';

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

/** A server does not let the user in. */
export class LoginRefused extends ShipperError {
  /** How many keys of the agent were tried, where the server ended the login before all were. */
  readonly agentTried: number | undefined;

  constructor(message: string, facts: ErrorFacts, agentTried: number | undefined) {
    super('AUTH', message, facts);
    this.agentTried = agentTried;
  }
}

/** Says who was refused, with what, what the server takes instead, and what to do. */
export function explainAuthFailure(
  authentication: Authentication,
  facts: AuthFacts,
  cause: Error | undefined,
): LoginRefused {
  const { user, passed } = authentication;
  const { place, target, methods, notes } = facts;
  const banner = facts.banner.trim();
  const message = [
    `${place} does not let ${user} in ${describeTried(authentication)}.`,
    ...notes.map((note) => `${note.charAt(0).toUpperCase()}${note.slice(1)}.`.replace(/([.?])\.$/, '$1')),
    ...(methods.length > 0 ? [`It takes ${methods.join(' or ')}${passed.length > 0 ? ' as well' : ''}.`] : []),
    advice(authentication, methods),
    ...(banner === '' ? [] : [`It says: ${JSON.stringify(banner.slice(0, 500))}`]),
  ].join(' ');
  const { tried, agentTried, agentKeys = [], passwordSent } = authentication;
  const hasMore = tried.includes('agent') && agentTried < agentKeys.length && methods.includes('publickey');
  return new LoginRefused(message, { target, cause }, hasMore && !passwordSent ? agentTried : undefined);
}

function describeTried(authentication: Authentication): string {
  const { credentials, tried, passed } = authentication;
  const { key } = credentials;
  const name = `the key ${key?.fingerprint ?? ''} (${key?.type ?? ''})`;
  const held = certificatesOf(authentication, 'agent').map((each) => `the certificate ${describeCertificate(each)}, `);
  const names = {
    key: key?.certificate === undefined ? name : `the certificate ${describeCertificate(key.certificate)}, of ${name}`,
    plainKey: 'the key alone',
    agent: held.length === 0 ? 'the keys of the agent' : `${held.join('')}and what else the agent holds`,
    password: 'the password',
  };
  if (passed.length > 0) {
    const enough = passed.map((method) => names[method]).join(' and ');
    const refused = tried.filter((method) => !passed.includes(method)).map((method) => `refuses ${names[method]}`);
    return `yet: it accepts ${enough}, ${refused.length > 0 ? `but ${refused.join(' and ')}` : 'but asks for more'}`;
  }
  return tried.length > 0 ? `with ${tried.map((method) => names[method]).join(' or ')}` : 'with what the run has';
}

/** The certificates that were tried in one way. */
function certificatesOf(
  { credentials, agentKeys = [], agentTried }: Authentication,
  way: 'key' | 'agent',
): Certificate[] {
  const tried = way === 'key' ? [credentials.key] : agentKeys.slice(0, agentTried);
  return tried.flatMap((key) => key?.certificate ?? []);
}

function advice(authentication: Authentication, methods: readonly string[]): string {
  const { user, credentials, tried, passed, agentKeys = [], agentTried } = authentication;
  const { key } = credentials;
  if (tried.includes('agent') && agentKeys.length === 0 && credentials.certificate === undefined) {
    return 'The agent holds no key that can be used: add one by `ssh-add`, or give the key itself.';
  }
  if (tried.includes('agent') && agentTried < agentKeys.length) {
    return `The agent holds ${String(agentKeys.length)} keys, and this server ends the login after some refusals (MaxAuthTries), so that only ${String(agentTried)} were tried: give the right key itself, or leave it alone in the agent (\`ssh-add -D\`).`;
  }
  const [certificate] = (['key', 'agent'] as const).flatMap((way) =>
    tried.includes(way) && !passed.includes(way) ? certificatesOf(authentication, way) : [],
  );
  if (certificate !== undefined) return adviceOnCertificate(certificate, user);
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

function adviceOnCertificate({ principals, criticalOptions }: Certificate, user: string): string {
  const options = criticalOptions.map((name) => JSON.stringify(name)).join(', ');
  return [
    'Its sshd has to trust who signed the certificate (TrustedUserCAKeys), and to find a principal of it that may log in:',
    principals.includes(user)
      ? `${user} is one, unless AuthorizedPrincipalsFile says otherwise.`
      : `${user} is none, so AuthorizedPrincipalsFile has to name one for ${user}; or let one be issued for ${user}.`,
    ...(options === '' ? [] : [`The certificate restricts itself by ${options.slice(0, 200)}.`]),
    "The server's log says what it misses (journalctl -u ssh).",
  ].join(' ');
}

/** What an agent or a method failed with, as a part of a sentence. */
export function describeNote(message: string, { agent }: Credentials): string {
  const reason = message.replace(/^Error signing data with key: /, '');
  return /agent/i.test(reason) && agent !== undefined
    ? `${reason} (${agent}): is it running, and SSH_AUTH_SOCK right?`
    : reason;
}
