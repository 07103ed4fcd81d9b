import { isCashbellError } from '#core/errors.ts';
import type { Language } from '#core/languages.ts';
import type { RobotMessage } from '#dingtalk/push.ts';
import { explain } from '#i18n/messages.ts';
import { mayDo } from '#store/grants.ts';
import { getOrg, parseLanguage } from '#store/orgs.ts';
import type { PaymentStop } from '#store/payment-stops.ts';
import { listStops } from '#store/payment-stops.ts';
import type { PersonActor } from '#store/persons.ts';
import { findPersons, requirePerson } from '#store/persons.ts';
import type { ChatCommand } from './chat-words.ts';
import { readChatCommand } from './chat-words.ts';
import type { ControlServices } from './stop-payments.ts';
import { proposeToResume, stopPayments } from './stop-payments.ts';

/** What the handler needs beside the stores: a way to answer. */
export interface ChatServices extends ControlServices {
  /** Answers where the message came from, or to the person alone. */
  readonly reply: (message: RobotMessage, text: string) => Promise<void>;
}

/**
 * Does what somebody told the robot about payments: stop, how does it stand, propose to go on. Gives
 * back false where the message is none of these, for others to look at.
 *
 * Only a person of the own company who is entitled is obeyed; outsiders get no answer at all. No
 * answer ever names an amount or a balance: it may stand in a group. Letting payments go on needs a
 * second person, who confirms outside the chat, because a phone on a table is one person.
 */
export async function handleRobotMessage(
  services: ChatServices,
  orgId: string,
  message: RobotMessage,
): Promise<boolean> {
  const command = readChatCommand(message.text);
  if (!command) return false;
  const org = await getOrg(services, orgId);
  const isOwn =
    message.isFromOwnCorp &&
    (org.corpId === undefined || org.corpId === message.senderCorpId) &&
    message.senderUserId !== undefined;
  if (!isOwn) return true;
  const speaker = await findSpeaker(services, orgId, message.senderUserId ?? '');
  const language = speaker?.language ?? org.language;
  const text = speaker
    ? await obey(services, { ...speaker, language }, command)
    : explain(language, 'chat.unknownPerson');
  await services.reply(message, text);
  return true;
}

interface Speaker extends PersonActor {
  readonly language: Language;
}

async function findSpeaker(
  { pool }: ChatServices,
  orgId: string,
  userId: string,
): Promise<(PersonActor & { readonly language: Language | undefined }) | undefined> {
  const word = `dingtalk:${userId}`;
  const found = (await findPersons(pool, orgId, [word])).get(word);
  if (!found || found.isRemoved) return undefined;
  const { personId, language } = await requirePerson(pool, orgId, found.personId);
  return {
    orgId,
    personId,
    language: language === undefined ? undefined : parseLanguage(language),
  };
}

async function obey(
  services: ChatServices,
  speaker: Speaker,
  command: ChatCommand,
): Promise<string> {
  try {
    switch (command.kind) {
      case 'stop':
        return await stop(services, speaker, command.rest);
      case 'resume':
        return await resume(services, speaker, command.rest);
      case 'status':
        return await tellStatus(services, speaker);
    }
  } catch (error) {
    if (!isCashbellError(error, 'payment.notEntitled')) throw error;
    return explain(speaker.language, 'chat.notEntitled');
  }
}

/** Stops the account that is named, else everything: in doubt more is stopped, not less. */
async function stop(services: ChatServices, speaker: Speaker, rest: string): Promise<string> {
  const { orgId, language } = speaker;
  const account = await findAccount(services, orgId, rest);
  const accountId = account?.accountId;
  const before = (await listStops(services.pool, { orgId })).find(
    (open) => open.accountId === accountId && open.releaseProposedBy === undefined,
  );
  const reason = rest === '' ? 'DingTalk' : rest.slice(0, 400);
  const stopped = await stopPayments(services, speaker, { accountId, reason });
  const what = account?.name ?? explain(language, 'chat.everything');
  if (before?.stopId !== stopped.stopId) return explain(language, 'chat.stopped', { what });
  return explain(language, 'chat.stoppedAlready', await wordsOf(services, speaker, stopped));
}

