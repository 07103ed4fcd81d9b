const END_OF_DIRECTORY = 0x06054b50;
const DIRECTORY_ENTRY = 0x02014b50;
const LOCAL_HEADER = 0x04034b50;
const LARGE = 0xffffffff;
/** Bit of an entry that says: the sizes stand behind the data. */
const SIZES_BEHIND = 8;
const PARTS_MAX = 400;
const TOO_LARGE = 'the workbook is too large when it is unpacked';
const DAMAGED = 'it is no XLSX workbook, or it is damaged';

/** Makes the error of a file that is refused. */
type Refuse = (problem: string) => Error;

export interface ArchiveLimits {
  /** What all parts may take together when they are unpacked. */
  readonly unpackedBytesMax: number;
  readonly refuse: Refuse;
}

/**
 * Refuses an archive by its directory before anything of it is unpacked. A part that unpacks to more
 * than its entry says is cut off by the reader, so the sum of the entries bounds the whole.
 */
export function refuseBomb(bytes: Uint8Array, limits: ArchiveLimits): void {
  const { refuse, unpackedBytesMax } = limits;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const end = findEnd(view, refuse);
  const parts = view.getUint16(end + 10, true);
  if (parts > PARTS_MAX) throw refuse('the workbook has too many parts');
  let place = view.getUint32(end + 16, true);
  let sum = 0;
  for (let part = 0; part < parts; part += 1) {
    requireMark(view, { place, mark: DIRECTORY_ENTRY, length: 46 }, refuse);
    sum += unpackedSizeOf(view, place, refuse);
    if (sum > unpackedBytesMax) throw refuse(TOO_LARGE);
    place +=
      46 +
      view.getUint16(place + 28, true) +
      view.getUint16(place + 30, true) +
      view.getUint16(place + 32, true);
  }
}

/** Size of a part as its entry says; sizes that are hidden, missing or told twice are refused. */
function unpackedSizeOf(view: DataView, place: number, refuse: Refuse): number {
  const packed = view.getUint32(place + 20, true);
  const unpacked = view.getUint32(place + 24, true);
  const local = view.getUint32(place + 42, true);
  requireMark(view, { place: local, mark: LOCAL_HEADER, length: 30 }, refuse);
  const again = view.getUint32(local + 22, true);
  const isBehind = (view.getUint16(place + 8, true) & SIZES_BEHIND) !== 0;
  const isHidden = packed === LARGE || unpacked === LARGE;
  // Nothing packs to two bytes; a larger part of no size could unpack to anything.
  const isMissing = (unpacked === 0 && packed > 2) || (isBehind && packed === 0);
  const isToldTwice = again !== unpacked && again !== 0;
  if (isHidden || isMissing || isToldTwice) throw refuse(TOO_LARGE);
  return unpacked;
}

function requireMark(
  view: DataView,
  { place, mark, length }: { place: number; mark: number; length: number },
  refuse: Refuse,
): void {
  if (place + length <= view.byteLength && view.getUint32(place, true) === mark) return;
  throw refuse(DAMAGED);
}

function findEnd(view: DataView, refuse: Refuse): number {
  const first = Math.max(0, view.byteLength - 65_557);
  for (let place = view.byteLength - 22; place >= first; place -= 1) {
    if (view.getUint32(place, true) === END_OF_DIRECTORY) return place;
  }
  throw refuse(DAMAGED);
}
