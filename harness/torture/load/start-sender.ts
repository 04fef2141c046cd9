import { fork } from 'node:child_process'
import { lookup } from 'node:dns/promises'
import { once } from 'node:events'
import { join } from 'node:path'
import type { Target } from '../../http/client.ts'
import type { Answer, Job } from './jobs.ts'
import type { Done, Order } from './sender.ts'

export type Sender = Awaited<ReturnType<typeof startSender>>

/** Starts a process that sends raw requests. Several jobs may run at once; they share the connections. */
export async function startSender({ url }: Target) {
  const { port, hostname } = new URL(url)
  const { address } = await lookup(hostname)
  const child = fork(join(import.meta.dirname, 'sender.ts'), [port, address], { serialization: 'advanced' })
  const exited = once(child, 'exit')
  let lastId = 0

  return {
    pid: child.pid,
    /** Rejects when the process ends before the job. */
    run(job: Job): Promise<Answer[]> {
      const id = ++lastId
      return new Promise((resolve, reject) => {
        const onMessage = (message: Done) => {
          if (message.id !== id) return
          child.off('message', onMessage).off('exit', onExit)
          resolve(message.answers)
        }
        const onExit = () => reject(new Error('The sender ended before its job.'))
        child.on('message', onMessage).once('exit', onExit)
        child.send({ id, job } satisfies Order)
      })
    },
    async stop() {
      child.kill()
      await exited
    },
  }
}