/** Proposes to release what the speaker may release; a second person has to confirm each. */
async function resume(services: ChatServices, speaker: Speaker, rest: string): Promise<string> {
  const { orgId, language } = speaker;
  const account = await findAccount(services, orgId, rest);
  const open = (await listStops(services.pool, { orgId })).filter(
    (one) => account === undefined || one.accountId === account.accountId,
  );
  if (open.length === 0) return explain(language, 'chat.nothingStopped');
  const lines: string[] = [];
  for (const one of open) {
    // Somebody else's proposal stays theirs; the second person confirms it, not the chat.
    if (one.releaseProposedBy === undefined) {
      await proposeToResume(services, speaker, one.stopId);
    }
    const { what } = await wordsOf(services, speaker, one);
    lines.push(explain(language, 'chat.resumeProposed', { what }));
  }
  return lines.join('\n');
}

/** How it stands, in counts: who reads along in a group learns no amount. */
async function tellStatus(services: ChatServices, speaker: Speaker): Promise<string> {
  const { orgId, language } = speaker;
  if (!(await mayLook(services, speaker))) return explain(language, 'chat.notEntitled');
  const stops = await listStops(services.pool, { orgId });
  const lines: string[] = [];
  for (const open of stops) {
    const words = await wordsOf(services, speaker, open);
    lines.push(explain(language, 'chat.stoppedAlready', words));
  }
  if (stops.length === 0) lines.push(explain(language, 'chat.running'));
  lines.push(explain(language, 'chat.waiting', await countPayments(services, orgId)));
  return lines.join('\n');
}

/** Whoever may do anything with payments at some account may know how many wait. */
async function mayLook(services: ChatServices, speaker: Speaker): Promise<boolean> {
  const at = services.now();
  for (const action of ['payment.stop', 'payment.resume', 'payment.decide'] as const) {
    if (await mayDo(services.pool, { ...speaker, action, at })) return true;
    for (const accountId of await accountIds(services, speaker.orgId)) {
      if (await mayDo(services.pool, { ...speaker, action, accountId, at })) return true;
    }
  }
  return false;
}

async function accountIds({ pool }: ChatServices, orgId: string): Promise<string[]> {
  const { rows } = await pool.query<{ account_id: string }>(
    'SELECT account_id FROM account WHERE org_id = $1',
    [orgId],
  );
  return rows.map((row) => row.account_id);
}

async function countPayments(
  { pool }: ChatServices,
  orgId: string,
): Promise<{ approval: string; blocked: string; underWay: string; unknown: string }> {
  const { rows } = await pool.query<{
    approval: string;
    blocked: string;
    underWay: string;
    unknown: string;
  }>(
    `SELECT count(*) FILTER (WHERE state = 'awaitingApproval')::text AS approval,
            count(*) FILTER (WHERE state = 'blocked')::text AS blocked,
            count(*) FILTER (WHERE state IN ('submitting', 'submitted'))::text AS "underWay",
            count(*) FILTER (WHERE state = 'unknown')::text AS unknown
     FROM payment
     WHERE org_id = $1
       AND state IN ('awaitingApproval', 'blocked', 'submitting', 'submitted', 'unknown')`,
    [orgId],
  );
  return rows[0] ?? { approval: '0', blocked: '0', underWay: '0', unknown: '0' };
}

async function wordsOf(
  services: ChatServices,
  { orgId, language }: Speaker,
  stopped: PaymentStop,
): Promise<{ what: string; by: string; reason: string }> {
  const { accountId, pulledBy, reason } = stopped;
  const names = await findPersons(services.pool, orgId, [pulledBy]);
  const account = accountId === undefined ? undefined : await nameOf(services, orgId, accountId);
  return {
    what: account ?? explain(language, 'chat.everything'),
    by: names.get(pulledBy)?.name ?? pulledBy,
    reason,
  };
}

async function nameOf(
  { pool }: ChatServices,
  orgId: string,
  accountId: string,
): Promise<string | undefined> {
  const { rows } = await pool.query<{ name: string }>(
    'SELECT name FROM account WHERE org_id = $1 AND account_id = $2',
    [orgId, accountId],
  );
  return rows[0]?.name;
}

/** The one account that is meant by its number or name, alone; otherwise the words are a reason. */
async function findAccount(
  { pool }: ChatServices,
  orgId: string,
  words: string,
): Promise<{ readonly accountId: string; readonly name: string } | undefined> {
  if (words === '') return undefined;
  const { rows } = await pool.query<{ account_id: string; name: string }>(
    `SELECT account_id, name FROM account
     WHERE org_id = $1 AND (number = $2 OR upper(name) = upper($3)) LIMIT 2`,
    [orgId, words.replace(/[\s-]/g, ''), words],
  );
  const [only] = rows;
  return only && rows.length === 1 ? { accountId: only.account_id, name: only.name } : undefined;
}
