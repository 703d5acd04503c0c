// Loaded into every server with `--import`: the server ends with the benchmark that started it, for any reason.
process.on('disconnect', () => process.exit());
process.channel?.unref();
