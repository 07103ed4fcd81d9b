import { createHmac } from 'node:crypto';
import { minifyLexically } from './minify.ts';
import { formatTransactionString, hashBody, hmacSha512, type SignedParts } from './signature.ts';

/** Mistakes whose signature we can recompute and so recognise (E2, vectors V2 and V3). */
export const signatureMistakes = [
  'bodyStripped',
  'bodyEscaped',
  'bodyPretty',
  'bodyTrailingNewline',
  'bodyKeysSorted',
  'bodyHashOfEmptyObject',
  'bodyHashEmpty',
  'bodyHashUpperCase',
  'urlWithHost',
  'urlWithoutSlash',
  'urlWithoutQuery',
  'tokenWithBearer',
  'tokenLeftOut',
  'methodLowerCase',
  'secretTrailingNewline',
  'secretTrailingSpace',
  'hashSha256',
  'encodedHexThenBase64',
  'encodedBase64Twice',
] as const;

export type SignatureMistake = (typeof signatureMistakes)[number];

/** Everything that went into a signature, as the receiver knows it. */
export interface SignedRequest extends Omit<SignedParts, 'bodyHash'> {
  readonly body: string;
  readonly secret: string;
  /** Scheme and host that a sender may have signed by mistake. */
  readonly origin?: string;
}

/** Names the mistake that leads to exactly this signature, if it is one of the known. */
export function nameSignatureMistake(
  request: SignedRequest,
  signature: string,
): SignatureMistake | undefined {
  // A body without white space has no wrong way to strip it: such a "mistake" changes nothing.
  const right = bothEncodings(hmacSha512(request.secret, textOf(request)));
  if (right.includes(signature)) return undefined;
  return signatureMistakes.find((mistake) =>
    formatMistaken(request, mistake).some((candidate) => candidate === signature),
  );
}

/** Header values that the mistake would produce, base64 and hex. */
export function formatMistaken(request: SignedRequest, mistake: SignatureMistake): string[] {
  const right = hmacSha512(request.secret, textOf(request));
  switch (mistake) {
    case 'secretTrailingNewline':
      return bothEncodings(hmacSha512(`${request.secret}\n`, textOf(request)));
    case 'secretTrailingSpace':
      return bothEncodings(hmacSha512(`${request.secret} `, textOf(request)));
    case 'hashSha256':
      return bothEncodings(createHmac('sha256', request.secret).update(textOf(request)).digest());
    case 'encodedHexThenBase64':
      return [Buffer.from(right.toString('hex')).toString('base64')];
    case 'encodedBase64Twice':
      return [Buffer.from(right.toString('base64')).toString('base64')];
    default:
      return bothEncodings(hmacSha512(request.secret, mistakenText(request, mistake)));
  }
}

type TextMistake = Exclude<SignatureMistake, `secret${string}` | `encoded${string}` | 'hashSha256'>;

function mistakenText(request: SignedRequest, mistake: TextMistake): string {
  const { target } = request;
  switch (mistake) {
    case 'bodyHashEmpty':
      return textOf(request, { bodyHash: '' });
    case 'bodyHashUpperCase':
      return textOf(request, { bodyHash: hashBody(request.body).toUpperCase() });
    case 'urlWithHost':
      return textOf(request, { target: `${request.origin ?? ''}${target}` });
    case 'urlWithoutSlash':
      return textOf(request, { target: target.replace(/^\//, '') });
    case 'urlWithoutQuery':
      return textOf(request, { target: target.replace(/\?.*$/s, '') });
    case 'tokenWithBearer':
      return textOf(request, { token: `Bearer ${request.token ?? ''}` });
    case 'tokenLeftOut': {
      const { token: _left, ...rest } = request;
      return textOf(rest);
    }
    case 'methodLowerCase':
      // The one place that must not go through the formatter, which would repair the method.
      return textOf(request).replace(/^[A-Z]+/, (method) => method.toLowerCase());
    default:
      return textOf(request, { bodyHash: hashBody(mistakenBody(request.body, mistake)) });
  }
}

function textOf(
  request: Omit<SignedRequest, 'secret'>,
  changed: Partial<SignedParts> = {},
): string {
  return formatTransactionString({ ...request, bodyHash: hashBody(request.body), ...changed });
}

function mistakenBody(body: string, mistake: TextMistake): string {
  switch (mistake) {
    case 'bodyStripped':
      return body.replace(/\s+/g, '');
    case 'bodyEscaped':
      return escapeLikePhp(minifyLexically(body));
    case 'bodyPretty':
      return reformat(body, (json) => JSON.stringify(json, undefined, 2));
    case 'bodyTrailingNewline':
      return `${body}\n`;
    case 'bodyKeysSorted':
      return reformat(body, (json) => JSON.stringify(sortKeys(json)));
    default:
      return '{}';
  }
}

function escapeLikePhp(body: string): string {
  return body
    .replaceAll('/', '\\/')
    .replace(/[^\0-\x7f]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

function reformat(body: string, format: (json: unknown) => string): string {
  try {
    const json: unknown = JSON.parse(body);
    return format(json);
  } catch {
    return body;
  }
}

function sortKeys(json: unknown): unknown {
  if (typeof json !== 'object' || json === null || Array.isArray(json)) return json;
  return Object.fromEntries(
    Object.entries(json).sort(([left], [right]) => (left < right ? -1 : 1)),
  );
}

function bothEncodings(bytes: Buffer): string[] {
  return [bytes.toString('base64'), bytes.toString('hex')];
}
