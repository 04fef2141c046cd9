// Plays one fault with a real service, Prometheus and Alertmanager, and reports the notifications that arrived.
import { setTimeout } from 'node:timers/promises'
import { createDatabase } from '../database.ts'
import { until } from '../until.ts'
import type { Fault, Scene } from './faults.ts'
import { startMonitoring } from './monitoring.ts'
import type { Notified } from './receiver.ts'
import { type ServiceOptions, startRelayedService } from './relayed-service.ts'
import { createTraffic } from './traffic.ts'

export type Programs = {
  /** Paths of the programs. */
  prometheus: string
  alertmanager: string
  /** A PostgreSQL server whose user may create databases. */
  serverUrl: string
  /** Divides the durations of rules and routes. */
  divisor: number
}

/** `alerts` has the name of each alert once. */
export type Outcome = { notified: Notified[]; alerts: string[]; secondsToAlert: number | undefined }

/** How long traffic runs before the fault, and how long other alerts may follow the first. */
const healthyMs = 2_000
const settleMs = 3_000

/** Each fault gets its own service and monitoring, because a fault uses up an error budget. */
export async function playFault(fault: Fault, programs: Programs): Promise<Outcome> {
  return play(programs, fault.service, async (scene) => {
    await setTimeout(healthyMs)
    const { notified } = scene.monitoring.receiver
    if (notified.length > 0) return outcome(notified)
    const start = performance.now()
    await fault.inject(scene)
    await until(`an alert because ${fault.name}`, () => notified.length > 0, 45_000).catch(() => {})
    await setTimeout(settleMs)
    return outcome(notified, start)
  })
}

/** Runs healthy traffic, which should cause no alert. */
export async function playHealthy(durationMs: number, programs: Programs): Promise<Outcome> {
  return play(programs, undefined, async (scene) => {
    await setTimeout(durationMs)
    return outcome(scene.monitoring.receiver.notified)
  })
}

async function play(
  programs: Programs,
  options: ServiceOptions | undefined,
  act: (scene: Scene) => Promise<Outcome>,
): Promise<Outcome> {
  const undo: (() => Promise<unknown>)[] = []
  const after = (step: () => Promise<unknown>) => undo.push(step)
  const { serverUrl } = programs
  try {
    const database = await createDatabase(serverUrl)
    after(database.drop)
    const databaseUrl = database.env.DATABASE_URL
    const service = await startRelayedService(databaseUrl, options)
    after(() => service.stop('SIGKILL'))
    const traffic = await createTraffic(service)
    after(traffic.stop)
    traffic.start(4, 25)
    const monitoring = await startMonitoring({ ...programs, metricsUrl: service.metricsUrl })
    after(monitoring.stop)
    const repeat: Scene['repeat'] = (everyMs, work) => after(repeating(everyMs, work))
    return await act({ service, databaseUrl, serverUrl, monitoring, traffic, repeat, after })
  } finally {
    for (const step of undo.toReversed()) await step()
  }
}

function repeating(everyMs: number, work: () => Promise<unknown>) {
  let running = true
  const done = (async () => {
    while (running) await Promise.all([work().catch(() => {}), setTimeout(everyMs)])
  })()
  return () => {
    running = false
    return done
  }
}

function outcome(notified: Notified[], start?: number): Outcome {
  const [first] = notified
  const secondsToAlert = first && start !== undefined ? (first.at - start) / 1_000 : undefined
  const alerts = [...new Set(notified.map(({ labels }) => labels.alertname ?? ''))].sort()
  return { notified, alerts, secondsToAlert }
}
