import type { Language } from '#core/languages.ts';
import { readRightsOf } from '#core/read-rights.ts';
import type { RobotMessage } from '#dingtalk/push.ts';
import { translate, type MessageKey } from '#i18n/messages.ts';
import { closeQuestion, noteQuestion } from '#store/chat-questions.ts';
import { addAppUsage } from '#store/dingtalk-usage.ts';
import type { DirectoryApp, DirectoryOrg } from '#store/directory.ts';
import { heldGrants } from '#store/grants.ts';
import type { AdminServices } from '#store/orgs.ts';
import { getOrg, parseLanguage } from '#store/orgs.ts';
import { findPersons, requirePerson } from '#store/persons.ts';
import { loadStandings } from '#store/questions.ts';
import type { PushContext } from '../dingtalk/inbox.ts';
import type { Announcer } from '../notification/announce.ts';
import type { BudgetName, BudgetWatch } from '../notification/budget-watch.ts';
import type { ChatReply } from '../payment-controls/chat-reply.ts';
import { answerQuestion } from './answer-question.ts';
import type { Asker } from './asker.ts';
import { type Question, readQuestion, type Unclear } from './read-question.ts';

export interface QuestionChatOptions {
  readonly services: AdminServices & { readonly announcer: Announcer };
  readonly budgets: BudgetWatch;
  readonly reply: ChatReply;
}

/** A question about nothing in particular is not worth more of a month's messages. */
const PER_MINUTE = 6;
const PER_DAY = 100;
type End = 'answered' | 'limited' | 'spared';

/**
 * The handler of robot messages that are no command: reads what is asked, and answers within the
 * asker's rights. Figures go to the asker alone, because in a group everybody reads along; the group
 * gets one line without any. Outsiders get no answer at all. The last handler in the list: whatever
 * reaches it is a question, or gets a word on what can be asked.
 */
export function createQuestionChat(
  options: QuestionChatOptions,
): (message: RobotMessage, context: PushContext) => Promise<boolean> {
  return async (message, context) => {
    if (message.isWithoutContent) return false;
    const { services } = options;
    const org = await services.announcer.directory.org(context.orgId);
    const app = org.apps.get(context.appId);
    // An app that was just removed cannot answer.
    if (!app) return true;
    const settings = await getOrg(services, context.orgId);
    const userId = message.senderUserId;
    const isOwn =
      message.isFromOwnCorp &&
      (settings.corpId === undefined || settings.corpId === message.senderCorpId);
    if (!isOwn || userId === undefined) return true;
    const question = readQuestion(message.text);
    await answer(new Talk(options, org, app, message), settings.language, {
      context,
      userId,
      question,
    });
    return true;
  };
}

interface Asked {
  readonly context: PushContext;
  readonly userId: string;
  readonly question: Question | Unclear;
}

async function answer(talk: Talk, orgLanguage: Language, asked: Asked): Promise<void> {
  const { context, userId, question } = asked;
  const { orgId, eventKey } = context;
  const { pool, now } = talk.services;
  const person = await findAsker(talk, orgId, userId);
  const ownLanguage = question.kind === 'unclear' ? undefined : question.language;
  const language = person?.language ?? ownLanguage ?? orgLanguage;
  const at = now();
  const noted = await noteQuestion(pool, {
    orgId,
    eventKey,
    personId: person?.personId ?? `dingtalk:${userId}`,
    kind: question.kind,
    at,
  });
  if (noted.isAnswered) return;
  const end = (state: End): Promise<void> => closeQuestion(pool, { orgId, eventKey }, state);
  if (noted.inLastMinute >= PER_MINUTE || noted.inLastDay >= PER_DAY) {
    const key = noted.inLastDay >= PER_DAY ? 'question.tooManyToday' : 'question.tooMany';
    if (!noted.isToldLately) await talk.here(translate(language, key));
    return end('limited');
  }
  if (await talk.isShort()) {
    if (!noted.isToldLately) await talk.here(translate(language, 'question.sparing'));
    return end('spared');
  }
  if (!person) {
    await talk.here(translate(language, 'chat.unknownPerson'));
    return end('answered');
  }
  const asker = await createAsker(talk, { ...person, orgId, userId, language });
  const text = await answerQuestion(pool, asker, question);
  const isPublic = question.kind === 'help' || question.kind === 'unclear';
  if (isPublic) await talk.here(text);
  else await talk.privately(text, (key) => translate(language, key));
  await end('answered');
}

async function findAsker(
  { services }: Talk,
  orgId: string,
  userId: string,
): Promise<{ readonly personId: string; readonly language: Language | undefined } | undefined> {
  const word = `dingtalk:${userId}`;
  const found = (await findPersons(services.pool, orgId, [word])).get(word);
  if (!found || found.isRemoved) return undefined;
  const { personId, language } = await requirePerson(services.pool, orgId, found.personId);
  return { personId, language: language === undefined ? undefined : parseLanguage(language) };
}

async function createAsker(
  { services }: Talk,
  who: Pick<Asker, 'orgId' | 'personId' | 'language'> & { readonly userId: string },
): Promise<Asker> {
  const { orgId, personId, userId, language } = who;
  const action = 'account.read';
  const at = services.now();
  const grants = await heldGrants(services.pool, { orgId, personId, action });
  const rights = readRightsOf(grants, action, at);
  const standings = await loadStandings(services.pool, orgId);
  return {
    orgId,
    personId,
    makerWords: [personId, `dingtalk:${userId}`],
    language,
    rights,
    accounts: standings.filter(({ accountId }) => rights.mayRead(accountId)),
    at,
  };
}

/** One conversation: the ways to answer in it, and what they cost. */
class Talk {
  readonly services: QuestionChatOptions['services'];
  readonly #options: QuestionChatOptions;
  readonly #org: DirectoryOrg;
  readonly #app: DirectoryApp;
  readonly #message: RobotMessage;

  constructor(
    options: QuestionChatOptions,
    org: DirectoryOrg,
    app: DirectoryApp,
    message: RobotMessage,
  ) {
    this.services = options.services;
    this.#options = options;
    this.#org = org;
    this.#app = app;
    this.#message = message;
  }

  /** Whether the month's messages are nearly spent, so that what is left is for money that moves. */
  async isShort(): Promise<boolean> {
    const nowMs = this.services.now().epochMilliseconds;
    for (const budget of ['api', 'webhook'] as const) {
      const { level } = await this.#options.budgets.forecastOf(this.#org, budget, nowMs);
      if (level === 'reserve' || level === 'exhausted') return true;
    }
    return false;
  }

  /** Answers where it was asked. */
  async here(text: string): Promise<void> {
    const way = await this.#options.reply.here(this.#app, this.#message, text);
    if (way) await this.#count(way);
  }

  /** Answers the asker alone; a group gets a word that it was done, or why not. */
  async privately(text: string, say: (key: MessageKey) => string): Promise<void> {
    if (!this.#message.isGroup) return this.here(text);
    const isReached = await this.#options.reply.privately(this.#app, this.#message, text);
    if (isReached) await this.#count('api');
    await this.here(say(isReached ? 'question.privately' : 'question.notReached'));
  }

  async #count(budget: BudgetName): Promise<void> {
    const { orgId } = this.#org;
    const { appId } = this.#app;
    const at = this.services.now();
    await addAppUsage(this.services.pool, { orgId, appId, budget, calls: 1, at });
    this.#options.budgets.noteSend(orgId, budget);
  }
}
