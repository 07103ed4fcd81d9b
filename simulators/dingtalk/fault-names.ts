import { PUSH_FAULTS } from './push/fault-names.ts';
import { WORKFLOW_FAULTS } from './workflow/fault-names.ts';

/** Faults of the wire interface, with what each does. */
export const WIRE_FAULTS = {
  outage: 'the connection is reset before anything is read, on every path',
  slow: 'the answer waits `ms` (default 3000); the work is done first unless `before` is true',
  serverError: 'HTTP `status` (default 500) with system.error, nothing is done',
  htmlAntiAbuse: 'an HTML page under HTTP `status` (default 200) instead of JSON',
  status1111: 'the anti-abuse JSON {"status":1111,…} without an errcode',
  systemBusy: 'errcode -1; on the new API HTTP 429 system.busy',
  errcodeUnder200: 'HTTP 200 with errcode `code` (default 34000) and `text`, nothing is shown',
  timeoutBeforeAccepting: 'the connection is cut after reading; nothing is done',
  timeoutAfterAccepting: 'the work is done, then the connection is cut without an answer',
  throttleQps: 'QpsLimitForAppkeyAndApi; errcode 90018; 660026 on robot/send',
  quotaExhausted: 'the monthly quota is used up: ApiCountLimitForOrg; errcode 90020',
  tokenExpired: 'the app token is dropped and the call answered as with an expired token',
  permissionMissing: 'AccessTokenPermissionDenied; 60011',
  ipNotInWhitelist: 'IpNotInWhiteList; 60020; 310000 on robot/send',
  robotDisabled: 'errcode 400102; bot.stopped for app robots',
  robotGone: 'errcode 400106; resource.not.found for app robots',
  groupDissolved: 'errcode 400013; group.disbanded for app robots',
  contentRefused: 'errcode `code` 430101…430104 (default 430104); contain.* for app robots',
  unknownSendResult: 'app robots: the message is shown and answered with 400 unknown.send.result',
  deliverPartlyFailed: 'cards: deliverResults[].success false; personal: flowControlledStaffIdList',
} as const;

/** Every fault that this simulator knows; the page shows this table. */
export const FAULTS = { ...WIRE_FAULTS, ...PUSH_FAULTS, ...WORKFLOW_FAULTS };

export type FaultName = keyof typeof FAULTS;

export const FAULT_NAMES = Object.keys(FAULTS) as FaultName[];
