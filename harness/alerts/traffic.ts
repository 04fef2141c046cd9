// Reads and writes of a healthy client.
import { setTimeout } from 'node:timers/promises'
import { buildPost, buildUser, call, type Target } from '../http/client.ts'

export type Traffic = Awaited<ReturnType<typeof createTraffic>>

/** Signs a user up. `start` sends requests in loops until `stop`, whatever their responses. */
export async function createTraffic(target: Target) {
  const user = await buildUser(target)
  const { id } = await buildPost(target, user)
  const collection = `/api/users/${user.username}/collection`
  const requests = {
    list: () => call(target, 'GET', collection),
    post: () => call(target, 'GET', `${collection}/${id}`),
    profile: () => call(target, 'GET', `/api/users/${user.username}`),
    create: () => call(target, 'POST', collection, { token: user.token, json: { text: 'On we go' } }),
  }
  let loops: Promise<unknown>[] = []
  let running = true
  let sent = 0

  return {
    user,
    sent: () => sent,
    /** Each loop sends all requests in turn, or `only` one of them, with a pause after each. */
    start: (count: number, pauseMs: number, only?: keyof typeof requests) => {
      running = true
      const inTurn = Object.values(only ? { only: requests[only] } : requests)
      const loop = async (first: number) => {
        for (let turn = first; running; turn++) {
          await inTurn[turn % inTurn.length]?.().catch(() => {})
          sent++
          await setTimeout(pauseMs)
        }
      }
      loops.push(...Array.from({ length: count }, (_, first) => loop(first)))
    },
    stop: async () => {
      running = false
      await Promise.all(loops)
      loops = []
    },
  }
}
