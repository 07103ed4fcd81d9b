import { writeSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { text } from 'node:stream/consumers';
import { Worker } from 'node:worker_threads';
import { NodeCompiler } from '@myriaddreamin/typst-ts-node-compiler';
import type { RenderTask } from './pdf.ts';
import { withCharts } from './pdf-charts.ts';
import { prepareFonts } from './pdf-fonts.ts';
import type { Pages } from './pdf-pages.ts';

/**
 * The process that makes pages: task and pages come on its input, the PDF goes to file descriptor 3.
 * It never lives on after its parent, nor beyond its memory (`pdf-watch.ts`).
 */
async function main(): Promise<void> {
  const input = await text(process.stdin);
  const end = input.indexOf('\n');
  // Written by `toPdf` of this very program.
  const task: RenderTask = JSON.parse(input.slice(0, end));
  const watch = new Worker(new URL('./pdf-watch.ts', import.meta.url), {
    workerData: { memoryMaxBytes: task.memoryMaxBytes, parent: process.ppid },
  });
  watch.unref();
  await mkdir(task.fontFolder, { recursive: true, mode: 0o700 });
  const fonts = await prepareFonts(task.fontFolder);
  // Written by `toPdf`, too.
  const pages: Pages = JSON.parse(input.slice(end + 1));
  writeAll(compile(withCharts(pages), fonts));
}

const templates = fileURLToPath(new URL('./templates/', import.meta.url));

function compile(pages: object, fonts: readonly string[]): Buffer {
  const compiler = NodeCompiler.create({
    // Nothing outside this folder can be read, and there is nothing in it but the template.
    workspace: templates,
    fontArgs: [{ fontPaths: [...fonts] }],
  });
  compiler.mapShadow(`${templates}report.json`, Buffer.from(JSON.stringify(pages)));
  const compiled = compiler.compile({ mainFilePath: `${templates}report.typ` });
  const document = compiled.result;
  if (document === null) {
    const error = compiled.takeError();
    throw new Error(JSON.stringify(error?.shortDiagnostics ?? 'no document'));
  }
  return compiler.pdf(document);
}

function writeAll(bytes: Buffer): void {
  for (let written = 0; written < bytes.length; ) written += writeSync(3, bytes, written);
}

await main();
process.exit(0);
