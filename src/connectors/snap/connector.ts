import { type Connector, defineConnector } from '../contract.ts';
import { readAnswer } from '../reading.ts';
import { judgeSnap } from './codes.ts';
import { type SnapConfig, SnapConfigSchema, snapFields } from './config.ts';
import { diagnoseSnap, snapBankTime } from './diagnose.ts';
import { parseSnapMessage, receiveSnap, refuseSnap } from './inbound.ts';
import { toBalances } from './mapping.ts';
import type { SnapProfile } from './profile.ts';
import { toPaymentCapability } from './payments.ts';
import { parseToken, pathsOf, precisionOf, signSnap, toPost, toTokenRequest } from './request.ts';
import { parseHistory, parseStatement, toHistoryWindow, toStatementWindow } from './statement.ts';
import { BalanceWire } from './wire.ts';

/** Makes the connector of a SNAP bank from what is its own (A22). */
export function defineSnapConnector(profile: SnapProfile): Connector<SnapConfig> {
  const fields = snapFields.map((field) => ({ ...field, ...profile.fields?.[field.name] }));
  const reference = (externalId: string) =>
    profile.hasPartnerReference ? { partnerReferenceNo: externalId } : {};
  return defineConnector<SnapConfig>({
    id: profile.id,
    displayName: profile.displayName,
    documentation: profile.documentation,
    traits: profile.traits,
    factsAsOf: profile.factsAsOf,
    config: SnapConfigSchema,
    fields,
    identifiersOf: snapIdentifiersOf,
    formatExternalId: profile.formatExternalId,
    session: {
      service: '73 access-token/b2b',
      request: (context) => toTokenRequest(profile, context),
      parse: parseToken,
      renewEarlySeconds: 60,
    },
    sign: (request, context) => signSnap(profile, request, context),
    judge: (response, context) => judgeSnap(response, context.config),
    bankTime: snapBankTime,
    exchanges: {
      fetchBalances: {
        service: '11 balance-inquiry',
        request: (account, { config, externalId }) =>
          toPost(pathsOf(profile, config).balance, {
            ...reference(externalId),
            accountNo: account.number,
          }),
        parse: (response, account, { now }) =>
          toBalances(readAnswer(BalanceWire, response), account, now),
      },
      fetchStatement: {
        service: '14 bank-statement',
        request: (query, { config, externalId }) => {
          const paths = pathsOf(profile, config);
          const precision = precisionOf(profile, config);
          return config.statementService === '12'
            ? toPost(paths.history, {
                ...reference(externalId),
                ...toHistoryWindow(profile.traits.zone, precision, query),
              })
            : toPost(paths.statement, {
                ...reference(externalId),
                accountNo: query.account.number,
                ...toStatementWindow(profile, precision, query),
              });
        },
        parse: (response, query, { config, now }) =>
          config.statementService === '12'
            ? parseHistory(profile.traits.zone, response, query)
            : parseStatement(profile, response, query, now),
      },
    },
    ...(profile.payments === undefined
      ? {}
      : { payments: toPaymentCapability(profile, profile.payments) }),
    inbound: {
      receive: (call, context) => receiveSnap(profile, call, context),
      refuse: (reason, call, now) => refuseSnap(profile, reason, call, now),
      parse: (message, context) => parseSnapMessage(profile, message, context),
    },
    diagnose: (error, request, response, context) =>
      diagnoseSnap(profile, fields, error, request, response, context),
  });
}

/**
 * Under what pushes for an account arrive: the account itself, company codes or full numbers of
 * virtual accounts (`virtualAccounts`) and QR merchants (`qrMerchants`), both lists with commas.
 */
export function snapIdentifiersOf(
  account: { readonly number: string },
  settings: Readonly<Record<string, string>>,
): string[] {
  return [
    `account:${account.number}`,
    ...listOf(settings.virtualAccounts).map((number) => `va:${number}`),
    ...listOf(settings.qrMerchants).map((merchant) => `qr:${merchant}`),
  ];
}

function listOf(text: string | undefined): string[] {
  const parts = (text ?? '').split(',').map((part) => part.trim());
  return parts.filter((part) => part !== '');
}
