import { CashbellError } from '#core/errors.ts';
import { fetchAccessToken } from '#dingtalk/exchanges.ts';
import type { Transport } from '#engine/transport.ts';
import type { AppToken } from '#store/app-tokens.ts';
import { loadAppToken, saveAppToken } from '#store/app-tokens.ts';
import type { DirectoryApp } from '#store/directory.ts';
import type { Services } from '#store/services.ts';
import { inTransaction } from '#store/transaction.ts';

const TIMEOUT_MS = 8_000;
const RENEW_EARLY_MS = 10 * 60_000;

/** Access tokens of apps. */
export interface TokenCache {
  /** The app's token; never the one that DingTalk just refused. */
  get(app: DirectoryApp, refused?: string): Promise<string>;
}

/** Tokens are shared by all processes through the database and renewed by one of them, early. */
export function createTokenCache(options: {
  readonly services: Services;
  readonly transport: Pick<Transport, 'send'>;
}): TokenCache {
  const { services, transport } = options;
  const known = new Map<string, Promise<AppToken>>();

  const renew = (app: DirectoryApp, refused: string | undefined): Promise<AppToken> =>
    inTransaction(services.pool, async (client) => {
      await client.query('SELECT pg_advisory_xact_lock(hashtextextended($1, 7421))', [app.appId]);
      const stored = await loadAppToken(services, client, app);
      if (stored && stored.token !== refused && isFresh(stored)) return stored;
      const response = await transport
        .send(
          { baseUrl: app.apiHost, timeoutMs: TIMEOUT_MS },
          fetchAccessToken.request({ appKey: app.appKey, appSecret: app.appSecret.reveal() }),
        )
        .catch((cause: unknown) => {
          // Whatever became of the question for a token, no message was sent with it.
          throw new CashbellError('dingtalk.unreachable', { host: app.apiHost }, { cause });
        });
      const answer = fetchAccessToken.parse(response);
      if (answer.kind !== 'accepted') {
        throw new CashbellError(answer.code, { dingtalk: answer.dingtalkMessage });
      }
      const { token, expiresInSeconds } = answer.value;
      const fresh = { token, expiresAtMs: Date.now() + expiresInSeconds * 1000 };
      await saveAppToken(services, client, app, fresh);
      return fresh;
    });
  return {
    get: async (app, refused) => {
      // Another app behind the same entry must not use the token of the one before.
      const key = `${app.appId}/${app.appKey}/${app.apiHost}`;
      const cached = known.get(key);
      const token = await cached?.catch(() => undefined);
      if (token && token.token !== refused && isFresh(token)) return token.token;
      const renewing = known.get(key) === cached ? renew(app, refused) : known.get(key);
      if (!renewing) return (await renew(app, refused)).token;
      known.set(key, renewing);
      renewing.catch(() => known.delete(key));
      return (await renewing).token;
    },
  };
}

function isFresh({ expiresAtMs }: AppToken): boolean {
  return expiresAtMs - RENEW_EARLY_MS > Date.now();
}
