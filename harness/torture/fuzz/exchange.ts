// Sends bytes on a connection of their own and collects everything that comes back.
import { connect } from 'node:net'

/** `leaves` ends the client's side after the bytes. `end` is how the connection ended. */
export type Exchanged = { bytes: Buffer; end: 'closed' | 'reset' | 'timeout' | 'stream' }

export function exchange(
  port: number,
  sent: Buffer,
  leaves: boolean,
  timeoutMs = 30_000,
): Promise<Exchanged> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    const chunks: Buffer[] = []
    let end: Exchanged['end'] = 'closed'
    const finish = (how: Exchanged['end']) => {
      end = how
      socket.destroy()
    }
    socket.setTimeout(timeoutMs, () => finish('timeout'))
    socket.on('error', () => {
      end = 'reset'
    })
    socket.on('data', (chunk) => {
      chunks.push(chunk)
      // Responses without an end.
      if (chunk.includes('text/event-stream')) finish('stream')
    })
    socket.once('close', () => resolve({ bytes: Buffer.concat(chunks), end }))
    if (leaves) socket.end(sent)
    else socket.write(sent)
  })
}
