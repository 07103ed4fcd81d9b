/** One value of a column with the row in which it stands first. */
export interface Witness {
  readonly row: number;
  readonly text: string;
}

/** What all rows of a column say together about how they are to be read. */
export type Verdict<Format extends string> =
  /** Other formats cannot read a row that this one can: that row proves it. */
  | { readonly kind: 'proven'; readonly format: Format; readonly witness: Witness }
  /** Every format that reads them gives the same. */
  | { readonly kind: 'same'; readonly format: Format }
  | { readonly kind: 'unreadable' }
  /** Several formats read the rows, and differ. */
  | { readonly kind: 'ambiguous'; readonly formats: readonly Format[]; readonly witness: Witness }
  /** Rows prove different formats. */
  | {
      readonly kind: 'contradictory';
      readonly formats: readonly Format[];
      readonly witness: Witness;
    };

interface Tally<Format> {
  readonly format: Format;
  /** What each value reads as, by its place; undefined: not at all. */
  readonly readings: readonly (string | undefined)[];
  readonly count: number;
}

/**
 * Weighs formats by all values of a column. A format is proven when it reads everything that any
 * other reads, and more. Rows that no format reads prove nothing. There is no majority here: a
 * thousand rows that can be read in two ways stay open, and one that cannot decides.
 */
export function weighFormats<Format extends string, Value extends Witness>(
  values: readonly Value[],
  formats: readonly Format[],
  read: (value: Value, format: Format) => string | undefined,
): Verdict<Format> {
  const tallies = formats
    .map((format): Tally<Format> => {
      const readings = values.map((value) => read(value, format));
      return { format, readings, count: readings.filter((one) => one !== undefined).length };
    })
    .filter(({ count }) => count > 0);
  const standing = tallies.filter(
    (tally) => !tallies.some((other) => reads(other, tally) && other.count > tally.count),
  );
  const [first, ...others] = standing;
  if (!first) return { kind: 'unreadable' };
  const rival = others.find((other) => placeOfDifference(first, other) >= 0);
  if (!rival) return toProof(first, { tallies, values, isSilent: tallies.length < formats.length });
  const witness = bare(values[placeOfDifference(first, rival)] ?? { row: 0, text: '' });
  const isContradictory = standing.some((tally) => tally.count !== unionOf(standing));
  return {
    kind: isContradictory ? 'contradictory' : 'ambiguous',
    formats: standing.map(({ format }) => format),
    witness,
  };
}

/** Whether one reads every value that the other reads. */
function reads<Format>(one: Tally<Format>, other: Tally<Format>): boolean {
  return other.readings.every(
    (reading, place) => reading === undefined || one.readings[place] !== undefined,
  );
}

function placeOfDifference<Format>(left: Tally<Format>, right: Tally<Format>): number {
  return left.readings.findIndex((reading, place) => reading !== right.readings[place]);
}

function unionOf<Format>(tallies: readonly Tally<Format>[]): number {
  const [first] = tallies;
  return (first?.readings ?? []).filter((_reading, place) =>
    tallies.some(({ readings }) => readings[place] !== undefined),
  ).length;
}

/** The first row that the strongest rival cannot read, and the one that stands can. */
function toProof<Format extends string>(
  best: Tally<Format>,
  {
    tallies,
    values,
    isSilent,
  }: {
    readonly tallies: readonly Tally<Format>[];
    readonly values: readonly Witness[];
    /** A format reads nothing at all, so that any row speaks against it. */
    readonly isSilent: boolean;
  },
): Verdict<Format> {
  const { format, readings } = best;
  const [rival] = tallies
    .filter((other) => placeOfDifference(best, other) >= 0)
    .toSorted((left, right) => right.count - left.count);
  if (!rival && !isSilent) return { kind: 'same', format };
  const witness = values.find(
    (_value, place) => readings[place] !== undefined && rival?.readings[place] === undefined,
  );
  return witness ? { kind: 'proven', format, witness: bare(witness) } : { kind: 'same', format };
}

function bare({ row, text }: Witness): Witness {
  return { row, text };
}
