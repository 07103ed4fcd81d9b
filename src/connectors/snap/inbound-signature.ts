/** Verification of what a bank signed for us: both types, both encodings, four dialects (A7, A12). */
import { CashbellError } from '#core/errors.ts';
import { bodyText, type InboundCall } from '#core/http.ts';
import type { InboundContext } from '../contract.ts';
import type { SnapConfig } from './config.ts';
import { isMinifyDialect, type MinifyDialect, minify, minifyDialects } from './minify.ts';
import { nameSignatureMistake } from './mistakes.ts';
import {
  decodeSignature,
  formatTransactionString,
  HMAC_SHA512_BYTES,
  hashBody,
  readPublicKey,
  type SignatureEncoding,
  verifyHmacSha512,
  verifyRsaSha256,
} from './signature.ts';

/** Headers that take part in a signature. */
export interface SignedHeaders {
  readonly timestamp: string;
  readonly signature: string;
  readonly token: string | undefined;
}

export interface VerifiedSignature {
  readonly dialect: MinifyDialect;
  /** For example `hmac-sha512 hex, raw body`. */
  readonly verifiedBy: string;
}

/** One way to check a signature: an algorithm with its key already in it. */
interface Verifier {
  readonly name: string;
  readonly encoding: SignatureEncoding;
  /** Type 1 signs the token, type 2 does not. */
  readonly token: string | undefined;
  readonly verify: (text: string) => boolean;
}

/** Finds the dialect in which the signature holds, or throws the refusal that says why not. */
export function verifyInbound(
  call: InboundCall,
  headers: SignedHeaders,
  context: InboundContext<SnapConfig>,
): VerifiedSignature {
  const verifier = chooseVerifier(headers, context.config);
  const dialect = minifyDialects.find((one) => holds(call, headers, verifier, one));
  const pinned = context.learned.inboundDialect;
  const isPinned = context.environment === 'production' && isMinifyDialect(pinned);
  if (isPinned && holds(call, headers, verifier, pinned)) return describe(verifier, pinned);
  if (dialect === undefined) throw refuse(call, headers, context.config, verifier.name);
  if (isPinned) {
    throw new CashbellError('inbound.signatureInvalid', {
      what: 'dialectChanged',
      dialectPinned: pinned,
      dialectFound: dialect,
    });
  }
  return describe(verifier, dialect);
}

function describe(verifier: Verifier, dialect: MinifyDialect): VerifiedSignature {
  return { dialect, verifiedBy: `${verifier.name} ${verifier.encoding}, ${dialect} body` };
}

/**
 * The kind is chosen by the signature's length and then checked with the key of that kind; a
 * sender gains nothing by choosing, because each needs a secret (A7.4). A connection can allow one.
 */
function chooseVerifier(headers: SignedHeaders, config: SnapConfig): Verifier {
  const { signature, token } = headers;
  const allowed = config.inboundSignature;
  const hmac = decodeSignature(signature, HMAC_SHA512_BYTES);
  if (hmac !== undefined && allowed !== 'asymmetric') {
    if (token === undefined) throw new CashbellError('inbound.tokenInvalid', { what: 'missing' });
    const secret = config.inboundSecret;
    if (secret === undefined) {
      throw new CashbellError('inbound.signatureInvalid', { what: 'inboundSecretMissing' });
    }
    return {
      name: 'hmac-sha512',
      encoding: hmac.encoding,
      token,
      verify: (text) => verifyHmacSha512(secret, text, signature),
    };
  }
  const key = config.bankPublicKey === undefined ? undefined : readPublicKey(config.bankPublicKey);
  const length = (key?.asymmetricKeyDetails?.modulusLength ?? 0) / 8;
  const rsa = decodeSignature(signature, length);
  if (key === undefined || rsa === undefined || allowed === 'symmetric') {
    throw new CashbellError('inbound.signatureInvalid', {
      what: 'shapeUnknown',
      length: signature.length,
    });
  }
  return {
    name: 'rsa-sha256',
    encoding: rsa.encoding,
    token: undefined,
    verify: (text) => verifyRsaSha256(key, text, signature),
  };
}

function holds(
  call: InboundCall,
  headers: SignedHeaders,
  verifier: Verifier,
  dialect: MinifyDialect,
): boolean {
  const bytes = minify(call.body, dialect);
  if (bytes === undefined) return false;
  const bodyHash = hashBody(bytes);
  return targetsOf(call).some((target) =>
    verifier.verify(
      formatTransactionString({
        method: call.method,
        target,
        ...(verifier.token === undefined ? {} : { token: verifier.token }),
        bodyHash,
        timestamp: headers.timestamp,
      }),
    ),
  );
}

/** As the bank called it (A12.4); BRI's own code leaves the query out (A7.2). */
function targetsOf(call: InboundCall): string[] {
  const path = call.target.replace(/\?.*$/s, '');
  return path === call.target ? [path] : [call.target, path];
}

/** Names the sender's mistake where it is one of the known: it shortens a week of mails to one. */
function refuse(
  call: InboundCall,
  headers: SignedHeaders,
  config: SnapConfig,
  algorithm: string,
): CashbellError {
  const mistake =
    config.inboundSecret === undefined
      ? undefined
      : nameSignatureMistake(
          {
            method: call.method.toUpperCase(),
            target: call.target,
            ...(headers.token === undefined ? {} : { token: headers.token }),
            timestamp: headers.timestamp,
            body: bodyText(call.body),
            secret: config.inboundSecret,
          },
          headers.signature,
        );
  return new CashbellError('inbound.signatureInvalid', {
    what: algorithm,
    ...(mistake === undefined ? {} : { mistake }),
  });
}
