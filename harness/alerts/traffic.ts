// What users do: reads and writes, one after the other, in a few loops.
import { setTimeout } from 'node:timers/promises'
import { buildPost, buildUser, call, type User } from '../http/client.ts'

export type Traffic = Awaited<ReturnType<typeof createTraffic>>

/** Signs a user up; `start` runs loops of requests until `stop`. Answers and failures are not looked at. */
export async function createTraffic(target: { url: string }) {
  const user = await buildUser(target)
  const { id } = await buildPost(target, user)
  const collection = `/api/users/${user.username}/collection`
  const requests = [
    () => call(target, 'GET', collection),
    () => call(target, 'GET', `${collection}/${id}`),
    () => call(target, 'GET', `/api/users/${user.username}`),
    () => call(target, 'POST', collection, { token: user.token, json: { text: 'On we go' } }),
  ]
  let running: Promise<unknown>[] = []
  let going = true
  let sent = 0

  return {
    user: user as User,
    sent: () => sent,
    /** `only` is the one request to send instead of all four in turn. */
    start: (loops: number, pauseMs: number, only?: number) => {
      going = true
      const loop = async (first: number) => {
        for (let turn = first; going; turn++) {
          await requests[only ?? turn % requests.length]?.().catch(() => {})
          sent++
          await setTimeout(pauseMs)
        }
      }
      running.push(...Array.from({ length: loops }, (_, first) => loop(first)))
    },
    stop: async () => {
      going = false
      await Promise.all(running)
      running = []
    },
  }
}
