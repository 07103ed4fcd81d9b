/** The part of the package's interface that we use; it has no types of its own. */
declare module 'subset-font' {
  export default function subsetFont(
    font: Buffer,
    text: undefined,
    options: {
      readonly targetFormat: 'truetype';
      readonly keepAllGlyphs: true;
      /** Typographic features that stay; without it all of them. */
      readonly keepFeatures?: readonly string[];
      /** Fixes axes of a variable font at one value. */
      readonly variationAxes?: Readonly<Record<string, number>>;
    },
  ): Promise<Buffer>;
}
