// Measures how fast rows can be written at most, by many clients at once.

import type { Costs } from '../../harness/capacity/costs.ts'
import { showStatus } from '../../harness/command-line/progress.ts'
import { tokenOf } from '../../harness/fill.ts'
import { call } from '../../harness/http/client.ts'
import type { Program } from './program.ts'
import { textOf } from './requests.ts'

const clients = 32

export async function measureLimits(program: Program, count: number): Promise<Costs['limits']> {
  const post = async (user: number, round: number) => {
    const options = { token: tokenOf(user), json: { text: textOf(user + round * clients) } }
    await call(program, 'POST', `/api/users/user${user}/collection`, options)
  }
  // Both requests update the counts of the followed user, who has few followers at first.
  const follow = async (user: number, round: number) => {
    const path = `/api/users/user${user}/following/user400`
    await call(program, round % 2 === 0 ? 'PUT' : 'DELETE', path, { token: tokenOf(user) })
  }
  showStatus('many authors at once')
  const postsPerSecond = await perSecond(count, post)
  showStatus('many followers of one user at once')
  return { postsPerSecond, followersPerSecond: await perSecond(count, follow) }
}

/** Each client sends its requests one after the other. */
async function perSecond(count: number, send: (client: number, round: number) => Promise<void>) {
  const rounds = Math.ceil(count / clients)
  const start = performance.now()
  const loop = async (client: number) => {
    for (let round = 0; round < rounds; round++) await send(client, round)
  }
  await Promise.all(Array.from({ length: clients }, (_, index) => loop(index + 3)))
  return (rounds * clients * 1_000) / (performance.now() - start)
}
