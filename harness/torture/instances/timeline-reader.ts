// A client of a timeline's stream that resumes it with Last-Event-ID whenever it ends.
import type { IncomingMessage } from 'node:http'
import { setTimeout } from 'node:timers/promises'
import { send, type Target, type User } from '../../http/client.ts'

export type TimelineReader = ReturnType<typeof readTimeline>

/** Reads the timeline of a user after the post `from`, until `stop`. */
export function readTimeline(target: Target, { username, token }: User, from: string) {
  const path = `/api/users/${username}/timeline/stream`
  const received: string[] = []
  const faults: string[] = []
  let streams = 0
  let stopped = false
  let open: IncomingMessage | undefined
  const running = run()

  async function run() {
    while (!stopped) {
      await readStream().catch(({ message }) => {
        if (!stopped) faults.push(message)
      })
      await setTimeout(20)
    }
  }

  async function readStream() {
    const headers = { 'Last-Event-ID': received.at(-1) ?? from }
    const stream = await send(target, 'GET', path, { token, headers })
    open = stream
    if (stopped) stream.destroy()
    if (stream.statusCode !== 200) {
      stream.resume()
      throw new Error(`The response to a stream was ${stream.statusCode}.`)
    }
    streams++
    let text = ''
    for await (const chunk of stream) {
      // An event is complete with an empty line (HTML standard, section 9.2.6).
      const events = `${text}${chunk}`.split('\n\n')
      text = events.pop() ?? ''
      for (const event of events) received.push(...(/^id: (.+)$/m.exec(event)?.slice(1) ?? []))
    }
  }

  return {
    /** The ids of the posts, in the order in which they arrived. */
    received: received as readonly string[],
    /** Responses other than 200, and streams that broke off. */
    faults: faults as readonly string[],
    /** How many streams were opened, one after the other. */
    streams: () => streams,
    async stop() {
      stopped = true
      open?.destroy()
      await running
    },
  }
}
