/** What this room takes from inside ssh2, which declares its public face only. */
declare module 'ssh2/lib/protocol/utils.js' {
  interface Utils {
    /** From the form that OpenSSL gives to that of SSH; false where it is none. */
    convertSignature(signature: Buffer, keyType: string): Buffer | false | undefined;
    /** Encrypts and writes a packet, or keeps it until a key exchange has ended. */
    sendPacket(protocol: object, packet: Buffer): boolean;
  }
  const utils: Utils;
  export default utils;
}
