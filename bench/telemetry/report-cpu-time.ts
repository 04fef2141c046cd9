// Loaded before the service: replies to every message of the parent process with the CPU time used so far.
process.on('message', () => process.send?.(process.cpuUsage()))
// Otherwise the channel would keep the process alive after its shutdown.
process.channel?.unref()
