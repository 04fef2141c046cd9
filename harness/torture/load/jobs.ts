// Sends requests at a fixed rate, or from a fixed number of clients.
import { setTimeout } from 'node:timers/promises'
import type { Connections } from './connections.ts'

/** Texts of requests that are sent in turn. */
export type Job = { texts: readonly string[]; seconds: number } & ({ rate: number } | { clients: number })

/**
 * One request. `dueMs` counts from the start of the job. `ms` counts from then until the response, so it includes the delay
 * of the sender, which `lateMs` shows alone. A status of 0 is no response; `fault` says what was wrong.
 */
export type Answer = { status: number; dueMs: number; ms: number; lateMs: number; fault: string | undefined }

export async function run(connections: Connections, job: Job): Promise<Answer[]> {
  const answers: Answer[] = []
  const { texts } = job
  const start = performance.now()
  let sent = 0
  const send: Send = (dueMs, done) => {
    const text = texts[sent++ % texts.length] ?? ''
    const lateMs = performance.now() - start - dueMs
    connections.send(text, ({ status, fault }) => {
      answers.push({ status, dueMs, ms: performance.now() - start - dueMs, lateMs, fault })
      done()
    })
  }
  await ('rate' in job ? openLoop(job, start, send) : closedLoop(job, start, send))
  return answers
}

type Send = (dueMs: number, done: () => void) => void

/** Sends each request when it is due, whether or not those before it are answered. */
async function openLoop({ rate, seconds }: { rate: number; seconds: number }, start: number, send: Send) {
  const total = Math.ceil(rate * seconds)
  const { promise: all, resolve } = Promise.withResolvers<void>()
  let open = total
  const done = () => {
    if (--open === 0) resolve()
  }
  for (let sent = 0; sent < total; await setTimeout(1)) {
    const due = Math.min(total, (rate * (performance.now() - start)) / 1_000)
    for (; sent < due; sent++) send((1_000 * sent) / rate, done)
  }
  await all
}

/** Each client sends a request when the one before it is answered. */
async function closedLoop(
  { clients, seconds }: { clients: number; seconds: number },
  start: number,
  send: Send,
) {
  const client = (ended: () => void) => {
    const nowMs = performance.now() - start
    if (nowMs < 1_000 * seconds) send(nowMs, () => client(ended))
    else ended()
  }
  await Promise.all(Array.from({ length: clients }, () => new Promise<void>(client)))
}
