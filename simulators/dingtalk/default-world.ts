import { createClock } from '../lib/clock.ts';
import { createFaults } from '../lib/faults.ts';
import { createRandom } from '../lib/random.ts';
import { createBooks } from './books.ts';
import { DIRECTORY_PERMISSIONS, ROOT_DEPARTMENT } from './directory.ts';
import { FAULT_NAMES } from './fault-names.ts';
import { createPublisher } from './push/publisher.ts';
import { createPushState } from './push/state.ts';
import { createQuotas } from './quotas.ts';
import { importSignatureKey } from './signature.ts';
import { createSlidingWindow } from './sliding-window.ts';
import { createWorkflow } from './workflow/store.ts';
import { hex } from './world.ts';
import type { App, CustomRobot, Group, Security, World } from './world.ts';

/** Permissions that the default app was granted; names as in the developer console. */
const DEFAULT_PERMISSIONS = [
  'qyapi_robot_sendmsg',
  'Card.Instance.Write',
  'qyapi_chat_manage',
  'Workflow.Form.Read',
  'Workflow.Form.Write',
  'Workflow.Instance.Read',
  'Workflow.Instance.Write',
  ...DIRECTORY_PERMISSIONS,
];

/** Makes the default world of a seed: the same organisation, groups and credentials every time. */
export function createWorld(seed: number, wireUrl = ''): World {
  const random = createRandom(seed);
  const clock = createClock();
  const world: World = {
    seed,
    random,
    clock,
    faults: createFaults(FAULT_NAMES, random),
    books: createBooks(() => clock.now()),
    events: createPublisher(seed, () => clock.now().getTime()),
    push: createPushState(seed),
    quotas: createQuotas(() => clock.now().getTime()),
    corpId: `dingsimulated${hex(random, 20)}`,
    organisation: 'Simulated Trading 模拟贸易有限公司',
    users: new Map(),
    departments: new Map(),
    roles: new Map(),
    workflow: createWorkflow(seed),
    groups: new Map(),
    robots: new Map(),
    apps: new Map(),
    tokens: new Map(),
    media: new Map(),
    sessions: new Map(),
    limits: {
      perMinute: 20,
      muteMs: 600_000,
      throttleCode: 130_101,
      qps: 20,
      tokenLifetimeMs: 7_200_000,
      withdrawAfterMs: 15_000,
    },
    wording: 'mixed',
    callerIp: undefined,
    wireUrl,
  };
  populate(world);
  return world;
}

/** Fills a world with an organisation that a tester recognises. */
function populate(world: World): void {
  addPeople(world);
  const app = addApp(world, { name: 'Cashbell' });
  const everyone = [...world.users.keys()];
  const inside = [app.robotCode];
  const finance = addGroup(world, { title: 'Finance 财务群', robotCodes: inside });
  addGroup(world, { title: 'Management 管理层', robotCodes: inside });
  const indonesia = addGroup(world, { title: 'Treasury Indonesia' });
  const sales = addGroup(world, { title: 'Sales 销售群' });
  const warehouse = addGroup(world, { title: 'Warehouse 仓库群' });
  const arabia = addGroup(world, { title: 'خزينة الشرق الأوسط' });
  for (const group of [finance, indonesia, sales, warehouse, arabia]) {
    group.members.push(...everyone);
  }
  addRobot(world, { group: indonesia, name: 'Cashbell Indonesia', security: [signed(world)] });
  addRobot(world, {
    group: sales,
    name: '收款小助手',
    security: [{ mode: 'keyword', keywords: ['收款', 'Cashbell'] }],
  });
  addRobot(world, {
    group: warehouse,
    name: 'Warehouse bell',
    security: [{ mode: 'ip', addresses: ['127.0.0.1', '10.0.0.0/8'] }],
  });
  addRobot(world, { group: arabia, name: 'جرس الخزينة', security: [signed(world)] });
}

const FINANCE = 482_001_001;
const MANAGEMENT = 482_001_002;
const SALES = 482_001_003;

const PEOPLE: readonly { name: string; title: string; departmentIds: number[] }[] = [
  { name: '张伟 Zhang Wei', title: 'Finance clerk 出纳', departmentIds: [FINANCE] },
  { name: 'Siti Rahma', title: 'Finance manager 财务经理', departmentIds: [FINANCE] },
  { name: '李娜 Li Na', title: 'CFO 财务总监', departmentIds: [FINANCE, MANAGEMENT] },
  { name: 'أحمد العلي', title: 'General manager 总经理', departmentIds: [1, MANAGEMENT] },
  { name: 'Maria Santos', title: 'Finance clerk 出纳', departmentIds: [FINANCE, SALES] },
];

