import { readFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { readBody, sendJson, sendText } from '../lib/http.ts';
import type { Handler } from '../lib/http.ts';
import type { Card, Change, Message } from './books.ts';
import { isFields } from './content.ts';
import { FAULTS } from './fault-names.ts';
import { sendMedia } from './media-orders.ts';
import { findMedia } from './media.ts';
import { press } from './manage.ts';
import { Order, OrderRefused } from './order.ts';
import { writeToRobot } from './push/orders.ts';
import { approvalAct, viewApprovals } from './workflow/page-view.ts';
import type { App, World } from './world.ts';

/** The page that looks like a chat client, with what it needs below `/_page/`. */
export interface Page {
  handles(url: string): boolean;
  readonly handler: Handler;
  /** Follows the books of a new world; open pages start afresh. */
  attach(world: World): void;
  stop(): Promise<void>;
}

/** Older messages stay in the books; a page that drew tens of thousands would not be looked at. */
const SHOWN_MAX = 600;
const FLUSH_MS = 80;
const HEARTBEAT_MS = 15_000;

const file = (name: string): string =>
  readFileSync(new URL(`./page/${name}`, import.meta.url), 'utf8');

const PROGRAMS = [
  'markdown.mjs',
  'message.mjs',
  'card-form.mjs',
  'card.mjs',
  'post.mjs',
  'write-box.mjs',
  'status-panel.mjs',
  'approval-texts.mjs',
  'approval-parts.mjs',
  'approvals.mjs',
  'tabs.mjs',
  'chat.mjs',
];
const STYLES = ['chat.css', 'approvals.css'];

/** Puts style and program into the one document, so that no second address is ever asked. */
function readDocument(): string {
  const program = PROGRAMS.map((name) =>
    file(name)
      .replace(/^import [^;]*;$/gm, '')
      .replace(/^export /gm, ''),
  ).join('\n');
  return file('index.html')
    .replace('/*STYLE*/', () => STYLES.map(file).join('\n'))
    .replace('/*PROGRAM*/', () => program);
}

/** Makes the page over whichever world is current. */
export function createPage(world: () => World): Page {
  const document = readDocument();
  const viewers = new Set<ServerResponse>();
  let waiting: unknown[] = [];
  let timer: NodeJS.Timeout | undefined;
  const flush = (): void => {
    timer = undefined;
    const items = waiting.slice(-SHOWN_MAX);
    waiting = [];
    const data = JSON.stringify({ items, status: viewStatus(world()) });
    for (const viewer of viewers) viewer.write(`data: ${data}\n\n`);
  };
  const hear = (change: Change): void => {
    // Without viewers nothing is gathered: the wire path must stay cheap.
    if (viewers.size === 0) return;
    waiting.push(
      change.kind === 'message' ? viewMessage(world(), change.message) : viewCard(change.card),
    );
    timer ??= setTimeout(flush, FLUSH_MS);
  };
  const notice = (): void => {
    if (viewers.size > 0) timer ??= setTimeout(flush, FLUSH_MS);
  };
  const heartbeat = setInterval(() => {
    if (viewers.size > 0) flush();
  }, HEARTBEAT_MS);
  heartbeat.unref();
  const follow = (request: IncomingMessage, response: ServerResponse): void => {
    response.writeHead(200, {
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store',
    });
    response.write('retry: 1000\n\n');
    viewers.add(response);
    request.socket.once('close', () => viewers.delete(response));
  };
  return {
    handles: (url) => url === '/' || url.startsWith('/?') || url.startsWith('/_page/'),
    handler: (request, response) => serve({ world: world(), document, follow }, request, response),
    attach(current) {
      current.books.listen(hear);
      current.workflow.listeners.add(notice);
      for (const viewer of viewers) viewer.write('event: reset\ndata: {}\n\n');
    },
    async stop() {
      clearInterval(heartbeat);
      clearTimeout(timer);
      for (const viewer of viewers) viewer.end();
      viewers.clear();
    },
  };
}

interface Stage {
  readonly world: World;
  readonly document: string;
  follow(request: IncomingMessage, response: ServerResponse): void;
}

async function serve(
  stage: Stage,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://page.invalid');
  if (pathname === '/_page/events') return stage.follow(request, response);
  if (pathname === '/_page/state') return sendJson(response, 200, viewPage(stage.world));
  if (pathname.startsWith('/_page/media/')) {
    const name = searchParams.get('name');
    return sendMedia(stage.world, decodeURIComponent(pathname.slice(13)), response, name);
  }
  const isPost = request.method === 'POST';
  const act = isPost ? (ACTS[pathname] ?? approvalAct(pathname)) : undefined;
  if (act) return actFromPage(stage.world, act, request, response);
  const shown = viewApprovals(stage.world, pathname, searchParams);
  if (shown !== undefined) return sendJson(response, 200, shown);
  if (pathname !== '/') return sendText(response, 404, 'not found');
  response.setHeader(
    'content-security-policy',
    "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; connect-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'",
  );
  return sendText(response, 200, stage.document, 'text/html; charset=utf-8');
}

type Act = (world: World, order: Order) => unknown;

/** What a person can do on the page. */
const ACTS: Readonly<Record<string, Act>> = {
  '/_page/press': (world, order) => press(world, order.needText('outTrackId'), order),
  // Without a connection of the app the message is lost at once, and whoever wrote it is told.
  '/_page/robot-message': (world, order) => ({ outcome: writeToRobot(world, order).outcome }),
};

async function actFromPage(
  world: World,
  act: Act,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  try {
    const body: unknown = JSON.parse((await readBody(request)).toString('utf8'));
    sendJson(response, 200, act(world, new Order(body)));
  } catch (error) {
    if (!(error instanceof OrderRefused) && !(error instanceof SyntaxError)) throw error;
    sendJson(response, 400, { error: error.message });
  }
}

function viewPage(world: World): unknown {
  const { books } = world;
  const apps = [...world.apps.values()];
  const messages = books.messages.slice(-SHOWN_MAX).map((one) => viewMessage(world, one));
  const cards = [...books.cards.values()].slice(-SHOWN_MAX).map(viewCard);
  return {
    seed: world.seed,
    organisation: world.organisation,
    groups: [...world.groups.values()].map((group) => ({
      id: group.groupId,
      title: group.title,
      members: group.members.length + group.robotCodes.length,
      robots: apps.filter((app) => group.robotCodes.includes(app.robotCode)).map(viewRobot),
    })),
    robots: apps.map(viewRobot),
    users: [...world.users.values()].map((user) => ({ id: user.userId, name: user.name })),
    faultTexts: FAULTS,
    status: viewStatus(world),
    items: [...messages, ...cards].toSorted((one, other) => one.sequence - other.sequence),
  };
}

const viewRobot = ({ robotCode, name }: App) => ({ robotCode, name });

function viewStatus(world: World): unknown {
  return {
    now: world.clock.now().toISOString(),
    offsetMs: world.clock.offsetMs(),
    quotas: world.quotas.view(),
    faults: world.faults.list(),
    refusals: world.books.refusals.length,
    approvals: world.workflow.sequence,
  };
}

function viewMessage(world: World, message: Message) {
  const { mediaId } = message.content;
  const isGone = mediaId !== undefined && !findMedia(world, mediaId);
  return {
    type: 'message' as const,
    id: message.id,
    sequence: message.sequence,
    at: message.at,
    conversations: message.groupId
      ? [message.groupId]
      : (message.userIds ?? []).map((userId) => `user:${userId}`),
    robot: message.robot,
    person: message.via === 'person' && isFields(message.raw) ? message.raw['userId'] : null,
    content: isGone ? { ...message.content, gone: true } : message.content,
    recalled: message.recalled,
  };
}

function viewCard(card: Card) {
  return {
    type: 'card' as const,
    id: card.outTrackId,
    sequence: card.sequence,
    at: card.at,
    conversations: card.spaces.map((space) =>
      space.spaceType === 'IM_ROBOT' ? `user:${space.spaceId}` : space.spaceId,
    ),
    robot: card.spaces[0]?.robot ?? '',
    params: card.params,
    privateData: card.privateData,
    version: card.version,
    changed: card.updates.at(-1)?.at ?? card.at,
    // Copies: what is told now must not change until it leaves.
    presses: card.presses.slice(-20).map((one) => ({ ...one })),
  };
}
