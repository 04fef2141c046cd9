import { cpus, totalmem } from 'node:os'

/** Describes the machine in one line: processor, cores, memory, system, Node.js. */
export function machine(): string {
  const cores = cpus()
  const model = cores[0]?.model.trim() ?? 'unknown processor'
  const memory = `${Math.round(totalmem() / 2 ** 30)} GiB`
  return `${model}, ${cores.length} cores, ${memory}, ${process.platform} ${process.arch}, Node ${process.version}`
}
