import { optionalText, partnerReference, requestedAccount, requiredText } from './inbound.ts';
import type { Answer, ServiceCall } from './inbound.ts';
import { invalidFormat } from './refusal.ts';
import { answerFields } from './statement-answer.ts';
import { readPage } from './statement-page.ts';
import type { Range } from './statement-page.ts';
import {
  MILLIS_OR_SECONDS_FORM,
  parseMoment,
  plusDays,
  SECONDS_FORM,
  startOfWibDay,
  WIB_SECONDS_FORM,
  wibWeekday,
} from './times.ts';

const SERVICE = '14';
const LONGEST_RANGE_DAYS = 31;
const OLDEST_DAYS = 366;

/** Service 14 (A10.3): the rows of a range, newest first, in the bank's own way. */
export function bankStatement(call: ServiceCall): Answer {
  const partnerReferenceNo = partnerReference(call);
  const account = requestedAccount(call);
  const range = call.profile.bank === 'bca' ? bcaRange(call) : timedRange(call);
  const page = readPage(call, account, range);
  return { fields: answerFields(call, account, page, partnerReferenceNo) };
}

/** BCA: both ends mandatory and at midnight, each day whole, not before 31 days ago (A13). */
function bcaRange(call: ServiceCall): Range {
  const now = call.world.clock.now();
  const from = midnight(call, 'fromDateTime');
  const to = midnight(call, 'toDateTime');
  if (from < plusDays(startOfWibDay(now), -LONGEST_RANGE_DAYS)) {
    throw invalidFormat(SERVICE, 'fromDateTime', 'more than 31 days ago');
  }
  if (to < from) throw invalidFormat(SERVICE, 'toDateTime', 'before fromDateTime');
  return { from, to: new Date(plusDays(nextWorkingDay(to), 1).getTime() - 1) };
}

function midnight(call: ServiceCall, name: string): Date {
  const at = parseMoment(requiredText(call, name, 25), WIB_SECONDS_FORM);
  if (!at || at.getTime() !== startOfWibDay(at).getTime()) {
    throw invalidFormat(SERVICE, name, 'not midnight in WIB');
  }
  return at;
}

/** A holiday extends to the next working day (A13); of holidays this simulator knows weekends. */
function nextWorkingDay(day: Date): Date {
  const weekday = wibWeekday(day);
  if (weekday === 6) return plusDays(day, 2);
  return weekday === 0 ? plusDays(day, 1) : day;
}

/** BRI and BNI: with time; at most a month, at most a year ago (A10.3). */
function timedRange(call: ServiceCall): Range {
  const now = call.world.clock.now();
  // BRI's first version lets both ends away and then means today (A14).
  const mandatory = call.version !== '1.0';
  const from = timed(call, 'fromDateTime', mandatory) ?? startOfWibDay(now);
  const to = timed(call, 'toDateTime', mandatory) ?? now;
  if (to < from) throw invalidFormat(SERVICE, 'toDateTime', 'before fromDateTime');
  if (to > plusDays(from, LONGEST_RANGE_DAYS)) {
    throw invalidFormat(SERVICE, 'toDateTime', 'more than a month after fromDateTime');
  }
  if (from < plusDays(now, -OLDEST_DAYS)) {
    throw invalidFormat(SERVICE, 'fromDateTime', 'more than a year ago');
  }
  // Rows have whole seconds on the wire, so a second belongs to the range as a whole.
  return { from, to: new Date(Math.floor(to.getTime() / 1000) * 1000 + 999) };
}

function timed(call: ServiceCall, name: string, mandatory: boolean): Date | undefined {
  const text = mandatory ? requiredText(call, name, 29) : optionalText(call, name, 29);
  if (text === undefined) return undefined;
  const form = call.profile.bank === 'bri' ? MILLIS_OR_SECONDS_FORM : SECONDS_FORM;
  const at = parseMoment(text, form);
  if (!at) throw invalidFormat(SERVICE, name);
  return at;
}
