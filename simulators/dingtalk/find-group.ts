import { refuseOrder } from './order.ts';
import type { Group, World } from './world.ts';

/** Finds a group by id, chatId or title, so that a test can use the name it sees. */
export function findGroup(world: World, name: string): Group {
  for (const group of world.groups.values()) {
    if (group.groupId === name || group.chatId === name || group.title === name) return group;
  }
  return refuseOrder(`no group "${name}"`);
}
