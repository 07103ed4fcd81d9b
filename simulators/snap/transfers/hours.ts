import { wibDay, wibSeconds, wibWeekday } from '../times.ts';
import type { Rail } from './rails.ts';
import type { TransferSettings } from './settings.ts';

/** Why a rail takes no orders at this moment; undefined when it does. BCA has two messages (A13). */
export function whyClosed(settings: TransferSettings, rail: Rail, now: Date): string | undefined {
  if (settings.closedRails.includes(rail)) return 'Transfer service is temporarily closed';
  const hours = settings.hours[rail];
  if (!hours) return undefined;
  if (hours.workingDaysOnly && !isWorkingDay(settings, now)) {
    return 'Transfer service is temporarily closed';
  }
  const time = wibSeconds(now).slice(11, 16);
  if (time < hours.opens || time >= hours.closes) return 'Processing time of today exceeded';
  return undefined;
}

function isWorkingDay(settings: TransferSettings, now: Date): boolean {
  const weekday = wibWeekday(now);
  return weekday !== 0 && weekday !== 6 && !settings.holidays.includes(wibDay(now));
}
