// Measures what each kind of request costs, and how many of a mix the service answers.

import { type Kind, kinds } from '../../harness/capacity/costs.ts'
import { showStatus } from '../../harness/command-line/progress.ts'
import { followees, tokenOf } from '../../harness/fill.ts'
import { call } from '../../harness/http/client.ts'
import { type ApiRequest, requestsOf, sendLoad, timeline } from '../load/send.ts'
import { type Program, perRequest, type Spent } from './program.ts'

/** New posts have the words that searches look for as often as old ones, so that a search costs the same afterwards. */
export const textOf = (n: number) =>
  `Number ${n}${n % 100 === 3 ? ' percent' : ''}${n % 2 === 0 ? ' half' : ''}`

/** The requests of each kind, which are sent in turn. */
export async function kindsOf({ url }: Program): Promise<Record<Kind, ApiRequest[]>> {
  const all = await requestsOf(url)
  const { 'one post': post, 'list of 20 posts': list, create, search } = all
  const creates = Array.from({ length: 100 }, (_, n) => ({
    ...create,
    options: { ...create.options, json: { text: textOf(n) } },
  }))
  return { 'one post': [post], list: [list], timeline: [all[timeline]], search: [search], create: creates }
}

/** Sends `count` of each kind, after as many to warm up. */
export async function measureKinds(program: Program, count: number): Promise<Record<Kind, Spent>> {
  const requests = await kindsOf(program)
  // All kinds are warm before the first is measured: they share code.
  for (const kind of kinds) await measure(program, requests[kind], count, `warms up: ${kind}`)
  const costs: [Kind, Spent][] = []
  for (const kind of kinds) costs.push([kind, (await measure(program, requests[kind], count, kind)).each])
  return Object.fromEntries(costs) as Record<Kind, Spent>
}

/** Returns the CPU time of PostgreSQL for each more followee, by comparison with a user who follows fewer people. */
export async function measureFollowee(program: Program, long: Spent, count: number): Promise<number> {
  const { body: user } = await call(program, 'GET', '/api/users/user3')
  const options = { token: tokenOf(3) }
  const request = { method: 'GET', path: '/api/users/user3/timeline', options }
  await measure(program, [request], count, 'warms up: short timeline')
  const { each: short } = await measure(program, [request], count, 'short timeline')
  return (long.databaseUs - short.databaseUs) / (followees - user.counts.following)
}

/** Sends the requests in turn over all connections; returns what each cost, and how many per second were answered. */
export async function measure(
  program: Program,
  requests: readonly ApiRequest[],
  count: number,
  status: string,
): Promise<{ each: Spent; perSecond: number }> {
  showStatus(status)
  const before = await program.spent()
  const start = performance.now()
  await sendLoad(program, requests, count)
  const seconds = (performance.now() - start) / 1_000
  return { each: perRequest(before, await program.spent(), count), perSecond: count / seconds }
}

/** A list of requests in which each kind has its share. */
export function mixOf(
  requests: Record<Kind, ApiRequest[]>,
  mix: Readonly<Record<Kind, number>>,
): ApiRequest[] {
  const owed = kinds.map((kind) => ({ kind, due: 0, sent: 0 }))
  return Array.from({ length: 1_000 }, () => {
    for (const kind of owed) kind.due += mix[kind.kind]
    const next = owed.reduce((most, kind) => (kind.due > most.due ? kind : most))
    next.due -= 1
    return requests[next.kind][next.sent++ % requests[next.kind].length]
  }).filter((request) => request !== undefined)
}
