import { writeSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { NodeCompiler } from '@myriaddreamin/typst-ts-node-compiler';
import type { RenderTask } from './pdf.ts';
import { prepareFonts } from './pdf-fonts.ts';
import { joinPdfs } from './pdf-join.ts';
import { readShapes, repairLetters } from './pdf-letters.ts';
import type { PageFrame, PageGroup } from './pdf-pages.ts';
import { finishPart } from './pdf-parts.ts';

/**
 * The process that makes pages: lines of `toPdf` come on its input, the PDF goes to file descriptor
 * 3. It never lives on after its parent, nor beyond its memory (`pdf-watch.ts`).
 */
async function main(): Promise<void> {
  const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
  const read = async <Content>(): Promise<Content> => {
    const { value, done } = await lines.next();
    if (done === true) throw new Error('the input ended early');
    // Written by `toPdf` of this very program.
    return JSON.parse(value);
  };
  const task = await read<RenderTask>();
  const watch = new Worker(new URL('./pdf-watch.ts', import.meta.url), {
    workerData: { memoryMaxBytes: task.memoryMaxBytes, parent: process.ppid },
  });
  watch.unref();
  const frame = await read<PageFrame>();
  await mkdir(task.fontFolder, { recursive: true, mode: 0o700 });
  const compile = createCompiler(await prepareFonts(task.fontFolder));
  const runs: Buffer[] = [];
  for (let index = 0; index < task.runs; index++) {
    const groups = finishGroups(await read<readonly PageGroup[]>(), frame);
    const isAlone = task.runs === 1;
    runs.push(compile({ ...frame, groups, isFirst: index === 0, isNumbered: isAlone }));
  }
  const [only, ...others] = runs;
  if (only === undefined) throw new Error('there are no pages');
  const number = (flipped: readonly boolean[]): Buffer => compile({ ...frame, numbers: flipped });
  writeAll(others.length === 0 ? only : joinPdfs(runs, number));
}

function finishGroups(groups: readonly PageGroup[], { language }: PageFrame): readonly object[] {
  return groups.map(({ flipped, parts }) => ({
    flipped,
    parts: parts.map((part) => finishPart(part, language)),
  }));
}

const templates = fileURLToPath(new URL('./templates/', import.meta.url));

function createCompiler(fonts: readonly string[]): (report: object) => Buffer {
  const compiler = NodeCompiler.create({
    // Nothing outside this folder can be read, and there is nothing in it but the template.
    workspace: templates,
    fontArgs: [{ fontPaths: [...fonts] }],
  });
  const shapes = readShapes(fonts);
  return (report) => {
    compiler.mapShadow(`${templates}report.json`, Buffer.from(JSON.stringify(report)));
    const compiled = compiler.compile({ mainFilePath: `${templates}report.typ` });
    const document = compiled.result;
    if (document === null) {
      throw new Error(JSON.stringify(compiled.takeError()?.shortDiagnostics ?? 'no document'));
    }
    const pdf = repairLetters(compiler.pdf(document), shapes);
    // What one run remembers is of no use to the next and would add up.
    compiler.evictCache(0);
    return pdf;
  };
}

function writeAll(bytes: Buffer): void {
  for (let written = 0; written < bytes.length; ) written += writeSync(3, bytes, written);
}

await main();
process.exit(0);
