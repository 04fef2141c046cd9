// Plays one fault against a real service, Prometheus and Alertmanager, and tells who heard of what.
import { setTimeout } from 'node:timers/promises'
import { createDatabase } from '../database.ts'
import { until } from '../until.ts'
import { addressOf, type Fault, type Scene, urlOf } from './faults.ts'
import { startMonitoring } from './monitoring.ts'
import type { Heard } from './receiver.ts'
import { type ServiceOptions, startRelayedService } from './relayed-service.ts'
import { createTraffic } from './traffic.ts'

export type Stage = {
  prometheus: string
  alertmanager: string
  /** Of a PostgreSQL server where databases may be created. */
  adminUrl: string
  divisor: number
}

export type Outcome = { heard: Heard[]; names: string[]; secondsToAlert: number | undefined }

/** How long traffic goes on before the fault, and how long others may still be heard of after the first alert. */
const healthyMs = 2_000
const settleMs = 3_000

/** Everything is made anew for each fault, so that none sees the budget that another has burnt. */
export async function playFault(fault: Fault, stage: Stage): Promise<Outcome> {
  return play(stage, fault.service, async (scene) => {
    await setTimeout(healthyMs)
    const { receiver } = scene.monitoring
    if (receiver.heard.length > 0) return outcome(receiver, undefined)
    const start = performance.now()
    await fault.inject(scene)
    await until(`an alert because ${fault.name}`, () => receiver.heard.length > 0, 45_000).catch(() => {})
    await setTimeout(settleMs)
    return outcome(receiver, start)
  })
}

/** Healthy traffic for a while; nothing should be heard. */
export async function soak(durationMs: number, stage: Stage): Promise<Outcome> {
  return play(stage, undefined, async (scene) => {
    await setTimeout(durationMs)
    return outcome(scene.monitoring.receiver, undefined)
  })
}

async function play(
  stage: Stage,
  options: ServiceOptions | undefined,
  act: (scene: Scene) => Promise<Outcome>,
): Promise<Outcome> {
  const undo: (() => Promise<unknown>)[] = []
  const after = (step: () => Promise<unknown>) => undo.push(step)
  try {
    const database = await createDatabase(stage.adminUrl)
    after(database.drop)
    const service = await startRelayedService(database.env, options)
    after(() => service.stop('SIGKILL'))
    const traffic = await createTraffic(service)
    after(traffic.stop)
    traffic.start(4, 25)
    const monitoring = await startMonitoring({ ...stage, target: addressOf(service) })
    after(monitoring.stop)
    const { adminUrl } = stage
    return await act({
      service,
      databaseUrl: urlOf(database),
      adminUrl,
      monitoring,
      traffic,
      repeat: (everyMs, work) => after(repeating(everyMs, work)),
      after,
    })
  } finally {
    for (const step of undo.toReversed()) await step()
  }
}

function repeating(everyMs: number, work: () => Promise<unknown>) {
  let going = true
  const done = (async () => {
    while (going) await Promise.all([work().catch(() => {}), setTimeout(everyMs)])
  })()
  return () => {
    going = false
    return done
  }
}

function outcome({ heard }: { heard: Heard[] }, start: number | undefined): Outcome {
  const first = heard[0]
  const secondsToAlert = first && start !== undefined ? (first.at - start) / 1_000 : undefined
  const names = [...new Set(heard.map(({ labels }) => labels.alertname ?? ''))].sort()
  return { heard, names, secondsToAlert }
}
