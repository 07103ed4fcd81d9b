import { pushKey, readCardPress, readRobotMessage } from '#dingtalk/push.ts';
import { createCoalescer } from '#engine/coalesce.ts';
import { storeDingtalkEvents } from '#store/dingtalk-events.ts';
import type { EventSource, EventStored, NewDingtalkEvent } from '#store/dingtalk-events.ts';
import type { Directory, DirectoryApp } from '#store/directory.ts';
import type { Services } from '#store/services.ts';

/** Something that DingTalk told of an app, before anything about it is believed. */
export type Told =
  | {
      readonly kind: 'event';
      readonly eventType: string;
      /** Empty when DingTalk gave none. */
      readonly eventId: string;
      /** Empty when DingTalk gave none. */
      readonly corpId: string;
      readonly bornAtMs?: number | undefined;
      readonly data: string;
    }
  | { readonly kind: 'robotMessage'; readonly data: string }
  /** `messageId` is that of the frame: pressing the same button again is another press. */
  | {
      readonly kind: 'cardPress';
      readonly messageId: string;
      readonly data: string;
      /** Until then the inbox leaves it to whoever took it in and answers it. */
      readonly leaseUntil?: Date;
    };

/** `foreign`: of another company, and dropped. `unreadable`: nothing that could be worked off. */
export type Intake = EventStored | 'foreign' | 'unreadable';

/** Writes down what DingTalk tells. Once the promise is kept it is on disk and may be acknowledged. */
export interface EventIntake {
  take(app: DirectoryApp, source: EventSource, told: Told): Promise<Intake>;
}

const ITEMS_MAX = 200;

export function createEventIntake(options: {
  readonly services: Services;
  readonly directory: Directory;
  /** Called after something new was committed. */
  readonly onStored: () => void;
}): EventIntake {
  const writer = createCoalescer<NewDingtalkEvent, EventStored>({
    write: (events) => storeDingtalkEvents(options.services, events, new Date()),
    itemsMax: ITEMS_MAX,
    concurrency: 1,
  });
  return {
    take: async (app, source, told) => {
      const event = toEvent(app, source, told);
      if (!event) return 'unreadable';
      const { corpId } = await options.directory.org(app.orgId);
      if (corpId !== undefined && event.corpId !== '' && event.corpId !== corpId) return 'foreign';
      const stored = await writer.add(event.row);
      if (stored === 'stored') options.onStored();
      return stored;
    },
  };
}

interface ReadyEvent {
  readonly row: NewDingtalkEvent;
  readonly corpId: string;
}

function toEvent(app: DirectoryApp, source: EventSource, told: Told): ReadyEvent | undefined {
  const { orgId, appId } = app;
  const common = { orgId, appId, source, data: told.data };
  switch (told.kind) {
    case 'event': {
      const { eventType, eventId, corpId, bornAtMs } = told;
      if (eventType === '') return undefined;
      const eventKey = eventId === '' ? pushKey('event', appId, eventType, told.data) : eventId;
      return {
        corpId,
        row: {
          ...common,
          kind: 'event',
          eventKey: eventKey.slice(0, 200),
          eventType: eventType.slice(0, 128),
          isCounted: isCounted(eventType),
          ...(bornAtMs === undefined ? {} : { bornAt: new Date(bornAtMs) }),
        },
      };
    }
    case 'robotMessage': {
      const message = readRobotMessage(told.data);
      if (!message) return undefined;
      const { createdAtMs } = message;
      return {
        corpId: message.senderCorpId ?? '',
        row: {
          ...common,
          kind: 'robotMessage',
          eventKey: `message:${message.msgId}`.slice(0, 200),
          eventType: 'robotMessage',
          isCounted: true,
          ...(createdAtMs === undefined ? {} : { bornAt: new Date(createdAtMs) }),
        },
      };
    }
    case 'cardPress': {
      const press = readCardPress(told.data);
      if (!press) return undefined;
      return {
        corpId: press.corpId ?? '',
        row: {
          ...common,
          kind: 'cardPress',
          eventKey: pressKeyOf(app, told.messageId, told.data),
          eventType: 'cardPress',
          isCounted: true,
          ...(told.leaseUntil === undefined ? {} : { leaseUntil: told.leaseUntil }),
        },
      };
    }
  }
}

/** Names a press: the frame or call that brought it, with everything in it. */
export function pressKeyOf(
  { appId }: Pick<DirectoryApp, 'appId'>,
  messageId: string,
  data: string,
): string {
  return pushKey('press', appId, messageId, data);
}

/** Changes of the directory cost nothing (dingtalk.md section 2.3). */
const FREE = /^(?:user_\w+_org|org_dept_\w+|org_change|label_\w+|org_admin_\w+|check_\w*url)$/;

function isCounted(eventType: string): boolean {
  return !FREE.test(eventType);
}
