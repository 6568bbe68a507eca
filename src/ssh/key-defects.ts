const newKey = 'make a new one with `ssh-keygen -t ed25519`';
const privateFile = 'the key that belongs here is in the file without “.pub”, and begins with “-----BEGIN”';

const publicKey = /^(?:ssh-(?:rsa|dss|ed25519)|ecdsa-sha2-\S+)\s|^-{4,5} ?BEGIN (?:RSA |SSH2 )?PUBLIC KEY/;
const certificate = /^\S+-cert-v01@openssh\.com\s|-----BEGIN (?:TRUSTED )?CERTIFICATE-----/;
const path = /^(?:~|\.{0,2}[/\\]|[A-Za-z]:[/\\])[^\n]*$|^[^\s:]*(?:id_\w+|\.(?:pem|key|ppk|pub))$/;

/** Each sentence says what was given instead of a private key, and what to do. The first one that fits counts. */
const defects: readonly (readonly [RegExp, string])[] = [
  [/^$/, 'The key is empty: does the secret exist in this repository or environment, and may this run read it?'],
  [/^PuTTY-User-Key-File-/, 'The key is a PuTTY key: convert it with `puttygen key.ppk -O private-openssh -o id`.'],
  [/^sk-/, `The key is the public half of one on a security key, which a run cannot touch: ${newKey}.`],
  [certificate, 'The key is a certificate: that belongs into `certificate`, and the private key here.'],
  [publicKey, `The key is a public key: ${privateFile}.`],
  [/BEGIN SSH2 ENCRYPTED PRIVATE KEY/, `The key is in the format of ssh.com, which is not supported: ${newKey}.`],
  [/-----BEGIN/, 'The key is cut off: its END line is missing. Copy the whole file, from BEGIN to END.'],
  [/-----END/, 'The key is cut off: its BEGIN line is missing. Copy the whole file, from BEGIN to END.'],
  [
    /^(?:b3BlbnNzaC1rZXktdjE|MI[EGHIJ]|MHcC|MC4C)/,
    'The key lacks its BEGIN and END lines. Copy the whole file, with both.',
  ],
  [path, 'The key is a path: give the text of the file itself, from a secret.'],
];

/** What is wrong with a mended text in which no private key was found. */
export function nameDefect(text: string): string {
  const found = defects.find(([pattern]) => pattern.test(text));
  return (
    found?.[1] ??
    'The key is not a private key: it has to begin with “-----BEGIN OPENSSH PRIVATE KEY-----” or the like.'
  );
}

export const keyDefects = {
  characters: 'The key holds characters that do not belong there (“…” or “***”, perhaps): copy the file again.',
  truncated: 'The key is cut off or damaged: parts between its BEGIN and END lines are missing. Copy the whole file.',
  several: 'The key is more than one: leave the one that the servers know, from its BEGIN to its END.',
  passphraseMissing: 'The key is encrypted and there is no passphrase: give it as `passphrase`.',
  passphraseWrong: 'The passphrase is not the one of this key.',
  securityKey: `The key is on a security key (sk-…), which a run cannot touch: ${newKey}.`,
  dsa: `The key is a DSA key, which servers no longer accept: ${newKey}.`,
  oldCipher: (name: string): string =>
    `The key is encrypted with ${name}, which Node no longer reads. Encrypt it anew: \`openssl pkey -provider default -provider legacy -in key -aes256 -out new-key\`.`,
  unsupported: (what: string): string => `The key uses ${what}, which is not supported: ${newKey}.`,
} as const;
