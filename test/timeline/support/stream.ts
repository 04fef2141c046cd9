// Reads an event stream with an independent parser.
import { createParser, type EventSourceMessage } from 'eventsource-parser'
import { call, type Json, type Target, type User } from '../../../harness/http/client.ts'
import { until } from '../../../harness/until.ts'

export type Stream = Awaited<ReturnType<typeof openStream>>
type Reader = Pick<User, 'username' | 'token'>

export const streamPath = ({ username }: Reader) => `/api/users/${username}/timeline/stream`

/** Opens a stream and waits for its first bytes; from then on, it misses no post. */
export async function openStream(target: Target, user: Reader, lastEventId?: string) {
  const closing = new AbortController()
  const response = await fetch(new URL(streamPath(user), target.url), {
    headers: {
      Authorization: `Bearer ${user.token}`,
      ...(lastEventId !== undefined && { 'Last-Event-ID': lastEventId }),
    },
    signal: closing.signal,
  })
  if (response.status !== 200) throw new Error(`Expected 200, got ${response.status}`)
  const messages: EventSourceMessage[] = []
  let comments = 0
  const parser = createParser({
    onEvent: (message) => messages.push(message),
    onComment: () => comments++,
  })
  const ended = readAll(response, (text) => parser.feed(text))
  await until('the stream begins', () => comments > 0 || messages.length > 0)
  return {
    headers: response.headers,
    messages,
    posts: (): Json[] => messages.map(({ data }) => JSON.parse(data)),
    ids: () => messages.map(({ id = '' }) => id),
    comments: () => comments,
    /** `end` if the service completed the response, otherwise `broken`. */
    ended,
    close: () => closing.abort(),
  }
}

async function readAll(response: Response, onText: (text: string) => void): Promise<'end' | 'broken'> {
  const decoder = new TextDecoder()
  try {
    for await (const chunk of response.body ?? []) onText(decoder.decode(chunk, { stream: true }))
    return 'end'
  } catch {
    return 'broken'
  }
}

/** Makes a user follow or unfollow another user. */
export async function setFollowing(target: Target, user: User, other: User, follows: boolean) {
  const path = `/api/users/${user.username}/following/${other.username}`
  const { status } = await call(target, follows ? 'PUT' : 'DELETE', path, { token: user.token })
  if (status !== 204) throw new Error(`Expected 204, got ${status}`)
}
