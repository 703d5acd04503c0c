// Loaded into every server with `--import`: the server ends when the benchmark that started it has ended, however.
process.on('disconnect', () => process.exit());
process.channel?.unref();
