// The process that sends load: it shares no event loop with what measures and checks, and its CPU time can be read apart.
import { createConnections } from './connections.ts'
import { type Answer, type Job, run } from './jobs.ts'

export type Order = { id: number; job: Job }
export type Done = { id: number; answers: Answer[] }

const [port, host = ''] = process.argv.slice(2)
const connections = createConnections(Number(port), host)

process.on('message', async ({ id, job }: Order) => {
  process.send?.({ id, answers: await run(connections, job) } satisfies Done)
})
process.on('disconnect', () => process.exit())
