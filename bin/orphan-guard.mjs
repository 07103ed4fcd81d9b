// Loaded into the child by node24.mjs: when the parent is gone, so is the reason to run.
if (process.channel) {
  process.on('disconnect', () => process.kill(process.pid, 'SIGTERM'));
  // The channel alone must not keep a finished script alive.
  process.channel.unref();
}
