const kilo = 1024;
const mega = 1024 * kilo;

/**
 * How much one target may say, and how long it may take. The figures are generous for honest use, an upload of
 * 1,000,000 files among them; what goes beyond is an error with a code, and harms no other target.
 */
export const limits = {
  /** Milliseconds for the server to open a channel and to start a program there. */
  openMilliseconds: 60_000,
  /** Milliseconds for the channel of a program that has ended to be closed by the server. */
  freedMilliseconds: 2_000,
  /** Milliseconds without a word or a byte taken, in an upload: copying and hashing on a slow disk are silent. */
  silenceMilliseconds: 30 * 60_000,
  /** Bytes of one line, its newline not counted. */
  line: mega,
  /** Bytes of one line that start-up files print. */
  startUp: 64 * mega,
  /** Bytes of all facts of one session. */
  facts: 64 * mega,
  /**
   * Bytes of the index of an upload, as it comes, and unpacked, which takes twice as much for a moment: 670,000 files
   * that may differ. Where there are more, everything is sent. The answer is its first line.
   */
  index: { packed: 64 * mega, unpacked: 80 * mega, answer: 2 * mega },
  /** Bytes kept of what start-up files print, of stderr, and of the mark before a command's own output. */
  preamble: 4 * kilo,
  /** Bytes kept of each stream of a command; the log has all of it. */
  output: 256 * kilo,
} as const;
