/** Why Airwallex refused us (E4). */
import type { CashbellError } from '#core/errors.ts';
import type { HttpRequest, HttpResponse } from '#core/http.ts';
import type { SignedContext } from '../contract.ts';
import { diagnoseValues, type KnownDiagnosis } from '../diagnosis.ts';
import { type AirwallexConfig, airwallexFields } from './config.ts';

/** Causes that fit, best first. */
export function diagnoseAirwallex(
  error: CashbellError,
  _request: HttpRequest,
  response: HttpResponse,
  { config }: SignedContext<AirwallexConfig>,
): readonly KnownDiagnosis[] {
  const details = { status: response.status };
  const values = diagnoseValues(airwallexFields, config);
  const isOther =
    config.accountId !== undefined && config.accountId === config.otherEnvironmentAccountId;
  const other: KnownDiagnosis[] = isOther
    ? [{ key: 'client.otherEnvironment', details: { field: 'accountId' } }]
    : [];
  switch (error.code) {
    case 'bank.unauthorised':
      return [...values, ...other, { key: 'signature.secretWrong', details }];
    case 'bank.tokenInvalid':
      return [...values, ...other, { key: 'token.rejected', details }];
    case 'bank.notAllowed':
      return [
        ...values,
        { key: 'service.notActivated', details },
        { key: 'ip.notAllowed', details },
      ];
    case 'bank.throttled':
      return [{ key: 'bank.throttled', details }];
    case 'bank.maintenance':
      return [{ key: 'bank.maintenance', details }];
    case 'bank.badRequest':
      return response.status === 404
        ? [{ key: 'path.notFound', details }]
        : [...values, { key: 'field.invalid', details }];
    default:
      return [...values, { key: 'cause.unknown', details: { code: error.code } }];
  }
}
