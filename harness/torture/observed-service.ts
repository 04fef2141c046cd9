// A service that logs its memory and its open resources when it is asked to.
import { type LogLine, startService } from '../service.ts'
import { until } from '../until.ts'

export type ObservedService = Awaited<ReturnType<typeof startObserved>>
/** `heapBytes` and `residentBytes` after a garbage collection; `resources` is how many of each kind are open. */
export type Observation = { heapBytes: number; residentBytes: number; resources: Record<string, number> }

const observe = `process.on('SIGUSR2', () => {
  gc()
  const { heapUsed, rss } = process.memoryUsage()
  const resources = {}
  for (const name of process.getActiveResourcesInfo()) resources[name] = (resources[name] ?? 0) + 1
  console.log(JSON.stringify({ level: 30, msg: 'observed', heapBytes: heapUsed, residentBytes: rss, resources }))
})`
const preload = ['./otel/register.ts', `data:text/javascript,${encodeURIComponent(observe)}`]

export async function startObserved(...[env, database]: Parameters<typeof startService>) {
  const service = await startService({ NODE_OPTIONS: '--expose-gc', ...env }, database, { preload })
  return {
    ...service,
    async observe(): Promise<Observation> {
      const logged = () => service.lines.filter(({ msg }) => msg === 'observed')
      const known = logged().length
      service.kill('SIGUSR2')
      return (await until('the service observes itself', () => logged()[known])) as LogLine & Observation
    },
    /** What the service logged as an error, and what it wrote to stderr. */
    errors: (): string[] => [
      ...service.lines.filter(({ level }) => level >= 50).map((line) => JSON.stringify(line)),
      ...service
        .stderr()
        .split('\n')
        .filter((line) => line !== ''),
    ],
  }
}