/** Roles by the place of their people above; the clerks make payments, the others check them. */
const ROLES: readonly { name: string; people: readonly number[] }[] = [
  { name: 'Finance clerk', people: [0, 4] },
  { name: 'Finance manager', people: [1] },
  { name: 'CFO', people: [2] },
  { name: 'General manager', people: [3] },
];

function addPeople(world: World): void {
  const root = { departmentId: ROOT_DEPARTMENT, name: world.organisation, parentId: undefined };
  world.departments.set(ROOT_DEPARTMENT, root);
  const names = {
    [FINANCE]: 'Finance 财务部',
    [MANAGEMENT]: 'Management 管理层',
    [SALES]: 'Sales 销售部',
  };
  for (const [id, name] of Object.entries(names)) {
    const departmentId = Number(id);
    world.departments.set(departmentId, { departmentId, name, parentId: ROOT_DEPARTMENT });
  }
  PEOPLE.forEach((person, index) => {
    const userId = userIdOf(index);
    const unionId = `union${hex(world.random, 12)}iE`;
    const mobile = `1380000000${index + 1}`;
    const admin = person.title.startsWith('General manager');
    const standing = { flowControlled: false, active: true, admin, mobile };
    world.users.set(userId, { userId, unionId, ...person, ...standing });
  });
  ROLES.forEach(({ name, people }, index) => {
    const roleId = 1_507_113_580 + index;
    const userIds = people.map(userIdOf);
    world.roles.set(roleId, {
      roleId,
      name,
      groupId: 1_507_113_577,
      groupName: 'Finance',
      userIds,
    });
  });
}

const userIdOf = (index: number): string => `user0${index + 1}`;

/** A fresh signature mode; the secret carries a mark so that secret scanners and people are not alarmed. */
export function signed(world: World, secret?: string): Security {
  const value = secret ?? `SECsimulated${hex(world.random, 55)}`;
  return { mode: 'signature', secret: value, key: importSignatureKey(value) };
}

/** Adds an app with credentials that nobody can take for real ones. */
export function addApp(
  world: World,
  order: { name: string; appKey?: string; appSecret?: string; robotCode?: string },
): App {
  const appKey = order.appKey ?? `dingsimulated${hex(world.random, 10)}`;
  const app: App = {
    appKey,
    appSecret: order.appSecret ?? `simulated-${hex(world.random, 54)}`,
    // Internal apps usually have the AppKey as robot code (dingtalk.md 3.1).
    robotCode: order.robotCode ?? appKey,
    name: order.name,
    agentId: world.random.whole(1_000_000_000, 1_999_999_999),
    cardTemplateIds: [`${uuid(world)}.schema`],
    permissions: [...DEFAULT_PERMISSIONS],
    ipWhitelist: [],
    token: undefined,
    qps: new Map(),
    botStopped: false,
  };
  world.apps.set(app.appKey, app);
  return app;
}

/** Adds a group; its id has "+", "/" and "=" in it, as real ones do, so that encoding is tried. */
export function addGroup(
  world: World,
  order: { title: string; chatId?: string; robotCodes?: string[]; members?: string[] },
): Group {
  const group: Group = {
    groupId: `cid${hex(world.random, 9)}+${hex(world.random, 6)}/${hex(world.random, 4)}==`,
    chatId: order.chatId ?? `chat${hex(world.random, 32)}`,
    title: order.title,
    members: [...(order.members ?? [])],
    robotCodes: [...(order.robotCodes ?? [])],
    dissolved: false,
  };
  world.groups.set(group.groupId, group);
  return group;
}

/** Adds a custom robot to a group. */
export function addRobot(
  world: World,
  order: { group: Group; name: string; security: readonly Security[]; token?: string },
): CustomRobot {
  const robot: CustomRobot = {
    name: order.name,
    token: order.token ?? `simulated${hex(world.random, 55)}`,
    groupId: order.group.groupId,
    security: order.security,
    disabled: false,
    minute: createSlidingWindow(60_000),
    mutedUntilMs: 0,
    seen: new Map(),
  };
  world.robots.set(robot.token, robot);
  return robot;
}

function uuid(world: World): string {
  const text = hex(world.random, 32);
  return [8, 12, 16, 20, 32]
    .map((end, index) => text.slice([0, 8, 12, 16, 20][index], end))
    .join('-');
}
