// What clients do all day: mostly reading, some writing, and a few mistakes.
import { setTimeout } from 'node:timers/promises'
import type { Progress } from '../../harness/command-line/progress.ts'
import type { Random } from '../../harness/random.ts'
import type { Client, Request } from './client.ts'
import { type DemoUser, type Filled, texts } from './fill.ts'

/** Sends `rate` requests a second for `seconds`. A user that is limited rests for as long as the service says. */
export async function makeTraffic(
  client: Client,
  random: Random,
  progress: Progress,
  { users, posts: filled, seconds, rate }: Filled & { seconds: number; rate: number },
): Promise<void> {
  const total = seconds * rate
  const posts = [...filled]
  const bar = progress.begin('requests', total)
  const restsUntil = new Map<DemoUser, number>()
  const start = performance.now()
  const underWay = new Set<Promise<void>>()
  for (let i = 0; i < total; i++) {
    await setTimeout(Math.max(0, start + (i * 1_000) / rate - performance.now()))
    const awake = users.filter((user) => (restsUntil.get(user) ?? 0) <= performance.now())
    bar.step()
    if (awake.length === 0) continue
    const user = random.pick(awake)
    const request = nextRequest(random, user, users, posts)
    const sent = client.send(request).then(({ status, body, retryAfterMs }) => {
      if (status === 429) restsUntil.set(user, performance.now() + retryAfterMs)
      if (status === 201) posts.push({ href: String(body.href), author: user })
    })
    underWay.add(sent)
    void sent.finally(() => underWay.delete(sent)).catch(() => {})
    // So that a service that stopped answering ends the demo instead of filling the memory.
    if (underWay.size >= 100) await Promise.race(underWay)
  }
  await Promise.all(underWay)
  bar.end()
}

function nextRequest(random: Random, user: DemoUser, users: DemoUser[], posts: Filled['posts']): Request {
  const { username, token } = user
  const other = random.pick(users).username
  const own = posts.filter(({ author }) => author === user)
  const chance = random.next()
  if (chance < 0.3) return { path: `/api/users/${other}/collection`, token }
  if (chance < 0.5) return { path: `/api/users/${username}/timeline`, token }
  if (chance < 0.65 && posts.length > 0) return { path: new URL(random.pick(posts).href).pathname, token }
  if (chance < 0.72) return { path: `/api/users/${other}`, token }
  if (chance < 0.77) return { path: `/api/posts?search=${random.pick(['coffee', 'count', 'meas'])}`, token }
  if (chance < 0.87) {
    const json = { text: random.pick(texts) }
    return { method: 'POST', path: `/api/users/${username}/collection`, token, json }
  }
  if (chance < 0.91 && own.length > 0) {
    const json = { text: `${random.pick(texts)} (edited)` }
    return { method: 'PATCH', path: new URL(random.pick(own).href).pathname, token, json }
  }
  if (chance < 0.93 && own.length > 0) {
    const post = random.pick(own)
    // Nobody asks for it any more.
    posts.splice(posts.indexOf(post), 1)
    return { method: 'DELETE', path: new URL(post.href).pathname, token }
  }
  if (chance < 0.96) return { path: '/api/users/nobody-at-all', token }
  if (chance < 0.98)
    return { method: 'POST', path: '/api/login', json: { username, password: 'a wrong one' } }
  return { path: '/not/a/page', token }
}
