import type { HttpRequest, HttpResponse } from '#core/http.ts';
import { bodyText } from '#core/http.ts';
import { fingerprint } from '#secret/seal.ts';

/** Values that must not be shown, by the name under which they are known. */
export type KnownSecrets = ReadonlyMap<string, string>;

/** Headers that prove who we are: their values become fingerprints, whatever they hold. */
const PROOF_HEADERS =
  /^(authorization|proxy-authorization|cookie|set-cookie|x-signature|x-api-key|x-client-secret|.*(token|signature|secret|password).*)$/i;

/** Members of JSON bodies that hold a token or a key, by name. */
const PROOF_MEMBERS =
  /("(?:[A-Za-z0-9_-]*(?:token|secret|password|signature|api_?key|private_?key))"\s*:\s*)"((?:[^"\\]|\\.)*)"/gi;
/** Such members that tell a kind and not a value. */
const HARMLESS = /^"(tokenType|token_type|grantType|grant_type)"/i;

const BODY_CHARACTERS_MAX = 4_000;
/** A shorter value is no key and would blank out half of the text. */
const SECRET_CHARACTERS_MIN = 4;

/** Takes every known secret out of a text, in the forms in which it may travel. */
export function redactText(text: string, secrets: KnownSecrets): string {
  let redacted = text;
  const longestFirst = [...secrets].toSorted(([, left], [, right]) => right.length - left.length);
  for (const [name, value] of longestFirst) {
    const trimmed = value.trim();
    for (const form of new Set([...formsOf(value), ...formsOf(trimmed)])) {
      if (form.length < SECRET_CHARACTERS_MIN) continue;
      redacted = redacted.replaceAll(form, `[${name} ${fingerprint(value)}]`);
    }
  }
  return redacted;
}

function formsOf(value: string): string[] {
  return [
    value,
    JSON.stringify(value).slice(1, -1),
    encodeURIComponent(value),
    Buffer.from(value).toString('base64'),
    Buffer.from(value).toString('base64url'),
  ];
}

/** Writes a request as it went out, without what must not be seen. */
export function describeRequest(
  baseUrl: string,
  request: HttpRequest,
  secrets: KnownSecrets,
): string {
  const lines = [`${request.method} ${baseUrl}${request.path}`, ...headerLines(request.headers)];
  if (request.body !== undefined) lines.push('', limit(redactMembers(request.body)));
  return redactText(lines.join('\n'), secrets);
}

/** Writes an answer the same way. */
export function describeResponse(response: HttpResponse, secrets: KnownSecrets): string {
  const lines = [`HTTP ${response.status}`, ...headerLines(response.headers)];
  const body = bodyText(response.body);
  if (body !== '') lines.push('', limit(redactMembers(body)));
  return redactText(lines.join('\n'), secrets);
}

function headerLines(headers: Readonly<Record<string, string>>): string[] {
  return Object.entries(headers).map(([name, value]) =>
    PROOF_HEADERS.test(name) ? `${name}: ${describeProof(value)}` : `${name}: ${value}`,
  );
}

/** `Bearer …` keeps its first word: a missing one is a usual mistake. */
function describeProof(value: string): string {
  const scheme = /^(Bearer|Basic) /i.exec(value)?.[0] ?? '';
  const proof = value.slice(scheme.length);
  return `${scheme}[${proof.length} characters, fingerprint ${fingerprint(proof)}]`;
}

function redactMembers(body: string): string {
  return body.replace(PROOF_MEMBERS, (whole, name: string, value: string) =>
    HARMLESS.test(name) || value === ''
      ? whole
      : `${name}"[${value.length} characters, fingerprint ${fingerprint(value)}]"`,
  );
}

function limit(text: string): string {
  if (text.length <= BODY_CHARACTERS_MAX) return text;
  return `${text.slice(0, BODY_CHARACTERS_MAX)}… [${text.length} characters]`;
}
