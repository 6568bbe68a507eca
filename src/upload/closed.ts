/** Reading; and with it searching a directory or running a file; by group and others. */
const reading = 0o044;
const readingAndRunning = 0o055;

/**
 * What is closed on the runner: the bits that group and others lack on a file or a directory, but have on the uploaded
 * directory itself. Who may not read there may not write either. Zero for most.
 */
export function closedBits(mode: number, ofUploaded: number, isEntered: boolean): number {
  const lacking = ofUploaded & ~mode & (isEntered ? readingAndRunning : reading);
  return lacking | ((lacking & reading) >> 1);
}

/** As words for `chmod`: `g-rw,o-rwx`, or `-` if nothing is. */
export function closingWords(closed: number): string {
  const words = [withoutLetters('g', closed >> 3), withoutLetters('o', closed)];
  return words.filter((word) => word.length > 2).join(',') || '-';
}

function withoutLetters(who: string, bits: number): string {
  return `${who}-${bits & 4 ? 'r' : ''}${bits & 2 ? 'w' : ''}${bits & 1 ? 'x' : ''}`;
}

/**
 * One letter for what is closed of a file, a small one of a plain file, a capital of one that can be run: the first of
 * the alphabet stands for 1, the fifteenth for 15, and its bits, from the highest, for reading and running by group,
 * then by others.
 */
export function closedLetter(closed: number, executable: boolean): string {
  const bits = ((closed >> 2) & 8) | ((closed >> 1) & 6) | (closed & 1);
  return String.fromCharCode((executable ? 0x40 : 0x60) + bits);
}
