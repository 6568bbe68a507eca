/** A private key between its `-----BEGIN …-----` and `-----END …-----`. */
export interface ArmoredKey {
  /** `OPENSSH PRIVATE KEY`, `RSA PRIVATE KEY`, `ENCRYPTED PRIVATE KEY`, … */
  readonly label: string;
  /** Lines such as `DEK-Info: …`, which say how an old PEM key is encrypted. */
  readonly headers: readonly string[];
  readonly base64: string;
}

const header = /(?:Proc-Type: *4,ENCRYPTED|DEK-Info: *[\w-]+,[0-9A-Fa-f]+)(?=\s)/g;

/**
 * The text of a key as its tool wrote it, undoing what secrets suffer on their way: CRLF, literal `\n`, a BOM, quotes
 * around it, and base64 around the whole. What is not a key comes back as well as it could be read.
 */
export function mendKeyText(given: string): string {
  const text = given
    .replace(/^\uFEFF/, '')
    .replace(/\\r\\n|\\n|\\r|\r\n|\r/g, '\n')
    .trim()
    .replace(/^(["'`])([\s\S]*)\1$/, '$2')
    .trim();
  const packed = text.replace(/\s/g, '');
  if (!/^[A-Za-z0-9+/_-]{40,}={0,2}$/.test(packed) || packed.includes('-----')) return text;
  const unpacked = Buffer.from(packed, 'base64').toString('utf8');
  return /-----BEGIN |^(?:ssh|sk-ssh|ecdsa|sk-ecdsa|PuTTY)-\w/.test(unpacked) ? mendKeyText(unpacked) : text;
}

/** The whole private keys in a mended text, wherever their line breaks went. */
export function findArmoredKeys(text: string): readonly ArmoredKey[] {
  const keys = text.matchAll(/-----BEGIN ((?:[A-Z0-9]+ )*PRIVATE KEY)-----([\s\S]*?)-----END \1-----/g);
  return [...keys].map(([, label = '', body = '']) => ({
    label,
    headers: (body.match(header) ?? []).map((line) => line.replace(/: */, ': ')),
    base64: body.replace(header, '').replace(/\s/g, ''),
  }));
}

/** The key's text with its line breaks where they belong, and a final newline. */
export function armor({ label, headers, base64 }: ArmoredKey): string {
  const lines = base64.match(/.{1,64}/g) ?? [];
  const before = headers.length > 0 ? [...headers, ''] : [];
  return [`-----BEGIN ${label}-----`, ...before, ...lines, `-----END ${label}-----`, ''].join('\n');
}
