const waiting = new WeakMap<NodeJS.WritableStream, Promise<void>>();

/** Resolves when a stream whose reader is slow has taken what was written to it; undefined where there is room now. */
export function roomIn(stream: NodeJS.WriteStream): Promise<void> | undefined {
  if (!stream.writableNeedDrain) return undefined;
  const known = waiting.get(stream);
  if (known !== undefined) return known;
  const room = new Promise<void>((resolve) => {
    stream.once('drain', () => {
      waiting.delete(stream);
      resolve();
    });
  });
  waiting.set(stream, room);
  return room;
}
