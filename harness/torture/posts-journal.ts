// A journal of posts: what was acknowledged to clients that repeat each request until it is.
import { randomUUID } from 'node:crypto'
import { setTimeout } from 'node:timers/promises'
import { type ApiResponse, call, type Target, type User } from '../http/client.ts'
import { type Check, holds, none } from './trial.ts'

export type PostsJournal = ReturnType<typeof createPostsJournal>

/** How long a post is repeated after the end of the load. */
const patienceMs = 30_000

/** A response other than 201; without a status there was none. */
export type Refusal = { status: number | undefined; retryAfter: boolean; text: string }

/** Without `keyed`, posts have no Idempotency-Key, so that nobody may repeat them. */
export function createPostsJournal({ username, token }: User, { keyed = true } = {}) {
  const path = `/api/users/${username}/collection`
  /** The ids of acknowledged posts by their text, which is also the Idempotency-Key. */
  const acknowledged = new Map<string, string>()
  const refusals: Refusal[] = []
  let longestMs = 0

  async function attempt(target: Target, text: string): Promise<string | undefined> {
    const options = { token, json: { text }, ...(keyed && { headers: { 'Idempotency-Key': text } }) }
    const start = performance.now()
    try {
      const response = await call(target, 'POST', path, options)
      if (response.status === 201) return response.body.id
      const { status, headers } = response
      refusals.push({ status, retryAfter: headers.has('Retry-After'), text: response.text })
    } catch (error) {
      refusals.push({ status: undefined, retryAfter: false, text: String(error) })
    } finally {
      longestMs = Math.max(longestMs, performance.now() - start)
    }
    return undefined
  }

  return {
    acknowledged: acknowledged as ReadonlyMap<string, string>,
    refusals: refusals as readonly Refusal[],
    /** How long the slowest request took. */
    longestMs: () => longestMs,

    /**
     * Creates posts one after the other until the signal is aborted, and repeats each until it is acknowledged; but after
     * the abort not for ever.
     */
    async write(target: () => Target | undefined, signal: AbortSignal, pauseMs = 0) {
      while (!signal.aborted) {
        const text = randomUUID()
        const end = performance.now() + patienceMs
        while (!signal.aborted || performance.now() < end) {
          const service = target()
          const id = service && (await attempt(service, text))
          if (id) {
            acknowledged.set(text, id)
            break
          }
          await setTimeout(20)
        }
        if (pauseMs > 0) await setTimeout(pauseMs)
      }
    },

    /** Compares the journal with the posts of the user. */
    async compare(name: string, service: Target): Promise<Check[]> {
      const stored: { id: string; text: string }[] = []
      let next: string | undefined = `${path}?limit=100`
      while (next) {
        const page: ApiResponse = await call(service, 'GET', next)
        stored.push(...page.body)
        const link = /<([^>]*)>; rel="next"/.exec(page.headers.get('Link') ?? '')?.[1]
        next = link && new URL(link).pathname + new URL(link).search
      }
      const { body } = await call(service, 'GET', `/api/users/${username}`)
      const ids = new Map(stored.map(({ id, text }) => [text, id]))
      const lost = [...acknowledged].filter(([text, id]) => ids.get(text) !== id)
      const unknown = stored.filter(({ text }) => !acknowledged.has(text))
      return [
        holds(`${name}: posts were acknowledged`, acknowledged.size > 0, acknowledged.size),
        none(`${name}: acknowledged posts that are lost`, lost),
        none(
          `${name}: posts that nobody was told of`,
          unknown.map(({ text }) => text),
        ),
        holds(`${name}: posts that are there twice`, ids.size === stored.length, stored.length - ids.size),
        holds(
          `${name}: the user's count equals the posts`,
          body.counts?.posts === stored.length,
          body.counts?.posts,
        ),
      ]
    },
  }
}

/** Whether a refusal is one that a client repeats: a 503 with Retry-After, or its own earlier request still runs. */
export const isTemporary = ({ status, retryAfter }: Refusal) =>
  (status === 503 && retryAfter) || status === 409
