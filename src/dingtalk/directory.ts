/** People of the company (dingtalk.md section 6.3); these calls cost nothing. */
import type { Exchange } from './exchanges.ts';
import { accepted, read } from './exchanges.ts';
import { judgeAnswer } from './judge.ts';
import { UserWire } from './push-wire.ts';

export interface UserLookup {
  /** Absent: DingTalk knows no such user. */
  readonly user?: { readonly userId: string; readonly name: string; readonly isActive: boolean };
}

/** No such user; people who left are gone as well (`query-user-details`). */
const USER_UNKNOWN: ReadonlySet<string> = new Set(['60121', '33012', '40103']);

/** Looks a user up. The token must stand in the query. */
export const readUser: Exchange<{ readonly token: string; readonly userId: string }, UserLookup> = {
  budget: 'free',
  host: 'oapi',
  request: ({ token, userId }) => ({
    method: 'POST',
    path: `/topapi/v2/user/get?access_token=${encodeURIComponent(token)}`,
    headers: { 'content-type': 'application/json; charset=utf-8' },
    body: JSON.stringify({ userid: userId, language: 'zh_CN' }),
  }),
  parse: (response) => {
    const outcome = judgeAnswer(response);
    if (outcome.kind !== 'accepted' && USER_UNKNOWN.has(outcome.dingtalkCode)) return accepted({});
    return read(response, UserWire, ({ result: { userid, name, active } }) =>
      accepted({ user: { userId: userid, name: name ?? '', isActive: active } }),
    );
  },
};
