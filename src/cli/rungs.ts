import type { ExplainedRung } from '#api/explain.ts';

const MARKS = { passed: '✓', warned: '!', failed: '✗', skipped: '·' } as const;

/** One rung for a person: its mark, its name, and for what needs a look all that explains it. */
export function describeRung(rung: ExplainedRung): string {
  const lines = [`${MARKS[rung.status]} ${rung.title} (${rung.durationMs} ms)`];
  for (const finding of rung.findings) {
    lines.push(`    ${finding.cause}`);
    if (finding.fix !== '') lines.push(`    → ${finding.fix}`);
    const place = ['field', 'position', 'seconds', 'host', 'cause']
      .filter((name) => finding.details[name] !== undefined && finding.details[name] !== '')
      .map((name) => `${name}: ${String(finding.details[name])}`);
    const code = finding.code === undefined ? finding.key : `${finding.key}, ${finding.code}`;
    lines.push(`    [${[code, ...place].join('; ')}]`);
  }
  if (rung.status === 'failed') {
    if (rung.sent !== undefined) lines.push('    sent:', indent(rung.sent));
    if (rung.received !== undefined) lines.push('    received:', indent(rung.received));
  } else if (rung.status === 'passed' && rung.name === 'data' && rung.received !== undefined) {
    lines.push(indent(rung.received));
  }
  return lines.join('\n');
}

function indent(text: string): string {
  return text
    .split('\n')
    .map((line) => `      ${line}`)
    .join('\n');
}
