import { readBody, sendJson } from '../lib/http.ts';
import type { Handler } from '../lib/http.ts';
import type { CardPress } from './books.ts';
import { createWorld } from './default-world.ts';
import { createManagement } from './manage.ts';
import type { Manage } from './manage.ts';
import { sendMedia } from './media-orders.ts';
import { OrderRefused } from './order.ts';
import { createPage } from './page.ts';
import { callBack } from './push/card-callbacks.ts';
import { deliverEvent } from './push/events.ts';
import type { PublishedEvent } from './push/publisher.ts';
import { createUpgrade, stopPush } from './push/sockets.ts';
import { createWire } from './wire.ts';
import type { World } from './world.ts';

/** A DingTalk that lives in memory, without a port of its own. */
export interface DingtalkSimulator {
  /** DingTalk's own interface, and the page at `/`. */
  readonly wire: Handler;
  /** `/_sim/…` over HTTP, and the page at `/`. */
  readonly admin: Handler;
  /** The page alone. */
  readonly pageHandler: Handler;
  /** The management interface without HTTP; `path` is relative to `/_sim/`. */
  readonly manage: Manage;
  /** Tells the simulator where its wire listens, so that it can show whole webhook addresses. */
  setWireUrl(url: string): void;
  /** Hears every press on a card's button. */
  onPress(listener: (press: CardPress) => void): () => void;
  /** Hears everything that apps are told by push, whether or not a delivery is set up. */
  onEvent(listener: (event: PublishedEvent) => void): () => void;
  stop(): Promise<void>;
}

/** Makes the simulator with the default world of the seed. */
export function createDingtalkSimulator(options: { seed: number }): DingtalkSimulator {
  let world = createWorld(options.seed);
  const listeners = new Set<(press: CardPress) => void>();
  const hearers = new Set<(event: PublishedEvent) => void>();
  const attach = (): void => {
    const current = world;
    current.books.listen((change) => {
      if (change.kind !== 'press') return;
      for (const listener of listeners) listener(change.press);
      callBack(current, change.card, change.press);
    });
    current.events.subscribe((event) => {
      for (const hear of hearers) hear(event);
      deliverEvent(current, event);
    });
    page.attach(current);
  };
  const page = createPage(() => world);
  attach();
  const manage = createManagement(
    () => world,
    (seed) => {
      stopPush(world);
      world = createWorld(seed ?? world.seed, world.wireUrl);
      attach();
      return world;
    },
  );
  const wire = createWire(() => world);
  const serve: Handler = (request, response) =>
    page.handles(request.url ?? '/') ? page.handler(request, response) : wire(request, response);
  return {
    wire: Object.assign(serve, { upgrade: createUpgrade(() => world) }),
    admin: createAdmin(() => world, manage, page.handler),
    pageHandler: page.handler,
    manage,
    setWireUrl: (url) => {
      world.wireUrl = url;
    },
    onPress: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    onEvent: (listener) => {
      hearers.add(listener);
      return () => hearers.delete(listener);
    },
    async stop() {
      stopPush(world);
      await page.stop();
    },
  };
}

function createAdmin(world: () => World, manage: Manage, pageHandler: Handler): Handler {
  return async (request, response) => {
    const url = request.url ?? '/';
    if (!url.startsWith('/_sim/')) return pageHandler(request, response);
    const [, mediaId] = /^\/_sim\/media\/([^/?]+)$/.exec(url) ?? [];
    if (request.method === 'GET' && mediaId !== undefined) {
      return sendMedia(world(), decodeURIComponent(mediaId), response);
    }
    try {
      const body = await readBody(request);
      const order: unknown = body.length > 0 ? JSON.parse(body.toString('utf8')) : undefined;
      const result = await manage(request.method ?? 'GET', url.slice('/_sim/'.length), order);
      if (result === undefined) sendJson(response, 404, { error: `no management path ${url}` });
      else sendJson(response, 200, result);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      const isTheirs = error instanceof OrderRefused || error instanceof SyntaxError;
      sendJson(response, isTheirs || /unknown fault/.test(reason) ? 400 : 500, { error: reason });
    }
  };
}
