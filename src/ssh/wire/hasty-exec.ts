import type { Client, ClientChannel } from 'ssh2';
import { sendNothing } from './packets.ts';
import { Breach } from './guards.ts';
import { takesHaste } from './hasty-servers.ts';
import { partsOf, type ChannelPart } from './parts.ts';

/** Hasty servers number the first channel of a connection so. */
const firstChannel = 0;

/** Bytes that they take before they have said so: of dropbear, which has the smallest window, 24,576. */
const smallestWindow = 24_000;

/** Whether `execAtOnce` may be used for the first channel of this connection. */
export function canExecAtOnce(client: Client): boolean {
  return takesHaste(partsOf(client)._remoteVer);
}

type Done = (error: Error | undefined, channel: ClientChannel) => void;

/** `client.exec`, after which `input` is written at once. */
export function execInTurn(client: Client, command: string, input: string | undefined, done: Done): void {
  client.exec(command, (error, channel) => {
    if (error === undefined && input !== undefined) channel.write(input);
    done(error, channel);
  });
}

/**
 * The same for the first channel of a connection: the request goes out together with the opening of its channel, whose
 * number is known, and with the first of the input. It needs no answer from the server before, not even to the login.
 */
export function execAtOnce(client: Client, command: string, input: string | undefined, done: Done): void {
  const { _protocol: protocol } = partsOf(client);
  const exec = protocol.exec.bind(protocol);
  const restore = (): void => void (protocol.exec = exec);
  const bytes = Buffer.from(input ?? '');
  const ahead = bytes.subarray(0, smallestWindow);
  sendNothing(protocol);
  client.exec(command, (error, channel) => {
    restore();
    if (error === undefined && bytes.length > 0) {
      const { outgoing } = channel as unknown as ChannelPart;
      outgoing.window = Math.max(0, outgoing.window - ahead.length);
      if (ahead.length < bytes.length) channel.write(bytes.subarray(ahead.length));
    }
    done(error, channel);
  });
  exec(firstChannel, command, true);
  if (ahead.length > 0) protocol.channelData(firstChannel, ahead);
  // ssh2 asks once the channel is open, which it must not do again.
  protocol.exec = (number) => {
    restore();
    if (number !== firstChannel) throw new Breach(`it numbers its first channel ${String(number)}`);
  };
}
