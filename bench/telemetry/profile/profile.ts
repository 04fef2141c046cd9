// Shows what each part of the telemetry costs a request, from a CPU profile of the service.
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { Agent } from 'node:http'
import type { Profiler } from 'node:inspector'
import { table } from '../../../harness/command-line/table.ts'
import type { DatabaseEnv } from '../../../harness/database.ts'
import { startService } from '../../../harness/service.ts'
import { type ApiRequest, requestsOf, sendLoad } from '../../load/send.ts'
import { usageOf } from '../../load/usage.ts'
import { on } from '../variants.ts'
import { garbageCollection, partNames, sharesOf } from './parts.ts'

const kinds = ['one post', 'list of 20 posts', 'create'] as const
const warmUpRequests = 6_000

/** A table of the CPU time per request, in microseconds, of each part and each kind of request. Nothing is scraped. */
export async function profileParts(database: DatabaseEnv, requests: number): Promise<string> {
  const preload = [...on.preload, './bench/telemetry/profile/agent.ts']
  const service = await startService(on.env, { env: database }, { preload, ipc: true })
  const agent = new Agent({ keepAlive: true, maxSockets: 4 })
  try {
    const requestOf = await requestsOf(service.url)
    const costs: Map<string, number>[] = []
    for (const kind of kinds) costs.push(await costsOf({ ...service, agent }, requestOf[kind], requests))
    const row = (name: string, parts: string[]) => [
      name,
      ...costs.map((cost) => sum(parts.map((part) => cost.get(part) ?? 0)).toFixed(1)),
    ]
    return table(
      ['CPU, µs per request', ...kinds],
      [
        ...partNames.map((part) => row(part, [part])),
        row('all telemetry', partNames),
        row(garbageCollection, [garbageCollection]),
        row('the service', ['service']),
      ],
    )
  } finally {
    agent.destroy()
    await service.stop()
  }
}

const sum = (numbers: number[]) => numbers.reduce((total, number) => total + number, 0)

async function costsOf(
  service: { url: string; agent: Agent; process: ChildProcess },
  request: ApiRequest,
  count: number,
): Promise<Map<string, number>> {
  await sendLoad(service, [request], warmUpRequests)
  await ask(service.process, 'start profile')
  const before = await usageOf(service.process)
  await sendLoad(service, [request], count)
  const after = await usageOf(service.process)
  const { profile } = (await ask(service.process, 'stop profile')) as Profiler.StopReturnType
  const cpuUs = (after.cpuUs - before.cpuUs) / count
  return new Map(Array.from(sharesOf(profile), ([part, share]) => [part, share * cpuUs]))
}

async function ask(child: ChildProcess, question: string): Promise<unknown> {
  const reply = once(child, 'message', { signal: AbortSignal.timeout(60_000) })
  child.send(question)
  return (await reply)[0]
}
