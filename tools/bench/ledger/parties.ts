import type { Random } from '../../harness/random.ts';
import { marketShares, markets, ownAccounts } from './own-accounts.ts';
import type { Market, OwnAccount } from './own-accounts.ts';
import { drawName } from './party-names.ts';
import type { PartyName } from './party-names.ts';

/** A customer or supplier. */
export interface Party {
  readonly market: Market;
  readonly role: 'customer' | 'supplier';
  /** As our books have it. */
  readonly ledgerName: string;
  /** As its bank writes it, before anything is cut off. */
  readonly bankName: string;
  /** Somebody who now and then pays for it: its owner or a sister company. */
  readonly otherPayer: string;
  readonly account: OwnAccount;
  readonly termsDays: number;
}

export interface PartyBook {
  readonly parties: readonly Party[];
  /** Two of one market whose names resemble each other. */
  readonly lookalikes: readonly (readonly [Party, Party])[];
  /** Large ones turn up more often than small ones. */
  draw(random: Random): Party;
  /** Somebody of whom no document speaks. */
  drawStranger(random: Random): Party;
}

/** One in so many is kept out of the books. */
const STRANGER_SHARE = 0.06;

/** One in eight gets a neighbour whose name resembles its own. */
const LOOKALIKE_SHARE = 0.125;

/** The customers and suppliers of the group, no two with the same name. */
export function makeParties(random: Random, count: number): PartyBook {
  const parties: Party[] = [];
  const lookalikes: (readonly [Party, Party])[] = [];
  const taken = new Set<string>();
  while (parties.length < count) {
    const market = drawMarket(random);
    const name = drawUnused(random, market, taken);
    const party = makeParty(random, market, name);
    parties.push(party);
    if (!random.chance(LOOKALIKE_SHARE)) continue;
    const twinName = drawUnused(random, market, taken, name);
    const twin = {
      ...makeParty(random, market, twinName),
      role: party.role,
      account: party.account,
    };
    parties.push(twin);
    lookalikes.push([party, twin]);
  }
  const heights: number[] = [];
  for (const [rank] of parties.entries()) {
    heights.push((heights.at(-1) ?? 0) + 1 / Math.sqrt(rank + 5));
  }
  const strangers = Array.from({ length: Math.ceil(count * STRANGER_SHARE) }, () => {
    const market = drawMarket(random);
    return makeParty(random, market, drawUnused(random, market, taken));
  });
  return {
    parties,
    lookalikes,
    draw: (chance) => drawByHeight(chance, parties, heights),
    drawStranger: (chance) => chance.pick(strangers),
  };
}

function makeParty(random: Random, market: Market, name: PartyName): Party {
  const role = random.chance(0.75) ? 'customer' : 'supplier';
  const account = random.pick(accountsOf(market, random.chance(0.85)));
  const isLocal = market === 'CN' || (market === 'HK' && random.chance(0.2));
  const isGulf = market === 'AE' || market === 'KW';
  const isBookedLocal = market === 'HK' ? random.chance(0.3) : isGulf ? random.chance(0.45) : true;
  return {
    market,
    role,
    ledgerName: isBookedLocal ? name.local : name.latin,
    bankName: isLocal || (isGulf && random.chance(0.15)) ? name.local : name.latin,
    otherPayer: name.owner,
    account,
    termsDays: random.pick([7, 14, 30, 30, 45, 60]),
  };
}

function accountsOf(market: Market, isHome: boolean): readonly OwnAccount[] {
  const all = ownAccounts.filter((account) => account.market === market);
  const home = all[0]?.currency;
  const wished = all.filter(({ currency }) => (currency === home) === isHome);
  return wished.length === 0 ? all : wished;
}

function drawMarket(random: Random): Market {
  let left = random.whole(0, 99);
  for (const market of markets) {
    left -= marketShares[market];
    if (left < 0) return market;
  }
  return 'ID';
}

function drawUnused(
  random: Random,
  market: Market,
  taken: Set<string>,
  like?: PartyName,
): PartyName {
  for (let attempt = 0; attempt < 200; attempt += 1) {
    // Large groups have branches; they keep names apart when a market is full.
    const name = drawName(random, market, { like, hasBranch: attempt > 20 });
    if (taken.has(name.local) || taken.has(name.latin)) continue;
    taken.add(name.local);
    taken.add(name.latin);
    return name;
  }
  throw new Error(`no more names for ${market}`);
}

/** The first party whose height is above a point drawn evenly, found by halving. */
function drawByHeight(
  random: Random,
  parties: readonly Party[],
  heights: readonly number[],
): Party {
  const point = random.next() * (heights.at(-1) ?? 0);
  let low = 0;
  let high = parties.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((heights[middle] ?? 0) > point) high = middle;
    else low = middle + 1;
  }
  const party = parties[low];
  if (party === undefined) throw new Error('a party book needs at least one party');
  return party;
}
