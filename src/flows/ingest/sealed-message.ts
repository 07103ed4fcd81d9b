/**
 * How a raw message is packed before it is sealed: the length of the headers as JSON, that JSON,
 * then the body byte for byte.
 */
export function packMessage(headers: Readonly<Record<string, string>>, body: Uint8Array): Buffer {
  const head = Buffer.from(JSON.stringify(headers));
  const length = Buffer.alloc(4);
  length.writeUInt32BE(head.length);
  return Buffer.concat([length, head, body]);
}

export function unpackMessage(packed: Buffer): {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
} {
  const length = packed.readUInt32BE(0);
  const headers: Record<string, string> = {};
  const parsed: unknown = JSON.parse(packed.subarray(4, 4 + length).toString('utf8'));
  for (const [name, value] of Object.entries(parsed ?? {})) headers[name] = String(value);
  return { headers, body: packed.subarray(4 + length) };
}
