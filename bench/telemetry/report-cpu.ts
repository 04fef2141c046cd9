// Loaded before the service: answers every message of the parent process with the CPU time spent so far.
process.on('message', () => process.send?.(process.cpuUsage()))
// Else the channel would keep the process alive at its end.
process.channel?.unref()
