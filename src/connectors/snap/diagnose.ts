/**
 * Why a SNAP bank refused us (section E). Our side signs as the vectors say, so the cause is in the
 * configuration, in the clock, on the way, or at the bank.
 */
import { parseInstant } from '#core/dates.ts';
import type { CashbellError } from '#core/errors.ts';
import type { HttpRequest, HttpResponse } from '#core/http.ts';
import type { ConfigField, SignedContext } from '../contract.ts';
import { diagnoseClock, diagnoseValues, type KnownDiagnosis } from '../diagnosis.ts';
import { isSameKeyPair } from '../hygiene.ts';
import { headerOf } from '../reading.ts';
import { parseResponseCode } from './codes.ts';
import type { SnapConfig } from './config.ts';
import { nameSignatureMistake } from './mistakes.ts';
import type { SnapProfile } from './profile.ts';
import { pathsOf } from './request.ts';

type Context = SignedContext<SnapConfig>;

/** The bank's clock: its X-TIMESTAMP, else the Date header (A6). */
export function snapBankTime(response: HttpResponse) {
  const text = headerOf(response.headers, 'x-timestamp');
  if (text !== undefined) {
    try {
      return parseInstant(text);
    } catch {
      // A malformed one says nothing; the engine has the Date header.
    }
  }
  return undefined;
}

/** Causes that fit, best first. */
export function diagnoseSnap(
  profile: SnapProfile,
  fields: readonly ConfigField[],
  error: CashbellError,
  request: HttpRequest,
  response: HttpResponse,
  context: Context,
): readonly KnownDiagnosis[] {
  const { config } = context;
  const causes = [
    ...diagnoseAnswer(error, request, response, context),
    ...diagnoseClock(snapBankTime(response), context.now),
  ];
  const settings = isAboutIdentity(error)
    ? [
        ...diagnoseValues(fields, config),
        ...diagnosePairs(config),
        ...diagnoseOverrides(profile, config),
        ...diagnoseSignature(request, context),
      ]
    : [];
  const found = isCertain(causes) ? [...causes, ...settings] : [...settings, ...causes];
  return found.length > 0 ? found : [{ key: 'cause.unknown', details: { code: error.code } }];
}

/** An address, a closed bank and a wrong form are said by the bank itself; no guess is better. */
function isCertain(causes: readonly KnownDiagnosis[]): boolean {
  const said = ['ip.', 'bank.', 'timestamp.', 'service.', 'field.', 'path.', 'externalId.'];
  return causes.some(({ key }) => said.some((start) => key.startsWith(start)));
}

function isAboutIdentity(error: CashbellError): boolean {
  return [
    'bank.unauthorised',
    'bank.tokenInvalid',
    'bank.badRequest',
    'bank.notAllowed',
    'connector.answerUnreadable',
  ].includes(error.code);
}

function diagnoseAnswer(
  error: CashbellError,
  request: HttpRequest,
  response: HttpResponse,
  { config }: Context,
): KnownDiagnosis[] {
  const message = String(error.details.responseMessage ?? '');
  const code = parseResponseCode(String(error.details.responseCode ?? ''));
  const about = { status: response.status };
  if (error.code === 'bank.maintenance') return [{ key: 'bank.maintenance', details: about }];
  if (error.code === 'bank.throttled') return [{ key: 'bank.throttled', details: about }];
  if (code === undefined) return diagnoseWithoutCode(response.status);
  const responseCode = String(error.details.responseCode);
  if (error.code === 'bank.notAllowed') {
    const isAddress = code.status !== '403' && code.status !== '404';
    return [
      { key: isAddress ? 'ip.notAllowed' : 'service.notActivated', details: { responseCode } },
    ];
  }
  if (
    /x-timestamp/i.test(message) ||
    (code.service === '73' && code.case === '01' && code.status === '400')
  ) {
    return [{ key: 'timestamp.format', details: { responseCode } }];
  }
  if (/unknown client/i.test(message)) return diagnoseClient(config);
  if (error.code === 'bank.tokenInvalid')
    return [{ key: 'token.rejected', details: { responseCode } }];
  if (error.code === 'bank.unauthorised') return diagnoseRefusedSignature(request, responseCode);
  if (error.code === 'bank.badRequest') return [{ key: 'field.invalid', details: { message } }];
  if (code.status === '409') return [{ key: 'externalId.reused', details: { responseCode } }];
  return [];
}

/** No code of the bank: a firewall or a proxy in front of it answered (E1). */
function diagnoseWithoutCode(status: number): KnownDiagnosis[] {
  if (status === 403) {
    return [
      { key: 'ip.notAllowed', details: { status } },
      { key: 'gateway.blocked', details: { status } },
    ];
  }
  if (status === 404) return [{ key: 'path.notFound', details: { status } }];
  return status < 400 ? [{ key: 'gateway.blocked', details: { status } }] : [];
}

function diagnoseClient(config: SnapConfig): KnownDiagnosis[] {
  const isOther =
    config.clientId === config.otherEnvironmentClientId ||
    config.partnerId === config.otherEnvironmentPartnerId;
  const key = isOther ? 'client.otherEnvironment' : 'client.unknown';
  return [{ key, details: { field: 'clientId' } }];
}

/** The token call is signed with the key, every other call with the secret (A5, A7). */
function diagnoseRefusedSignature(request: HttpRequest, responseCode: string): KnownDiagnosis[] {
  const details = { responseCode };
  if (headerOf(request.headers, 'x-client-key') !== undefined) {
    return [{ key: 'signature.keyNotRegistered', details }];
  }
  return [
    { key: 'signature.secretWrong', details },
    { key: 'partner.mismatch', details },
  ];
}

function diagnosePairs(config: SnapConfig): KnownDiagnosis[] {
  const { bankPublicKey, privateKey } = config;
  if (bankPublicKey === undefined || !isSameKeyPair(privateKey, bankPublicKey)) return [];
  return [{ key: 'pem.ownKeyAsBanks', details: { field: 'bankPublicKey' } }];
}

function diagnoseOverrides(profile: SnapProfile, config: SnapConfig): KnownDiagnosis[] {
  const usual = pathsOf(profile, undefined);
  const ours = pathsOf(profile, config);
  const paths = (['token', 'balance', 'statement', 'history'] as const).flatMap((service) =>
    usual[service] === ours[service]
      ? []
      : [
          {
            key: 'path.overridden' as const,
            details: { service, expected: usual[service], found: ours[service] },
          },
        ],
  );
  const encoding = config.signatureEncoding ?? profile.signatureEncoding;
  if (encoding === profile.signatureEncoding) return paths;
  const details = { expected: profile.signatureEncoding, found: encoding };
  return [...paths, { key: 'signature.encodingOverridden', details }];
}

/** Recomputes the known mistakes on what really left, in case something on the way changed it. */
function diagnoseSignature(request: HttpRequest, context: Context): KnownDiagnosis[] {
  const signature = headerOf(request.headers, 'x-signature');
  const timestamp = headerOf(request.headers, 'x-timestamp');
  if (signature === undefined || timestamp === undefined || context.token === undefined) return [];
  const mistake = nameSignatureMistake(
    {
      method: request.method,
      target: `${context.basePath}${request.path}`,
      token: context.token,
      timestamp,
      body: request.body ?? '',
      secret: context.config.clientSecret,
    },
    signature,
  );
  return mistake === undefined ? [] : [{ key: 'signature.mistake', details: { mistake } }];
}
