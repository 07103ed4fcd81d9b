/** Ends this program cleanly when the one that holds its standard input ends, or on a signal. */
export function stopWithParent(stop: () => Promise<void>): void {
  let isStopping = false;
  const end = (): void => {
    if (isStopping) return;
    isStopping = true;
    void stop().finally(() => process.exit(0));
  };
  process.once('SIGINT', end);
  process.once('SIGTERM', end);
  process.stdin.on('error', end);
  process.stdin.once('end', end);
  process.stdin.once('close', end);
  process.stdin.resume();
}
